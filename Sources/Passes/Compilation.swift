import Analysis
import GraphIR

/// Everything that passes hand on to each other; a value, so that a copy is a snapshot.
package struct Compilation: Sendable {
  package var model: Model
  package let registry: OperatorRegistry
  /// Lengths that the user gave for open dims of inputs, by input name.
  package let inputShapes: [String: [Int]]

  /// Why calls of the model's own functions were left as they are; `inline-functions`.
  package var functionNotes: [String] = []
  /// Of the present model; `infer-shapes`.
  package var facts: GraphFacts?
  /// Weights that were computed from constants; nil where none is stored for it, `fold-constants`.
  package var folded: FoldedConstants?
  /// `score-filters`
  package var groups: ChannelGroups?
  package var scores: FilterScores?
  /// `select-filters`
  package var selection: Selection?
  /// Normalisations that the network did not come with; `restore-batch-norm`.
  package var restored = RestoredNormalizations()
  /// v of stochastic gradient descent, by constant; `decay-train`.
  package var momenta: [ValueID: Tensor] = [:]
  /// Positions that stay on every axis that lost slots, in the model as it was before; `remove-zeroed-filters`.
  package var survivors: [AxisKey: [Int]]?
  /// The graph fits its constants again; `fix-up-channels`.
  package var isMended = false
  /// The model as it was before anything was removed, and what was known of it.
  package var original: Original?

  package struct Original: Sendable {
    package let model: Model
    package let facts: GraphFacts
  }

  package init(_ model: Model, registry: OperatorRegistry, inputShapes: [String: [Int]]) {
    self.model = model
    self.registry = registry
    self.inputShapes = inputShapes
  }

  /// Channels have been cut, and the graph has not been mended yet.
  package var isUnfinished: Bool { survivors.map { !$0.isEmpty } ?? false && !isMended }

  /// The graph as it was before anything was removed or put in for training.
  package var uncut: Graph { (restored.before?.model ?? original?.model ?? model).graph }

  package var uncutFacts: GraphFacts? { restored.before?.facts ?? original?.facts }

  /// The facts, which every pass after `infer-shapes` may rely on.
  package func inferred() throws -> GraphFacts {
    guard let facts else { throw CompileError.order("infer-shapes") }
    return facts
  }

  /// What is known of the model as it is now.
  func currentFacts() throws -> GraphFacts {
    try GraphFacts(of: model, registry: registry, inputShapes: inputShapes)
  }
}

/// Which members go, and what was asked for.
package struct Selection: Sendable {
  package var removal: ChannelRemoval
  /// The rate that all this follows from, of groups that have none of their own.
  package var rate: Double
  /// By group: the fraction that was to go.
  package var requestedRates: [Double]
  /// By group: what kept it from losing as many members as its rate asks for.
  package var limits: [SelectionRules.Limit?]
  /// By group: members that had no effect to begin with.
  package var zeroed: [[Int]]
}
