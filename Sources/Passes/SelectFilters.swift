import Analysis
import GraphIR

/// Selects the members of every group that go, [FD-SKD] Eq. 7: those without effect first, then the lowest scores;
/// ties by index. Changes nothing in the graph.
///
/// In every group floor(rate · size) go, never all. With a target, the smallest rate that meets it is found on the
/// network's own cost.
package struct SelectFilters: Pass {
  package static let name = "select-filters"

  private let rules: SelectionRules
  /// Ids of groups that stay whole.
  private let spared: Set<String>

  package init(_ rules: SelectionRules, sparing spared: Set<String> = []) {
    self.rules = rules
    self.spared = spared
  }

  package func require(_ state: Compilation) throws {
    if state.groups == nil || state.scores == nil { throw CompileError.order("score-filters") }
  }

  package func run(on state: inout Compilation) throws -> PassOutcome {
    guard let groups = state.groups, let scores = state.scores else {
      throw CompileError.order("score-filters")
    }
    let facts = try state.inferred()
    let zeroed = ZeroedChannels(groups, state.model, facts).members
    let ranking = Ranking(
      groups: groups.groups, scores: scores, zeroed: zeroed, rules: rules,
      ownRates: rules.ownRates(groups), spared: spared)
    let rate = try rules.target.map { try meet($0, ranking, state.model.graph, facts) } ?? rules.rate
    state.selection = Selection(
      removal: ranking.removal(atRate: rate), rate: rate, requestedRates: ranking.requestedRates(rate),
      limits: ranking.limits(atRate: rate), zeroed: zeroed)
    return .unchanged
  }

  package func ensure(_ state: Compilation, after before: Compilation) throws {}

  /// The smallest rate whose removal meets the target.
  ///
  /// - Throws: `target-unknown` where the figure is not known, `target-unreachable` where no rate meets it.
  private func meet(
    _ target: SelectionRules.Target, _ ranking: Ranking, _ graph: Graph, _ facts: GraphFacts
  ) throws -> Double {
    func figure(_ rate: Double) throws -> Int {
      let cost = CostSummary(graph, facts, lost: ranking.removal(atRate: rate).losses(ranking.groups))
      if target.figure == .parameters { return cost.parameters }
      guard let count = cost.multiplyAccumulates else {
        throw CompileError(
          "target-unknown", "the network's MACs depend on dims that it leaves open", exit: .usage,
          hint: "give them with --input-shape NAME:1,3,224,224")
      }
      return count
    }
    let limit =
      switch target.amount {
      case .fraction(let fraction): Int((fraction * Double(try figure(0))).rounded(.down))
      case .count(let count): count
      }
    let rates = ranking.rates
    var (low, high) = (0, rates.count - 1)
    let least = try figure(rates[high])
    guard least <= limit else {
      throw CompileError(
        "target-unreachable",
        "\(target.figure.rawValue) cannot come down to \(limit): at the highest rate they are \(least)",
        exit: .gate, hint: "see the report's list of what is pinned, or ask for less")
    }
    while low < high {
      let middle = (low + high) / 2
      if try figure(rates[middle]) <= limit { high = middle } else { low = middle + 1 }
    }
    return rates[low]
  }
}
