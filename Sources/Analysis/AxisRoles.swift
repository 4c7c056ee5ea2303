import GraphIR

/// What the slots of each constant axis do: make a channel, act on it, or read it.
///
/// Operators state roles for their operands. Where an operand is computed from constants (a transposed or cast
/// weight), its role is handed on to the constants behind it.
struct AxisRoles {
  private let space: SlotSpace
  private var roles: [ChannelTies.Role?]
  private var ranked: [Bool]
  /// Scored axes without slots, once for every node that reads them.
  private(set) var unfollowed: [(value: ValueID, axis: Int)] = []

  init(_ space: SlotSpace) {
    self.space = space
    roles = [ChannelTies.Role?](repeating: nil, count: space.axes.count)
    ranked = [Bool](repeating: false, count: space.axes.count)
  }

  func role(_ axis: SlotSpace.Axis) -> ChannelTies.Role? { roles[index(axis)] }

  func isRanked(_ axis: SlotSpace.Axis) -> Bool { ranked[index(axis)] }

  private func index(_ axis: SlotSpace.Axis) -> Int { Int(space.axisOfSlot[Int(axis.base)]) }

  /// What roles cannot be given to.
  private struct Obstacle {
    let reason: String
    var cause = Pin.Cause.stated
    var hint: String?

    static let computedWeights = Obstacle(reason: "is mixed with weights that the network computes")
    static let constantSum = Obstacle(
      reason: "is summed over by what is computed from constants alone", cause: .storage,
      hint: Remedies.computedWeight)
    static let lostZeros = Obstacle(
      reason: "belongs to a weight that is computed in a way that does not keep zeros", cause: .storage,
      hint: Remedies.computedWeight)
    static let unstored = Obstacle(
      reason: "is read by numbers that no stored weight holds", hint: Remedies.computedWeight)
  }

  /// Reads the roles off all nodes and hands them on; returns the pins of axes that cannot have theirs.
  mutating func assign(
    _ nodes: [NodeTies], _ facts: GraphFacts, _ graph: Graph
  ) -> [(slots: Range<Int32>, pin: Pin)] {
    var pins: [(slots: Range<Int32>, pin: Pin)] = []
    let space = self.space
    func pin(_ slots: Range<Int32>, _ node: Node, _ obstacle: Obstacle) {
      let axis = space.axes[Int(space.axisOfSlot[Int(slots.lowerBound)])]
      pins.append(
        (
          slots,
          Pin(
            node: node, value: graph.fileName(of: axis.value), axis: axis.axis, reason: obstacle.reason,
            cause: obstacle.cause, hint: obstacle.hint)
        ))
    }
    let index = facts.fixedWeights.isEmpty ? nil : GraphIndex(graph)
    for (id, reason) in facts.fixedWeights.sorted(by: { $0.key < $1.key }) {
      let node = index?.producer(of: id).map { graph.nodes[$0] }
      for axis in 0..<(facts[id].rank ?? 0) {
        guard let slots = space.slots(of: id, axis: axis), slots.count > 1 else { continue }
        pins.append(
          (
            slots,
            Pin(
              node: node, value: graph.fileName(of: id), axis: axis, reason: reason, cause: .storage,
              hint: Remedies.computedWeight)
          ))
      }
    }
    for entry in nodes {
      let isDerived = facts.isDerived(entry.node)
      for (axis, role, isRanked) in entry.ties.roles {
        let values = axis.isInput ? entry.node.inputs : entry.node.outputs
        guard values.indices.contains(axis.operand), let id = values[axis.operand] else { continue }
        // What computes a weight from constants has the role of the weight, not one of its own. What it sums over
        // has none: no layer's zeros would stand for what is left out of the sum.
        if isDerived {
          if role == .consumer, let slots = space.slots(of: id, axis: axis.axis) {
            pin(slots, entry.node, .constantSum)
          }
          continue
        }
        guard let slots = space.slots(of: id, axis: axis.axis) else {
          if isRanked { unfollowed.append((id, axis.axis)) }
          continue
        }
        // A default that callers may replace is a weight, too, if one that stays.
        guard facts[id].isConstantDerived || facts[id].constant != nil else {
          if role == .consumer { pin(slots, entry.node, .computedWeights) }
          continue
        }
        set(slots, role, isRanked)
      }
    }
    for entry in nodes.reversed() {
      guard let known = facts.known(entry.node.id), facts.isDerived(entry.node) else {
        continue
      }
      handOn(entry, known, pin)
      pinUnstored(entry, facts, pin)
    }
    return pins
  }

