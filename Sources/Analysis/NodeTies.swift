import GraphIR

/// One node's ties under given answers to its questions, in the slot numbers of the graph.
struct NodeTies {
  let node: Node
  let ties: ChannelTies
  /// What the node pins: first what its operator says, in order, then the axes that it does not mention.
  let pins: [(slots: Range<Int32>, pin: Pin)]
  /// How many of ``pins`` hold whatever is chosen, from the front of the operator's, and from the end.
  private let statedPinCount: Int

  init(
    of node: Node, _ facts: GraphFacts, _ graph: Graph, _ space: SlotSpace, answers: [Int: Int] = [:]
  ) {
    var ties = ChannelTies(
      signature: facts.signature(of: node.id), inputBases: node.inputs.map { space.bases(of: $0) },
      outputBases: node.outputs.map { space.bases(of: $0) }, alternatives: answers)
    let known = facts.known(node.id)
    known?.tieChannels(&ties)
    self.node = node
    self.ties = ties
    let remedy = ties.pins.isEmpty ? nil : Remedies.forStated(node, facts)
    let stated = ties.pins.map { Self.pins(node, $0.axis, $0.reason, .stated, remedy, graph, space) }
    pins = stated.flatMap { $0 } + Self.unmentioned(node, ties, isKnown: known != nil, facts, graph, space)
    statedPinCount = stated.reduce(0) { $0 + $1.count }
  }

  /// The ties that hold whatever is chosen.
  var settledPairs: ArraySlice<ChannelTies.Pair> {
    ties.pairs[..<(ties.choices.first?.firstPair ?? ties.pairs.count)]
  }

  /// The pins that hold whatever is chosen.
  var settledPins: [Range<Int32>] {
    let first = min(ties.choices.first?.firstPin ?? statedPinCount, statedPinCount)
    return (pins[..<first] + pins[statedPinCount...]).map(\.slots)
  }

  private static func pins(
    _ node: Node, _ axis: OperandAxis, _ reason: String, _ cause: Pin.Cause, _ hint: String?, _ graph: Graph,
    _ space: SlotSpace
  ) -> [(slots: Range<Int32>, pin: Pin)] {
    let values = axis.isInput ? node.inputs : node.outputs
    guard values.indices.contains(axis.operand), let id = values[axis.operand],
      let slots = space.slots(of: id, axis: axis.axis)
    else { return [] }
    return [
      (
        slots,
        Pin(
          node: node, value: graph.fileName(of: id), axis: axis.axis, reason: reason, cause: cause, hint: hint
        )
      )
    ]
  }

  private static func unmentioned(
    _ node: Node, _ ties: ChannelTies, isKnown: Bool, _ facts: GraphFacts, _ graph: Graph, _ space: SlotSpace
  ) -> [(slots: Range<Int32>, pin: Pin)] {
    let hint = Remedies.forUnfollowed(node, facts)
    func reason(_ isInput: Bool) -> String {
      if !isKnown { return "is touched by an operator that the compiler does not know" }
      return isInput ? "is read as a whole" : "is made as a whole"
    }
    var result: [(slots: Range<Int32>, pin: Pin)] = []
    for (isInput, values) in [(true, node.inputs), (false, node.outputs)] {
      for (operand, id) in values.enumerated() {
        for index in space.bases(of: id).indices {
          let axis: OperandAxis = isInput ? .input(operand, axis: index) : .output(operand, axis: index)
          if ties.mentioned.contains(axis) { continue }
          result += pins(node, axis, reason(isInput), isKnown ? .whole : .unknown, hint, graph, space)
        }
      }
    }
    return result
  }
}
