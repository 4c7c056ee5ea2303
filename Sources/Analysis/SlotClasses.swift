import GraphIR

/// The classes of tied slots that nothing pins, sorted into groups.
struct SlotClasses {
  private var tied: TiedGraph
  private let graph: Graph
  /// The constants of the file.
  private let stored: [ValueID: Tensor]
  private let names: LayerNames

  init(_ tied: TiedGraph, _ graph: Graph, _ stored: [ValueID: Tensor], _ names: LayerNames) {
    self.tied = tied
    self.graph = graph
    self.stored = stored
    self.names = names
  }

  /// What the classes are: groups, in the order in which layers stand in the graph, and channels that nothing pins and
  /// that are none all the same.
  mutating func collect() -> (groups: [ChannelGroup], refusals: [Int32: Refusal]) {
    let classes = freeClasses()
    var membersBySignature: [[Int32]: [Int]] = [:]
    for (index, slots) in classes.enumerated() {
      membersBySignature[signature(slots), default: []].append(index)
    }
    var refusals: [Int32: Refusal] = [:]
    var found: [(order: (Int, Int32), axes: [GroupAxis])] = []
    for (signature, members) in membersBySignature.sorted(by: { $0.value[0] < $1.value[0] }) {
      if let reason = refusal(signature, members.count) {
        for index in members {
          for slot in classes[index] {
            let axis = tied.space.axisOfSlot[Int(slot)]
            refusals[axis, default: Refusal(reason: reason, slots: classes[index], count: 0)].count += 1
          }
        }
        continue
      }
      let scored = signature.map { tied.space.axes[Int($0)] }.filter {
        tied.roles.isRanked($0) && isStored($0)
      }
      guard let leader = scored.min(by: { order($0) < order($1) }) else { continue }
      let sorted = members.sorted { first(classes[$0], leader) < first(classes[$1], leader) }
      found.append(
        (
          (names.position(of: leader.value), first(classes[sorted[0]], leader)),
          groupAxes(signature, sorted.map { classes[$0] })
        ))
    }
    found.sort { $0.order < $1.order }
    return (named(found.map(\.axes)), refusals)
  }

  /// Channels of one axis that nothing pins, and that cannot go all the same.
  struct Refusal {
    let reason: Reason
    /// The slots of the first such class, ascending.
    let slots: [Int32]
    /// How many slots of the axis are refused, this class's and others.
    var count: Int

    enum Reason {
      case madeByNoWeights
      case readByNoWeights
      /// A constant that the class covers has elements smaller than a byte.
      case cannotBeCut(ValueID)
      /// No other class covers the same axes.
      case alone
    }
  }

  /// Slots of each class that nothing pins, ascending.
  private mutating func freeClasses() -> [[Int32]] {
    var classes: [[Int32]] = []
    var indexOfRoot = [Int32](repeating: -1, count: tied.space.count)
    for slot in 0..<Int32(tied.space.count) where tied.pin(of: slot) == nil {
      let root = Int(tied.root(slot))
      if indexOfRoot[root] < 0 {
        indexOfRoot[root] = Int32(classes.count)
        classes.append([])
      }
      classes[Int(indexOfRoot[root])].append(slot)
    }
    return classes
  }

  /// The axes that a class covers.
  private func signature(_ slots: [Int32]) -> [Int32] {
    var axes: [Int32] = []
    for slot in slots {
      let axis = tied.space.axisOfSlot[Int(slot)]
      if axes.last != axis { axes.append(axis) }
    }
    return axes
  }

  /// Why classes that nothing pins are no channels all the same; nil if they are.
  private func refusal(_ signature: [Int32], _ size: Int) -> Refusal.Reason? {
    let axes = signature.map { tied.space.axes[Int($0)] }
    if !axes.contains(where: { tied.roles.isRanked($0) && isStored($0) }) { return .madeByNoWeights }
    if !axes.contains(where: { tied.roles.role($0) == .consumer }) { return .readByNoWeights }
    if let opaque = axes.first(where: { stored[$0.value].map { $0.elementStride == nil } ?? false }) {
      return .cannotBeCut(opaque.value)
    }
    return size < 2 ? .alone : nil
  }

  private func isStored(_ axis: SlotSpace.Axis) -> Bool { stored.keys.contains(axis.value) }

  private func order(_ axis: SlotSpace.Axis) -> (Int, Int32) { (names.position(of: axis.value), axis.base) }

  private func first(_ slots: [Int32], _ axis: SlotSpace.Axis) -> Int32 {
    slots.first { $0 >= axis.base } ?? .max
  }

  private func groupAxes(_ signature: [Int32], _ members: [[Int32]]) -> [GroupAxis] {
    var slots = [Int32: [[Int32]]](
      uniqueKeysWithValues: signature.map { ($0, [[Int32]](repeating: [], count: members.count)) })
    for (index, member) in members.enumerated() {
      for slot in member { slots[tied.space.axisOfSlot[Int(slot)]]?[index].append(tied.space.position(slot)) }
    }
    return signature.map { key in
      let axis = tied.space.axes[Int(key)]
      return GroupAxis(
        value: axis.value, axis: axis.axis, role: tied.roles.role(axis), isRanked: tied.roles.isRanked(axis),
        isStored: isStored(axis), slotsByMember: slots[key] ?? [])
    }
  }

  /// Names each group after the layer that makes it first, numbering those that would be named alike.
  private func named(_ found: [[GroupAxis]]) -> [ChannelGroup] {
    var taken: [String: Int] = [:]
    return found.map { axes in
      let leader = axes.filter { $0.isRanked && $0.isStored }.min {
        (names.position(of: $0.value), $0.value) < (names.position(of: $1.value), $1.value)
      }
      let name = leader.map { names.layer(of: $0.value) } ?? ""
      taken[name, default: 0] += 1
      let count = taken[name] ?? 1
      return ChannelGroup(id: count == 1 ? name : "\(name)#\(count)", axes: axes)
    }
  }
}