  /// Gives the roles of a node's constant results to the operands that they are tied to.
  private mutating func handOn(
    _ entry: NodeTies, _ known: any Operator, _ pin: (Range<Int32>, Node, Obstacle) -> Void
  ) {
    let results = Set(entry.node.outputs.compactMap { $0 })
    let tied = tiedOperands(of: entry, results)
    var done: Set<[Int32]> = []
    let companions = Set(
      entry.ties.companions.compactMap { axis in
        entry.ties.slot(axis, 0).map { space.axisOfSlot[Int($0)] }
      })
    for (a, b) in entry.ties.pairs {
      let (axisA, axisB) = (space.axisOfSlot[Int(a)], space.axisOfSlot[Int(b)])
      guard done.insert([axisA, axisB]).inserted else { continue }
      let isResultA = results.contains(space.axes[Int(axisA)].value)
      let (source, result) = isResultA ? (axisB, axisA) : (axisA, axisB)
      guard let role = roles[Int(result)], !results.contains(space.axes[Int(source)].value),
        !companions.contains(source)
      else { continue }
      let axis = space.axes[Int(source)]
      let slots = axis.base..<axis.base + axis.length
      let zeros = entry.node.inputs.indices.map { operand in
        entry.node.convertsQuantized || tied[result]?.contains(operand) == true ? 0.0 : nil
      }
      if known.constantChannel(zeros, entry.ties.signature) != 0 {
        pin(slots, entry.node, .lostZeros)
      } else {
        set(slots, role, ranked[Int(result)])
      }
    }
  }

  /// By axis of a result: the operands that have slots tied to it, which are zero where a channel is. Others are whatever
  /// they are.
  private func tiedOperands(of entry: NodeTies, _ results: Set<ValueID>) -> [Int32: Set<Int>] {
    var operands: [Int32: Set<Int>] = [:]
    var done: Set<[Int32]> = []
    for (a, b) in entry.ties.pairs {
      for (source, result) in [(a, b), (b, a)].map({ (space.axisOfSlot[Int($0)], space.axisOfSlot[Int($1)]) })
      where done.insert([source, result]).inserted && results.contains(space.axes[Int(result)].value) {
        for (operand, input) in entry.node.inputs.enumerated() where input == space.axes[Int(source)].value {
          operands[result, default: []].insert(operand)
        }
      }
    }
    return operands
  }

  /// What reads a channel and is stored nowhere cannot be set to zero for it: a weight that is one number, repeated.
  private func pinUnstored(
    _ entry: NodeTies, _ facts: GraphFacts, _ pin: (Range<Int32>, Node, Obstacle) -> Void
  ) {
    let tied = Set(entry.ties.pairs.flatMap { [space.axisOfSlot[Int($0.0)], space.axisOfSlot[Int($0.1)]] })
    for case let result? in entry.node.outputs where facts[result].constant == nil {
      for axis in 0..<(facts[result].rank ?? 0) {
        guard let slots = space.slots(of: result, axis: axis), !slots.isEmpty else { continue }
        let index = space.axisOfSlot[Int(slots.lowerBound)]
        guard roles[Int(index)] == .consumer, !tied.contains(index) else { continue }
        pin(slots, entry.node, .unstored)
      }
    }
  }

  /// Of several roles the axis takes one. Weights that make channels here and read them there, as tied autoencoders have
  /// them, count as reading: where those are zero, what they make is a channel that is removed as well.
  private mutating func set(_ slots: Range<Int32>, _ role: ChannelTies.Role, _ isRanked: Bool) {
    let axis = Int(space.axisOfSlot[Int(slots.lowerBound)])
    ranked[axis] = ranked[axis] || isRanked
    guard let present = roles[axis] else {
      roles[axis] = role
      return
    }
    roles[axis] = present == .consumer || role == .consumer ? .consumer : min(present, role)
  }
}
