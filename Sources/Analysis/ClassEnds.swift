import GraphIR

/// Finds the node on account of which tied slots are no channels, though nothing pins them.
struct ClassEnds {
  private let tied: TiedGraph
  private let graph: Graph
  private let facts: GraphFacts
  private let index: GraphIndex

  init(_ tied: TiedGraph, _ graph: Graph, _ facts: GraphFacts) {
    self.tied = tied
    self.graph = graph
    self.facts = facts
    index = GraphIndex(graph)
  }

  /// The reason why channels of an axis are refused, as a pin.
  func pin(_ refusal: SlotClasses.Refusal, of axis: SlotSpace.Axis) -> Pin {
    func stating(_ reason: String) -> Pin {
      Pin(node: nil, value: graph.fileName(of: axis.value), axis: axis.axis, reason: reason, cause: .storage)
    }
    switch refusal.reason {
    case .madeByNoWeights: return stating("is made by no weights that are stored")
    case .readByNoWeights:
      return end(refusal.slots) ?? stating("is read by no layer's weights")
    case .cannotBeCut(let constant):
      return stating("is tied to '\(graph.fileName(of: constant))', whose elements do not begin on a byte")
    case .alone:
      let own = refusal.slots.count {
        tied.space.axisOfSlot[Int($0)] == tied.space.axisOfSlot[Int(axis.base)]
      }
      return (own == axis.length ? coupling(refusal.slots) : nil)
        ?? stating("has channels that go different ways, one by one: none could take another's place")
    }
  }

  /// The first node that reads the channel and hands it on to none of its results.
  private func end(_ slots: [Int32]) -> Pin? {
    let axes = Set(slots.map { tied.space.axisOfSlot[Int($0)] })
    let values = Set(axes.map { tied.space.axes[Int($0)].value })
    var ends: [(position: Int, axis: SlotSpace.Axis)] = []
    for axis in axes.sorted().map({ tied.space.axes[Int($0)] }) {
      for use in index.uses(of: axis.value) {
        let results = graph.nodes[use.node].outputs.compactMap { $0 }
        if results.allSatisfy({ !values.contains($0) }) { ends.append((use.node, axis)) }
      }
    }
    ends.sort { $0.position < $1.position }
    // What reads lengths alone is hardly what a channel is for.
    let reading = ends.first { end in
      graph.nodes[end.position].outputs.contains { $0.map { facts[$0].elementType != .int64 } ?? false }
    }
    return (reading ?? ends.first).map { position, axis in
      Pin(
        node: graph.nodes[position], value: graph.fileName(of: axis.value), axis: axis.axis,
        reason: "ends here, and no layer's weights have read it before")
    }
  }

  /// The first node that ties several slots of one axis to each other, so that they could go only all together.
  private func coupling(_ slots: [Int32]) -> Pin? {
    let members = Set(slots)
    let values = Set(slots.map { tied.space.axes[Int(tied.space.axisOfSlot[Int($0)])].value })
    let readers = values.flatMap { index.uses(of: $0).map(\.node) }
    let positions = Set(readers + values.compactMap { index.producer(of: $0) })
    // The reason is worth a short search alone.
    for entry in positions.sorted().prefix(16).map({ tied.nodes[$0] }) where entry.ties.pairs.count <= 2048 {
      // By slot: its partner on another axis. A second partner on the same axis ties the two to each other.
      var partners: [Int32: [Int32: Int32]] = [:]
      for pair in entry.ties.pairs where members.contains(pair.0) && members.contains(pair.1) {
        let several = [(pair.0, pair.1), (pair.1, pair.0)].first { slot, other in
          let axis = tied.space.axisOfSlot[Int(other)]
          if slot != other, tied.space.axisOfSlot[Int(slot)] == axis { return true }
          let before = partners[slot, default: [:]].updateValue(other, forKey: axis)
          return before.map { $0 != other } ?? false
        }
        guard let several else { continue }
        let axis = tied.space.axes[Int(tied.space.axisOfSlot[Int(several.1)])]
        return Pin(
          node: entry.node, value: graph.fileName(of: axis.value), axis: axis.axis,
          reason: "has all of its channels tied to each other")
      }
    }
    return nil
  }
}
