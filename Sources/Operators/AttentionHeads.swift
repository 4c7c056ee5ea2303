import GraphIR

/// The heads of attention: which slots of each operand belong to which head, and how heads go.
///
///     queries  q₀ q₁ q₂ q₃ q₄ q₅        keys and values  k₀ k₁        q₀ q₁ q₂ read k₀, q₃ q₄ q₅ read k₁
///
/// Either a head of keys and values goes with all the queries that read it, or the same query of every such group goes
/// and keys and values stay.
struct AttentionHeads: Sendable {
  /// Slots of an axis that belong to heads: `size` for each of `count`, one head after the other, from `start` on.
  struct Run: Sendable {
    let axis: OperandAxis
    let size: Int
    let count: Int
    var start = 0
  }

  let queryCount: Int
  let sharedCount: Int

  /// Nil where the heads of queries cannot share those of keys and values.
  init?(queries: Int, shared: Int) {
    guard queries > 0, shared > 0, queries % shared == 0 else { return nil }
    (queryCount, sharedCount) = (queries, shared)
  }

  /// How many queries read one head of keys and values.
  var perGroup: Int { queryCount / sharedCount }

  /// A run on an axis that holds `count` heads alone, of known length; nil where its length does not fit.
  static func run(_ axis: OperandAxis, count: Int, _ signature: Signature) -> Run? {
    guard let length = signature.length(axis), length > 0, length % count == 0 else { return nil }
    return Run(axis: axis, size: length / count, count: count)
  }

  /// The head axis of what is added to the scores, [N, h, S, L] or less: none where it is the same for all heads; nil
  /// where that is not known.
  static func maskAxes(_ signature: Signature, input: Int) -> [OperandAxis]? {
    guard let mask = signature.input(input) else { return [] }
    guard let rank = mask.rank else { return nil }
    switch rank {
    case 4: return mask.dimension(1) == 1 ? [] : [.input(input, axis: 1)]
    case 3: return mask.dimension(0) == 1 ? [] : nil
    default: return rank < 3 ? [] : nil
    }
  }

  /// Ties the runs of queries with each other, and those of keys and values.
  ///
  /// - Parameter queries: all with ``queryCount`` heads.
  /// - Parameter shared: all with ``sharedCount`` heads.
  func tie(queries: [Run], shared: [Run], _ ties: inout ChannelTies) {
    guard let leader = queries.first, queries.allSatisfy({ $0.count == queryCount }),
      shared.allSatisfy({ $0.count == sharedCount })
    else { return }
    // What has keys and values alone can be pinned for them, and with it what they share an axis with queries in.
    let keeper = shared.first { $0.count * $0.size == ties.signature.length($0.axis) }
    if takesWholeGroups(&ties, hasKeeper: keeper != nil) {
      for run in queries { tie(run, to: leader, &ties) { $0 } }
      for run in shared { tieGroups(run, to: leader, &ties) }
    } else if let keeper {
      for run in queries { tie(run, to: leader, &ties) { $0 % perGroup } }
      for run in shared { tie(run, to: keeper, &ties) { $0 } }
      ties.pin(keeper.axis, "is read by several heads of queries")
    } else {
      ties.pinAll((queries + shared).map(\.axis), "is read by several heads of queries")
    }
  }

  private func takesWholeGroups(_ ties: inout ChannelTies, hasKeeper: Bool) -> Bool {
    if perGroup == 1 { return true }
    guard sharedCount > 1, hasKeeper else { return sharedCount > 1 }
    return GroupedChannels(groups: sharedCount, inputs: perGroup, outputs: perGroup)
      .takesWholeGroups(&ties)
  }

  /// Ties every slot of head h to the leader's head of h's key, and thereby heads of one key with each other.
  private func tie(_ run: Run, to leader: Run, _ ties: inout ChannelTies, by key: (Int) -> Int) {
    let pairs = (0..<run.count * run.size).map { slot in
      (run.start + slot, leader.start + key(slot / run.size) * leader.size)
    }
    ties.tie(run.axis, leader.axis, positions: pairs)
  }

  /// Ties every head of keys and values with the queries that read it.
  private func tieGroups(_ run: Run, to leader: Run, _ ties: inout ChannelTies) {
    let pairs = (0..<run.count * run.size).flatMap { slot in
      (0..<perGroup).map { query in
        (run.start + slot, leader.start + (slot / run.size * perGroup + query) * leader.size)
      }
    }
    ties.tie(run.axis, leader.axis, positions: pairs)
  }

  /// How many heads of a run survive.
  ///
  /// - Throws: `cannot-refit` where parts of a head would remain.
  static func surviving(_ run: Run, _ edit: NodeEdit) throws -> Int {
    guard let kept = edit.survivors(run.axis) else { return run.count }
    let own = kept.filter { (run.start..<run.start + run.count * run.size).contains($0) }
    let heads = Set(own.map { ($0 - run.start) / run.size })
    guard own.count == heads.count * run.size else {
      throw CompileError("cannot-refit", "parts of attention heads would remain", exit: .internal)
    }
    return heads.count
  }
}
