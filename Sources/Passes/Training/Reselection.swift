import Analysis
import GraphIR

/// Scores and selects anew while a network is trained: softly, so that a filter may come back.
struct Reselection {
  private let groups: ChannelGroups
  private let criterion: FilterScores.Criterion
  private let rules: SelectionRules
  private let ownRates: [Double?]
  private let spared: Set<String>
  private let first: Selection

  /// - Parameter first: the selection to begin with, whose rate stays.
  init(
    _ groups: ChannelGroups, _ criterion: FilterScores.Criterion, _ rules: SelectionRules,
    sparing spared: Set<String>, first: Selection
  ) {
    self.groups = groups
    self.criterion = criterion
    self.rules = rules
    self.spared = spared
    self.first = first
    ownRates = rules.ownRates(groups)
  }

  /// The members that go by the graph's present weights, and the scores that say so.
  func callAsFunction(_ graph: Graph) throws -> (removal: ChannelRemoval, scores: FilterScores) {
    let scores = try FilterScores(groups.groups, graph, criterion, groups.quantized)
    let ranking = Ranking(
      groups: groups.groups, scores: scores, zeroed: first.zeroed, rules: rules, ownRates: ownRates,
      spared: spared)
    return (ranking.removal(atRate: first.rate), scores)
  }
}

extension ChannelRemoval {
  /// How many members are in this removal and not in `earlier`.
  func newMembers(since earlier: ChannelRemoval) -> Int {
    zip(members, earlier.members).reduce(0) { $0 + Set($1.0).subtracting($1.1).count }
  }
}
