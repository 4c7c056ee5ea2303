import Analysis

/// The order in which members go, and what any rate removes.
struct Ranking {
  let groups: [ChannelGroup]
  private let rules: SelectionRules
  private let ownRates: [Double?]
  private let spared: Set<String>
  /// By group: members, first to go first.
  private let order: [[Int]]
  private let zeroed: [[Int]]
  /// By group and scored axis: how many slots of it go with the first members in ``order``; ascending. Nil where every
  /// member is one slot, or nothing is rounded.
  private let slotsGone: [[[Int]]?]
  /// All members of all groups that a common rate governs, first to go first.
  private let globalOrder: [(group: Int, member: Int)]

  init(
    groups: [ChannelGroup], scores: FilterScores, zeroed: [[Int]], rules: SelectionRules, ownRates: [Double?],
    spared: Set<String>
  ) {
    self.groups = groups
    self.rules = rules
    self.ownRates = ownRates
    self.spared = spared
    self.zeroed = zeroed
    var order: [[Int]] = []
    for (index, values) in scores.values.enumerated() {
      let dead = Set(zeroed[index])
      order.append(
        values.indices.sorted { a, b in
          if dead.contains(a) != dead.contains(b) { return dead.contains(a) }
          return (values[a], a) < (values[b], b)
        })
    }
    self.order = order
    slotsGone = zip(groups, order).map { group, order in
      rules.roundTo > 1 ? Self.slotsGone(group, order) : nil
    }
    guard rules.isGlobal else {
      globalOrder = []
      return
    }
    let all = groups.indices.filter { ownRates[$0] == nil && !spared.contains(groups[$0].id) }.flatMap {
      group in
      order[group].map { (group: group, member: $0) }
    }
    globalOrder = all.sorted { a, b in
      let (scoreA, scoreB) = (scores.normalised[a.group][a.member], scores.normalised[b.group][b.member])
      return (scoreA, a.group, a.member) < (scoreB, b.group, b.member)
    }
  }

  /// Every rate at which something changes, ascending, from 0.
  var rates: [Double] {
    var rates: Set<Double> = [0]
    if rules.isGlobal {
      let total = globalOrder.count
      for count in 0..<total { rates.insert(Double(count) / Double(total)) }
    } else {
      for size in Set(groups.map(\.size)) {
        for count in 0..<size { rates.insert(Double(count) / Double(size)) }
      }
    }
    return rates.sorted()
  }

  /// By group: the fraction that was to go.
  func requestedRates(_ rate: Double) -> [Double] { ownRates.map { $0 ?? rate } }

  private static func slotsGone(_ group: ChannelGroup, _ order: [Int]) -> [[Int]]? {
    let axes = group.rankedAxes.map { axis in
      order.reduce(into: [0]) { $0.append(($0.last ?? 0) + axis.positions(ofMember: $1).count) }
    }
    return axes.allSatisfy { $0.last == order.count } ? nil : axes
  }

  func removal(atRate rate: Double) -> ChannelRemoval {
    let counts = counts(atRate: rate)
    return ChannelRemoval(members: zip(order, counts).map { $0.prefix($1.count).sorted() })
  }

  /// By group: what keeps it from losing as many members as the rate asks for.
  func limits(atRate rate: Double) -> [SelectionRules.Limit?] { counts(atRate: rate).map(\.limit) }

  /// By group: how many members go, and what keeps more from going.
  private func counts(atRate rate: Double) -> [(count: Int, limit: SelectionRules.Limit?)] {
    var wanted = groups.indices.map { group in
      SelectionRules.count(ownRates[group] ?? (rules.isGlobal ? 0 : rate), of: groups[group].size)
    }
    if rules.isGlobal {
      for (group, _) in globalOrder.prefix(SelectionRules.count(rate, of: globalOrder.count)) {
        wanted[group] += 1
      }
    }
    return groups.indices.map { group in
      guard !spared.contains(groups[group].id) else { return (0, nil) }
      return rules.allowed(max(wanted[group], zeroed[group].count), of: groups[group].size) { removed in
        isRound(group, removed)
      }
    }
  }

  /// Whether every layer of the group keeps a multiple of `roundTo` channels when the first `removed` members have gone.
  private func isRound(_ group: Int, _ removed: Int) -> Bool {
    guard let axes = slotsGone[group] else {
      return (groups[group].size - removed).isMultiple(of: rules.roundTo)
    }
    return axes.allSatisfy { ($0[groups[group].size] - $0[removed]).isMultiple(of: rules.roundTo) }
  }
}
