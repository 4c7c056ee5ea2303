import Analysis
import GraphIR

/// Finds the groups of channels that can go together and scores their members, [FD-SKD] Eq. 5-6. Changes nothing.
package struct ScoreFilters: Pass {
  package static let name = "score-filters"

  private let criterion: FilterScores.Criterion
  private let keep: @Sendable (_ names: [String]) -> String?

  /// - Parameter keep: why a layer's own channels are to stay; nil lets them go.
  package init(
    _ criterion: FilterScores.Criterion, keeping keep: @escaping @Sendable ([String]) -> String?
  ) {
    self.criterion = criterion
    self.keep = keep
  }

  package func require(_ state: Compilation) throws { _ = try state.inferred() }

  package func run(on state: inout Compilation) throws -> PassOutcome {
    let groups = ChannelGroups(of: state.model, try state.inferred(), keeping: keep)
    state.scores = try FilterScores(groups.groups, state.model.graph, criterion, groups.quantized)
    state.groups = groups
    return .unchanged
  }

  package func ensure(_ state: Compilation, after before: Compilation) throws {}
}
