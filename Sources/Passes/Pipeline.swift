import Analysis
import GraphIR

/// Runs passes one after the other: checks each one's place, runs it, verifies the graph and what the pass promises,
/// and restores the state before it where anything fails.
package struct Pipeline: Sendable {
  /// What one pass did, and how long it took.
  package struct Record: Sendable {
    package let name: String
    package let outcome: PassOutcome
    package let duration: Duration
    package let before: CostSummary?
    package let after: CostSummary?
  }

  private let passes: [any Pass]

  package init(_ passes: [any Pass]) { self.passes = passes }

  package var names: [String] { passes.map { type(of: $0).name } }

  /// - Parameters:
  ///   - last: name of the last pass to run; nil runs all.
  ///   - observe: called after each pass with its record and the state that it left.
  /// - Throws: the error of a pass with the pass's name added; `state` is then as the pass before left it.
  package func run(
    on state: inout Compilation, upTo last: String? = nil,
    observe: (Record, Compilation) throws -> Void = { _, _ in }
  ) throws {
    let clock = ContinuousClock()
    var cost = state.facts.map { CostSummary(state.model.graph, $0) }
    for pass in passes {
      let name = type(of: pass).name
      let before = state
      var outcome = PassOutcome.unchanged
      do {
        let duration = try clock.measure {
          try pass.require(state)
          outcome = try pass.run(on: &state)
          try state.model.graph.verify()
          try pass.ensure(state, after: before)
        }
        let costBefore = cost
        if outcome != .unchanged || cost == nil { cost = state.currentCost }
        try observe(
          Record(name: name, outcome: outcome, duration: duration, before: costBefore ?? cost, after: cost),
          state)
      } catch {
        state = before
        throw (error as? CompileError)?.during(pass: name) ?? error
      }
      if name == last { break }
    }
  }
}

extension Compilation {
  /// What the network costs now; between removal and mending, what it is going to cost.
  package var currentCost: CostSummary? {
    guard let facts else { return nil }
    guard !isMended, let original, let survivors else { return CostSummary(model.graph, facts) }
    guard let groups, let removal = selection?.removal, !survivors.isEmpty else {
      return CostSummary(model.graph, facts)
    }
    return CostSummary(original.model.graph, original.facts, lost: removal.losses(groups.groups))
  }
}
