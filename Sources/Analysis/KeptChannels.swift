import GraphIR

/// The channels that layers keep, and why: every axis of weights that make channels which is in no group, or not with
/// all of its slots, and every node with weights whose channels are not followed at all.
struct KeptChannels {
  private var tied: TiedGraph
  private let graph: Graph
  private let facts: GraphFacts
  /// The constants of the file.
  private let stored: [ValueID: Tensor]
  private let names: LayerNames
  private let refusals: [Int32: SlotClasses.Refusal]
  /// What stays on request, by index of the axis: the reason, and how many slots.
  private var ignored: [Int32: (reason: String, count: Int)] = [:]
  private var found: [(order: (Int, Int32), axis: PinnedAxis)] = []
  private let ends: ClassEnds

  /// - Parameter ignored: groups that stay on request, with the reason.
  init(
    _ tied: TiedGraph, _ graph: Graph, _ facts: GraphFacts, _ stored: [ValueID: Tensor], _ names: LayerNames,
    _ refusals: [Int32: SlotClasses.Refusal], ignoring ignored: [(group: ChannelGroup, reason: String)]
  ) {
    self.tied = tied
    self.graph = graph
    self.facts = facts
    self.stored = stored
    self.names = names
    self.refusals = refusals
    ends = ClassEnds(tied, graph, facts)
    for (group, reason) in ignored {
      for axis in group.axes {
        guard let slots = tied.space.slots(of: axis.value, axis: axis.axis), let first = slots.first else {
          continue
        }
        let count = (0..<group.size).reduce(0) { $0 + axis.positions(ofMember: $1).count }
        self.ignored[tied.space.axisOfSlot[Int(first)], default: (reason, 0)].count += count
      }
    }
  }

  /// All of them, in the order in which layers stand in the graph.
  ///
  /// - Parameter ranked: the scored axes of constants.
  mutating func list(_ ranked: [SlotSpace.Axis]) -> [PinnedAxis] {
    for axis in ranked { addPinned(axis) }
    addUnfollowed()
    for operand in WeightOperands(graph, facts, stored, tied).unlisted { add(operand) }
    var seen: Set<AxisKey> = []
    return found.sorted { $0.order < $1.order }.map(\.axis).filter {
      seen.insert(AxisKey($0.value, $0.axis)).inserted
    }
  }

  // MARK: - Axes that are scored

  private mutating func addPinned(_ axis: SlotSpace.Axis) {
    guard let (pin, slots) = cause(axis) else { return }
    found.append(
      (
        (names.position(of: axis.value), axis.base),
        PinnedAxis(
          layer: names.layer(of: axis.value), value: axis.value, tensor: graph.fileName(of: axis.value),
          axis: axis.axis, slots: slots, length: Int(axis.length), pin: pin)
      ))
  }

  /// What holds most of an axis's slots that stay, and how many stay; nil where all may go.
  private mutating func cause(_ axis: SlotSpace.Axis) -> (pin: Pin, slots: Int)? {
    let index = tied.space.axisOfSlot[Int(axis.base)]
    var counts: [Int: Int] = [:]
    for slot in axis.base..<axis.base + axis.length {
      if let pin = tied.reason(of: slot) { counts[pin, default: 0] += 1 }
    }
    let pinned = counts.max { a, b in
      let (first, second) = (tied.pins[a.key].cause, tied.pins[b.key].cause)
      return (a.value, second.rawValue, b.key) < (b.value, first.rawValue, a.key)
    }
    let onRequest = ignored[index]
    let refusal = refusals[index]
    let slots = counts.values.reduce(0, +) + (onRequest?.count ?? 0) + (refusal?.count ?? 0)
    if let pinned, pinned.value >= max(onRequest?.count ?? 0, refusal?.count ?? 0) {
      return (tied.pins[pinned.key], slots)
    }
    if let onRequest, onRequest.count >= refusal?.count ?? 0 {
      return (own(axis, onRequest.reason), slots)
    }
    return refusal.map { (ends.pin($0, of: axis), slots) }
  }

  private func own(_ axis: SlotSpace.Axis, _ reason: String) -> Pin {
    Pin(node: nil, value: graph.fileName(of: axis.value), axis: axis.axis, reason: reason, cause: .storage)
  }

  /// Scored axes that are too long to have slots.
  private mutating func addUnfollowed() {
    for (value, axis) in tied.roles.unfollowed {
      guard let dims = stored[value]?.dims, dims.indices.contains(axis) else { continue }
      let name = graph.fileName(of: value)
      let pin = Pin(
        node: nil, value: name, axis: axis, reason: "is too long to be followed channel by channel",
        cause: .storage)
      found.append(
        (
          (names.position(of: value), Int32(axis)),
          PinnedAxis(
            layer: names.layer(of: value), value: value, tensor: name, axis: axis, slots: dims[axis],
            length: dims[axis], pin: pin)
        ))
    }
  }

  // MARK: - Weights that are not scored

  private mutating func add(_ operand: WeightOperands.Operand) {
    let node = graph.nodes[operand.position]
    let axes = (0..<(facts[operand.value].rank ?? 0)).compactMap { axis in
      tied.space.slots(of: operand.value, axis: axis).flatMap { slots in
        slots.first.map { tied.space.axes[Int(tied.space.axisOfSlot[Int($0)])] }
      }
    }
    // The axis that is scored, or else one that could be of channels that the node makes.
    let chosen =
      axes.first { tied.roles.isRanked($0) }
      ?? axes.first { $0.length > 1 && tied.roles.role($0) != .consumer } ?? axes.first
    let tensor = graph.fileName(of: operand.source)
    let dims = stored[operand.source]?.dims ?? []
    let axis = min(chosen?.axis ?? 0, max(0, dims.count - 1))
    let length = dims.indices.contains(axis) ? dims[axis] : 0
    var pin = chosen.flatMap { cause($0)?.pin }
    if stored[operand.source] == nil {
      pin = Pin(
        node: nil, value: tensor, axis: axis, reason: "is stored in a form that cannot be cut",
        cause: .storage,
        hint: Remedies.sparse)
    } else if pin?.cause ?? .whole == .whole {
      pin = Pin(
        node: node, value: tensor, axis: axis, reason: "makes channels that the compiler does not follow",
        cause: .whole, hint: Remedies.forUnfollowed(node, facts))
    }
    guard let pin else { return }
    found.append(
      (
        (operand.position, .max),
        PinnedAxis(
          layer: graph.title(of: node), value: operand.source, tensor: tensor, axis: axis, slots: length,
          length: length, pin: pin)
      ))
  }
}

/// A weight axis of which some or all channels cannot go.
package struct PinnedAxis: Sendable {
  /// The node that the weights belong to, or the tensor if the node has no name.
  package let layer: String
  package let value: ValueID
  package let tensor: String
  package let axis: Int
  /// How many of its slots have to stay.
  package let slots: Int
  package let length: Int
  /// Why they have to, or most of them.
  package let pin: Pin
}
