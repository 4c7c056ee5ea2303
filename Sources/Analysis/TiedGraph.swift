import GraphIR

/// What every node of a graph ties under given choices, and the classes of slots that follow.
struct TiedGraph {
  let space: SlotSpace
  let nodes: [NodeTies]
  private var sets: DisjointSets
  private(set) var pins: [Pin] = []
  /// Index into ``pins`` of the pin of a class that tells most, by its root; -1 where it is free.
  private var pinOfRoot: [Int32]
  /// Index into ``pins`` of the first pin that says how an axis's own constant is stored, by index of the axis.
  private var storagePins: [Int32: Int32] = [:]
  private(set) var roles: AxisRoles

  init(
    _ nodes: [NodeTies], _ interface: InterfacePins, _ facts: GraphFacts, _ graph: Graph, _ space: SlotSpace
  ) {
    self.space = space
    self.nodes = nodes
    sets = DisjointSets(count: space.count)
    roles = AxisRoles(space)
    pinOfRoot = [Int32](repeating: -1, count: space.count)
    for entry in nodes { for (a, b) in entry.ties.pairs { sets.unite(a, b) } }
    for (slots, pin) in interface.pins { record(pin, slots) }
    for entry in nodes { for (slots, pin) in entry.pins { record(pin, slots) } }
    for (slots, pin) in roles.assign(nodes, facts, graph) { record(pin, slots) }
  }

  /// Pins more axes, for the way in which their constants are stored.
  mutating func pin(_ axes: [(axis: SlotSpace.Axis, reason: String, hint: String?)], _ graph: Graph) {
    for (axis, reason, hint) in axes {
      let pin = Pin(
        node: nil, value: graph.fileName(of: axis.value), axis: axis.axis, reason: reason, cause: .storage,
        hint: hint)
      record(pin, axis.base..<axis.base + axis.length)
    }
  }

  private mutating func record(_ pin: Pin, _ slots: Range<Int32>) {
    let index = Int32(pins.count)
    pins.append(pin)
    for slot in slots {
      let root = Int(sets.root(slot))
      let present = pinOfRoot[root]
      if present < 0 || pin.cause < pins[Int(present)].cause { pinOfRoot[root] = index }
    }
    if pin.cause == .storage, let first = slots.first {
      let axis = space.axisOfSlot[Int(first)]
      storagePins[axis] = storagePins[axis] ?? index
    }
  }

  /// The smallest slot of the class that a slot belongs to.
  mutating func root(_ slot: Int32) -> Int32 { sets.root(slot) }

  /// The reason why the class of a slot may not go; nil if it may.
  mutating func pin(of slot: Int32) -> Pin? {
    let index = pinOfRoot[Int(sets.root(slot))]
    return index < 0 ? nil : pins[Int(index)]
  }

  /// Index into ``pins`` of the reason to give for a slot: the network's border, or else how the constant that it
  /// belongs to is stored, or else the pin of its class; nil where it may go.
  mutating func reason(of slot: Int32) -> Int? {
    let index = pinOfRoot[Int(sets.root(slot))]
    guard index >= 0 else { return nil }
    guard pins[Int(index)].cause > .border, let own = storagePins[space.axisOfSlot[Int(slot)]] else {
      return Int(index)
    }
    return Int(own)
  }

  /// How much of the scored weights can go: what the choice of ways to tie maximises. Of slots that make n units,
  /// (n − 1) / n count: so much goes, on average over all rates, twice: two units of 64 slots stay at every rate below a
  /// half.
  var freedom: Double {
    mutating get {
      var freedom = 0.0
      for axis in space.axes where roles.isRanked(axis) {
        let free = (axis.base..<axis.base + axis.length).filter { pin(of: $0) == nil }
        guard !free.isEmpty else { continue }
        let units = Set(free.map { root($0) }).count
        freedom += Double(free.count) * Double(units - 1) / Double(units)
      }
      return freedom
    }
  }
}
