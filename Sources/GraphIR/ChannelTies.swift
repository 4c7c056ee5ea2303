/// Where an operator writes down which slots of its operands live and die together.
///
/// A *slot* is one index along one axis of one value, weights included; on an axis of length 12·batch it is one index
/// of the 12, whatever the batch. Slots that are tied are removed together or not at all. **An axis that an operator
/// does not mention is pinned**: what is not understood is never corrupted.
///
/// ```swift
/// ties.tie(.input(0, axis: 1), .output(0, axis: 1))                    // the same index
/// ties.tie(.input(0, axis: 1), .output(0, axis: 1)) { $0 + offset }    // Concat, Slice, Split
/// ties.couple(.input(0, axis: 1)) { $0 % channelsPerGroup }            // across the groups of a convolution
/// ties.produce(.input(1, axis: 0))                                     // these weights make the channel
/// ties.consume(.input(1, axis: 1))                                     // these weights read it and mix it
/// ```
package struct ChannelTies: Sendable {
  /// What a constant's slots do to the channel that they belong to.
  package enum Role: Int, Sendable, Comparable {
    /// Its values make the channel: a convolution's filters, or their bias.
    case producer
    /// It acts on the channel alone: normalisation parameters, slopes, added constants.
    case follower
    /// It reads the channel and mixes it with others: zero here, and the channel has no effect.
    case consumer

    package static func < (a: Role, b: Role) -> Bool { a.rawValue < b.rawValue }
  }

  /// Two slots of the node, as positions in the slot numbering of the whole graph.
  package typealias Pair = (Int32, Int32)

  package let signature: Signature
  /// Position of each operand axis's first slot, nil where the axis has no slots (unknown length).
  let inputBases: [[Int32?]]
  let outputBases: [[Int32?]]
  let alternatives: [Int: Int]

  package internal(set) var pairs: [Pair] = []
  package internal(set) var pins: [(axis: OperandAxis, reason: String)] = []
  package internal(set) var roles: [(axis: OperandAxis, role: Role, isRanked: Bool)] = []
  package internal(set) var mentioned: Set<OperandAxis> = []
  /// See ``accompany(_:)``.
  package internal(set) var companions: Set<OperandAxis> = []
  /// The questions that the operator put, in order.
  package internal(set) var choices: [Choice] = []

  /// A question with its number of answers; ties from `firstPair` on, and pins from `firstPin` on, follow from it.
  package struct Choice: Sendable {
    package let question: Int
    package let count: Int
    /// Questions of one kind are turned together.
    package let kind: Int
    package let firstPair: Int
    package let firstPin: Int
  }

  package init(
    signature: Signature, inputBases: [[Int32?]], outputBases: [[Int32?]], alternatives: [Int: Int]
  ) {
    self.signature = signature
    self.inputBases = inputBases
    self.outputBases = outputBases
    self.alternatives = alternatives
  }

  /// The operator can tie in `count` ways, the best first: which to follow. The analysis asks for the next way where
  /// the graph pins this one. `question` tells several questions of one node apart; `kind` those of several nodes that
  /// have no reason to be answered alike.
  package mutating func choose(_ question: Int = 0, among count: Int, kind: Int = 0) -> Int {
    choices.append(
      Choice(
        question: question, count: count, kind: kind, firstPair: pairs.count, firstPin: pins.count))
    return min(alternatives[question] ?? 0, count - 1)
  }

  /// Slot i of `a` is slot i of `b`.
  package mutating func tie(_ a: OperandAxis, _ b: OperandAxis) {
    guard let (baseA, baseB) = prepare(a, b) else { return }
    guard let length = signature.period(a), length == signature.period(b),
      (signature.length(a) == nil) == (signature.length(b) == nil)
    else {
      pin(a, "is tied to an axis of another length")
      pin(b, "is tied to an axis of another length")
      return
    }
    for index in 0..<Int32(length) { pairs.append((baseA + index, baseB + index)) }
  }

  /// Slot i of `a` is slot `position(i)` of `b`; nil leaves slot i to itself.
  package mutating func tie(_ a: OperandAxis, _ b: OperandAxis, _ position: (Int) -> Int?) {
    guard let (baseA, baseB) = prepare(a, b) else { return }
    guard let length = signature.length(a), let lengthB = signature.length(b) else {
      pin(a, Self.openLength)
      pin(b, Self.openLength)
      return
    }
    for index in 0..<length {
      guard let other = position(index), (0..<lengthB).contains(other) else { continue }
      pairs.append((baseA + Int32(index), baseB + Int32(other)))
    }
  }

  /// Slots of `a` and `b` at the positions of every pair live and die together: several of one with several of the
  /// other.
  package mutating func tie(_ a: OperandAxis, _ b: OperandAxis, positions: [(Int, Int)]) {
    guard let (baseA, baseB) = prepare(a, b), let length = signature.period(a),
      let lengthB = signature.period(b)
    else { return }
    for (first, second) in positions where first < length && second < lengthB {
      pairs.append((baseA + Int32(first), baseB + Int32(second)))
    }
  }

  /// Slots of `axis` with the same key live and die together.
  package mutating func couple(_ axis: OperandAxis, by key: (Int) -> Int) {
    mentioned.insert(axis)
    guard let base = base(axis) else { return }
    guard let length = signature.length(axis) else {
      pin(axis, Self.openLength)
      return
    }
    var first: [Int: Int32] = [:]
    for index in 0..<length {
      let slot = base + Int32(index)
      if let other = first[key(index)] { pairs.append((other, slot)) } else { first[key(index)] = slot }
    }
  }

  /// Slots of `axis` may go one by one, tied to nothing by this node.
  package mutating func free(_ axis: OperandAxis) { mentioned.insert(axis) }

  /// No slot of `axis` may go; `reason` continues a sentence that begins with the axis: "is averaged over".
  package mutating func pin(_ axis: OperandAxis, _ reason: String) {
    mentioned.insert(axis)
    pins.append((axis, reason))
  }

  /// The operand's slots make the channel. `ranked` weights are scored; biases only go along.
  package mutating func produce(_ axis: OperandAxis, ranked: Bool = true) {
    mentioned.insert(axis)
    roles.append((axis, .producer, ranked))
  }

  package mutating func follow(_ axis: OperandAxis) {
    mentioned.insert(axis)
    roles.append((axis, .follower, false))
  }

  /// The operand's slots go with the channel, but are neither its weights nor act on its values by themselves: the
  /// scales that weights are stored with.
  package mutating func accompany(_ axis: OperandAxis) {
    mentioned.insert(axis)
    companions.insert(axis)
  }

  /// The operand's slots read the channel. Pins the axis where the operand is computed from the network's inputs:
  /// then there is no constant that could be zeroed.
  package mutating func consume(_ axis: OperandAxis) {
    mentioned.insert(axis)
    roles.append((axis, .consumer, false))
  }

  /// The graph's position of slot `index` of an axis; nil where the axis has no slots.
  package func slot(_ axis: OperandAxis, _ index: Int) -> Int32? { base(axis).map { $0 + Int32(index) } }

  /// The ties that follow from the choice at `index`.
  package func pairs(ofChoice index: Int) -> ArraySlice<Pair> {
    let end = choices.indices.contains(index + 1) ? choices[index + 1].firstPair : pairs.count
    return pairs[choices[index].firstPair..<end]
  }

  private static let openLength = "is tied to an axis whose length is not known"

  private func base(_ axis: OperandAxis) -> Int32? {
    let bases = axis.isInput ? inputBases : outputBases
    guard bases.indices.contains(axis.operand), bases[axis.operand].indices.contains(axis.axis) else {
      return nil
    }
    return bases[axis.operand][axis.axis]
  }

  /// Mentions both; nil where either has no slots, and then pins the one that has.
  private mutating func prepare(_ a: OperandAxis, _ b: OperandAxis) -> (Int32, Int32)? {
    mentioned.insert(a)
    mentioned.insert(b)
    switch (base(a), base(b)) {
    case (let baseA?, let baseB?): return (baseA, baseB)
    case (_?, nil): pin(a, Self.openLength)
    case (nil, _?): pin(b, Self.openLength)
    case (nil, nil): break
    }
    return nil
  }
}
