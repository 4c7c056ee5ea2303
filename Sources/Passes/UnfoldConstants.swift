import Analysis
import GraphIR

/// Lets the graph compute again what ``FoldConstants`` stored and what then lost no channels, and removes the constants
/// that the others were computed from. Does nothing where nothing was folded.
package struct UnfoldConstants: Pass {
  package static let name = "unfold-constants"

  package init() {}

  package func require(_ state: Compilation) throws {
    if !state.isMended { throw CompileError.order("fix-up-channels") }
  }

  package func run(on state: inout Compilation) throws -> PassOutcome {
    guard let folded = state.folded else { return .unchanged }
    let back = untouched(state, folded)
    if !back.isEmpty {
      state.model.graph = folded.computing(back, in: state.model.graph)
      state.facts = try state.currentFacts()
    }
    let removed = Self.removeIdleConstants(from: &state.model.graph, folded.before)
    return back.isEmpty && removed == 0
      ? .unchanged : .changed(detail: "\(back.count) weights computed again, \(removed) constants less")
  }

  package func ensure(_ state: Compilation, after before: Compilation) throws {}

  /// Folded values that are still what the graph computes from what is stored.
  private func untouched(_ state: Compilation, _ folded: FoldedConstants) -> Set<ValueID> {
    let cut = Set((state.survivors ?? [:]).keys.map(\.value))
    let index = GraphIndex(folded.before)
    let constants = state.model.graph.constants
    return Set(
      folded.tensors.filter { id, tensor in
        guard constants[id]?.bytes == tensor.bytes else { return false }
        return folded.sources(of: id, index).allSatisfy { source in
          guard !cut.contains(source) else { return false }
          guard let stored = folded.before[source].initializer else { return true }
          return state.model.graph[source].initializer?.bytes.map { $0.isSame(as: stored.bytes) } ?? false
        }
      }.keys)
  }

  /// Removes initializers that nodes read before, and none does now.
  private static func removeIdleConstants(from graph: inout Graph, _ before: Graph) -> Int {
    let (old, now) = (GraphIndex(before), GraphIndex(graph))
    var kept = now.outputs.union(now.captured.keys).union(graph.inputs.map(\.value))
    if !graph.quantizationAnnotations.isEmpty {
      let names = graph.valuesByName
      kept.formUnion(graph.quantizationAnnotations.compactMap { $0.tensorName.flatMap { names[$0] } })
    }
    let idle = Set(
      graph.initializers.filter {
        $0.index < before.values.count && !old.uses(of: $0).isEmpty && now.uses(of: $0).isEmpty
          && !kept.contains($0)
      })
    graph.initializers.removeAll { idle.contains($0) }
    for id in idle { graph[id].initializer = nil }
    let stored = Set(graph.initializers)
    graph.valueInfos.removeAll { info in
      guard info.value.index < before.values.count, !stored.contains(info.value) else { return false }
      let wasMade = old.producer(of: info.value) != nil || idle.contains(info.value)
      return wasMade && now.producer(of: info.value) == nil
    }
    return idle.count
  }
}

extension Bytes {
  /// Equal, and mostly one and the same.
  fileprivate func isSame(as other: Bytes?) -> Bool {
    guard let other else { return false }
    return buffer === other.buffer && range == other.range || self == other
  }
}
