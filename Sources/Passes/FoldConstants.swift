import Analysis
import GraphIR

/// Stores what the graph computes from constants, where only so channels can be removed from it.
///
///     before  mean = ReduceMean(w);  u = Sub(w, mean);  y = Conv(x, u)        w [64, 32, 3, 3] stored
///     after                                             y = Conv(x, u)        u [64, 32, 3, 3] stored
///
/// The stored tensor has the name and the type of the value, so that plans and reports name what the file computes. What
/// can be followed through the nodes to one stored tensor (Transpose, Cast, integers that stand for weights) is left
/// alone, and so is what the compiler cannot compute: ``GraphFacts/fixedWeights`` says why. ``UnfoldConstants`` takes
/// back what served nothing. Does nothing where no weight is computed in such a way.
package struct FoldConstants: Pass {
  package static let name = "fold-constants"

  private let memoryLimit: Int?

  /// - Parameter memoryLimit: bytes that computing may take; nil leaves it to the machine.
  package init(memoryLimit: Int? = nil) { self.memoryLimit = memoryLimit }

  package func require(_ state: Compilation) throws { _ = try state.inferred() }

  package func run(on state: inout Compilation) throws -> PassOutcome {
    // Training information may name any value.
    guard state.model.trainingInfos.isEmpty else { return .unchanged }
    var facts = try state.inferred()
    let before = state.model
    let weights = ComputedWeights(before.graph, facts).weights
    guard !weights.isEmpty else { return .unchanged }
    let index = GraphIndex(before.graph)
    var folder = ConstantFolder(before, facts, state.registry, memoryLimit: memoryLimit)
    var folded = FoldedConstants(before: before.graph)
    for weight in weights {
      // These the graph's interface pins.
      if index.outputs.contains(weight.value) || index.captured[weight.value] != nil { continue }
      do {
        folded.tensors[weight.value] = try folder.fold(weight.value)
      } catch let refusal as ConstantFolder.Refusal {
        if !weight.isFollowed { facts.fixedWeights[weight.value] = refusal.reason }
      }
    }
    state.facts = facts
    guard !folded.tensors.isEmpty else { return .unchanged }
    state.model.graph = folded.storing(asInitializers: before.irVersion >= 4)
    state.facts = try state.currentFacts()
    state.facts?.fixedWeights = facts.fixedWeights
    state.folded = folded
    return .changed(detail: "\(folded.tensors.count) weights")
  }

  package func ensure(_ state: Compilation, after before: Compilation) throws {
    guard let facts = state.facts, let old = before.facts else { return }
    for id in state.folded?.tensors.keys.sorted() ?? [] where facts[id].knownShape != old[id].knownShape {
      throw CompileError(
        "fold-wrong", "'\(state.model.graph[id].name)' has another shape than the graph gives it",
        exit: .internal)
    }
  }
}
