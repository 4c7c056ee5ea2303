import Analysis
import GraphIR

/// Removes nodes and constants that the passes before left without a reader.
///
/// What nobody read in the input model stays: it is the author's business. Does nothing where every reader is left.
package struct RemoveDeadNodes: Pass {
  package static let name = "remove-dead-nodes"

  package init() {}

  package func require(_ state: Compilation) throws {
    if state.original == nil { throw CompileError.order("remove-zeroed-filters") }
  }

  package func run(on state: inout Compilation) throws -> PassOutcome {
    guard let original = state.original?.model.graph else {
      throw CompileError.order("remove-zeroed-filters")
    }
    let wasLive = Self.liveValues(original)
    let isLive = Self.liveValues(state.model.graph)
    func died(_ id: ValueID) -> Bool {
      !isLive[id.index] && (id.index >= wasLive.count || wasLive[id.index])
    }
    let nodeCount = state.model.graph.nodes.count
    state.model.graph.nodes.removeAll { node in
      let outputs = node.outputs.compactMap { $0 }
      return !outputs.isEmpty && outputs.allSatisfy { !isLive[$0.index] } && outputs.contains(where: died)
    }
    let inputs = Set(state.model.graph.inputs.map(\.value))
    let dead = Set(state.model.graph.initializers.filter { died($0) && !inputs.contains($0) })
    state.model.graph.initializers.removeAll { dead.contains($0) }
    for id in dead { state.model.graph[id].initializer = nil }
    let removed = nodeCount - state.model.graph.nodes.count
    guard removed + dead.count > 0 else { return .unchanged }
    let made = Set(state.model.graph.nodes.flatMap { $0.outputs.compactMap { $0 } })
      .union(inputs).union(state.model.graph.initializers)
    state.model.graph.valueInfos.removeAll { died($0.value) && !made.contains($0.value) }
    return .changed(detail: "\(removed) nodes, \(dead.count) constants")
  }

  package func ensure(_ state: Compilation, after before: Compilation) throws {}

  /// By value: whether an output of the graph depends on it.
  private static func liveValues(_ graph: Graph) -> [Bool] {
    var live = [Bool](repeating: false, count: graph.values.count)
    for output in graph.outputs { live[output.value.index] = true }
    let captures = GraphIndex(graph).captured
    var capturesOfNode: [Int: [ValueID]] = [:]
    if !captures.isEmpty {
      let names = graph.valuesByName
      for (position, node) in graph.nodes.enumerated() {
        for body in node.subgraphs {
          capturesOfNode[position, default: []] += body.captures.compactMap { names[body[$0].name] }
        }
      }
    }
    for (position, node) in graph.nodes.enumerated().reversed() {
      guard node.outputs.contains(where: { $0.map { live[$0.index] } ?? false }) else { continue }
      for case let input? in node.inputs { live[input.index] = true }
      for capture in capturesOfNode[position] ?? [] { live[capture.index] = true }
    }
    return live
  }
}
