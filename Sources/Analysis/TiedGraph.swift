import GraphIR

/// What every node of a graph ties, and the classes of slots that follow.
///
/// Operators may offer several ways to tie (``ChannelTies/choose(_:among:)``). Where the graph pins what the first way
/// ties, the next one is tried; the assignment that leaves most scored weights free is kept.
struct TiedGraph {
  /// One node's ties, in the slot numbers of the graph.
  struct NodeTies {
    let node: Node
    let ties: ChannelTies
  }

  let space: SlotSpace
  private(set) var nodes: [NodeTies]
  private var sets: DisjointSets
  private(set) var pins: [Pin] = []
  /// Index into ``pins`` of the first pin of a class, by its root; -1 where it is free.
  private var pinOfRoot: [Int32] = []
  private(set) var roles: AxisRoles

  private static let rounds = 4

  init(_ model: Model, _ facts: GraphFacts) {
    let space = SlotSpace(facts)
    var alternatives: [NodeID: [Int: Int]] = [:]
    var best = TiedGraph(model, facts, space, alternatives)
    var current = best
    var bestScore = best.freeRankedSlots
    for _ in 1..<Self.rounds {
      guard current.advance(&alternatives) else { break }
      current = TiedGraph(model, facts, space, alternatives)
      let score = current.freeRankedSlots
      if score > bestScore { (best, bestScore) = (current, score) }
    }
    self = best
  }

  private init(
    _ model: Model, _ facts: GraphFacts, _ space: SlotSpace, _ alternatives: [NodeID: [Int: Int]]
  ) {
    self.space = space
    sets = DisjointSets(count: space.count)
    nodes = []
    roles = AxisRoles(space)
    var pinned: [(slots: Range<Int32>, pin: Pin)] = InterfacePins(model, space).pins
    for node in model.graph.nodes {
      var ties = ChannelTies(
        signature: facts.signature(of: node), inputBases: node.inputs.map { space.bases(of: $0) },
        outputBases: node.outputs.map { space.bases(of: $0) }, alternatives: alternatives[node.id] ?? [:])
      let known = facts.operators[node.id.index]
      known?.tieChannels(&ties)
      for (a, b) in ties.pairs { sets.unite(a, b) }
      pinned += Self.pins(of: node, ties, isKnown: known != nil, model.graph, space)
      nodes.append(NodeTies(node: node, ties: ties))
    }
    pinned += roles.assign(nodes, facts, model.graph)
    pinOfRoot = [Int32](repeating: -1, count: space.count)
    for (slots, pin) in pinned { record(pin, slots) }
  }

  /// Pins more axes, for reasons that are not the graph's.
  mutating func pin(_ axes: [(axis: SlotSpace.Axis, reason: String)], _ graph: Graph) {
    for (axis, reason) in axes {
      let pin = Pin(node: nil, value: graph[axis.value].name, axis: axis.axis, reason: reason)
      record(pin, axis.base..<axis.base + axis.length)
    }
  }

  private mutating func record(_ pin: Pin, _ slots: Range<Int32>) {
    pins.append(pin)
    for slot in slots {
      let root = Int(sets.root(slot))
      if pinOfRoot[root] < 0 { pinOfRoot[root] = Int32(pins.count - 1) }
    }
  }

  /// The smallest slot of the class that a slot belongs to.
  mutating func root(_ slot: Int32) -> Int32 { sets.root(slot) }

  /// The reason why the class of a slot may not go; nil if it may.
  mutating func pin(of slot: Int32) -> Pin? {
    let index = pinOfRoot[Int(sets.root(slot))]
    return index < 0 ? nil : pins[Int(index)]
  }

  /// Scored weights' slots that nothing pins: what the choice of ways to tie maximises.
  private var freeRankedSlots: Int {
    mutating get {
      var count = 0
      for axis in space.axes where roles.isRanked(axis) {
        for slot in axis.base..<axis.base + axis.length where pin(of: slot) == nil { count += 1 }
      }
      return count
    }
  }

  /// Takes the next way wherever a pin reached what this one ties; false where no node has another.
  private mutating func advance(_ alternatives: inout [NodeID: [Int: Int]]) -> Bool {
    var advanced = false
    for entry in nodes {
      let choices = entry.ties.choices
      for (position, choice) in choices.enumerated() {
        let end =
          choices.indices.contains(position + 1) ? choices[position + 1].firstPair : entry.ties.pairs.count
        let taken = alternatives[entry.node.id]?[choice.question] ?? 0
        guard taken + 1 < choice.count,
          entry.ties.pairs[choice.firstPair..<end].contains(where: { pin(of: $0.0) != nil })
        else { continue }
        alternatives[entry.node.id, default: [:]][choice.question] = taken + 1
        advanced = true
      }
    }
    return advanced
  }

  /// The node's own pins, and those of every axis that its operator does not mention.
  private static func pins(
    of node: Node, _ ties: ChannelTies, isKnown: Bool, _ graph: Graph, _ space: SlotSpace
  ) -> [(slots: Range<Int32>, pin: Pin)] {
    var result: [(slots: Range<Int32>, pin: Pin)] = []
    func add(_ id: ValueID, _ axis: Int, _ reason: String) {
      guard let slots = space.slots(of: id, axis: axis) else { return }
      result.append((slots, Pin(node: node, value: graph[id].name, axis: axis, reason: reason)))
    }
    for (axis, reason) in ties.pins {
      let values = axis.isInput ? node.inputs : node.outputs
      guard values.indices.contains(axis.operand), let id = values[axis.operand] else { continue }
      add(id, axis.axis, reason)
    }
    let generic =
      isKnown ? "is read as a whole" : "is touched by an operator that the compiler does not know"
    for (isInput, values) in [(true, node.inputs), (false, node.outputs)] {
      for (operand, id) in values.enumerated() {
        guard let id else { continue }
        for axis in space.bases(of: id).indices {
          let mentioned = ties.mentioned.contains(
            isInput ? .input(operand, axis: axis) : .output(operand, axis: axis))
          if !mentioned { add(id, axis, generic) }
        }
      }
    }
    return result
  }
}
