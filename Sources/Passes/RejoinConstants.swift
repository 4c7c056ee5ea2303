import Analysis
import GraphIR

/// Makes one constant again of copies that kept, or lost, the same channels and are still equal (see
/// ``SeparateConstants``): training gives copies numbers of their own.
package struct RejoinConstants: Pass {
  package static let name = "rejoin-constants"

  package init() {}

  package func require(_ state: Compilation) throws {
    if !state.isMended { throw CompileError.order("fix-up-channels") }
  }

  package func run(on state: inout Compilation) throws -> PassOutcome {
    struct Kind: Hashable {
      let origin: ValueID
      let survivors: [[Int]?]
    }
    var graph = state.model.graph
    var firstOfKind: [Kind: ValueID] = [:]
    var replacements: [ValueID: ValueID] = [:]
    let origins = Set(graph.initializers.compactMap { graph[$0].origin })
    guard !origins.isEmpty else { return .unchanged }
    for id in graph.initializers where origins.contains(id) || graph[id].origin != nil {
      let rank = graph[id].initializer?.dims.count ?? 0
      let kind = Kind(
        origin: graph[id].origin ?? id,
        survivors: (0..<rank).map { state.survivors?[AxisKey(id, $0)] })
      if let first = firstOfKind[kind], graph[first].initializer?.bytes == graph[id].initializer?.bytes {
        replacements[id] = first
      } else if firstOfKind[kind] == nil {
        firstOfKind[kind] = id
      }
      graph[id].origin = nil
    }
    for position in graph.nodes.indices {
      for (input, id) in graph.nodes[position].inputs.enumerated() {
        if let id, let other = replacements[id] { graph.nodes[position].inputs[input] = other }
      }
    }
    graph.initializers.removeAll { replacements.keys.contains($0) }
    for id in replacements.keys { graph[id].initializer = nil }
    state.model.graph = graph
    return replacements.isEmpty ? .unchanged : .changed(detail: "\(replacements.count) copies less")
  }

  package func ensure(_ state: Compilation, after before: Compilation) throws {}
}
