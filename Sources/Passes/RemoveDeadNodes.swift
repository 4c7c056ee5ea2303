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
    // A node that stays, live or not, keeps what it reads.
    var isRead = isLive
    let captures = Self.captures(state.model.graph)
    var kept: [Node] = []
    for (position, node) in state.model.graph.nodes.enumerated().reversed() {
      let outputs = node.outputs.compactMap { $0 }
      let isIdle = !outputs.isEmpty && outputs.allSatisfy { !isRead[$0.index] }
      if isIdle, outputs.contains(where: died) { continue }
      for case let input? in node.inputs { isRead[input.index] = true }
      for capture in captures[position] ?? [] { isRead[capture.index] = true }
      kept.append(node)
    }
    let removed = state.model.graph.nodes.count - kept.count
    if removed > 0 { state.model.graph.nodes = kept.reversed() }
    let inputs = Set(state.model.graph.inputs.map(\.value))
    let dead = Set(
      state.model.graph.initializers.filter { died($0) && !isRead[$0.index] && !inputs.contains($0) })
    state.model.graph.initializers.removeAll { dead.contains($0) }
    for id in dead { state.model.graph[id].initializer = nil }
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
    let captures = captures(graph)
    for (position, node) in graph.nodes.enumerated().reversed() {
      guard node.outputs.contains(where: { $0.map { live[$0.index] } ?? false }) else { continue }
      for case let input? in node.inputs { live[input.index] = true }
      for capture in captures[position] ?? [] { live[capture.index] = true }
    }
    return live
  }

  /// By position of a node: what its bodies read by name.
  private static func captures(_ graph: Graph) -> [Int: [ValueID]] {
    guard !GraphIndex(graph).captured.isEmpty else { return [:] }
    var captures: [Int: [ValueID]] = [:]
    let names = graph.valuesByName
    for (position, node) in graph.nodes.enumerated() {
      for body in node.subgraphs {
        captures[position, default: []] += body.captures.compactMap { names[body[$0].name] }
      }
    }
    return captures
  }
}
