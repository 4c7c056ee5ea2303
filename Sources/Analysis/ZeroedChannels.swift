import GraphIR

/// Which channels have no effect as the network stands: every layer that reads one sees zeros, or reads it with
/// weights that are zero.
///
/// A zeroed filter is not a zeroed channel while a bias, or a normalisation's offset, remains anywhere between the
/// layer that makes it and one that reads it. So what fills each channel is followed from the weights through the
/// graph: a number where the channel is the same everywhere, unknown elsewhere.
package struct ZeroedChannels: Sendable {
  /// By group: the members that have no effect, ascending.
  package let members: [[Int]]

  package init(_ groups: ChannelGroups, _ model: Model, _ facts: GraphFacts) {
    var fills = ChannelFills(groups, model.graph)
    guard fills.hasSilentWeights else {
      members = groups.groups.map { _ in [] }
      return
    }
    var alive = Set<Int32>()
    var tied = groups.tied
    for entry in tied.nodes {
      fills.follow(entry, facts)
      for root in fills.readSlots(of: entry, tied) { alive.insert(tied.root(root)) }
    }
    let space = groups.tied.space
    members = groups.groups.map { group in
      guard let axis = group.axes.first, let slots = space.slots(of: axis.value, axis: axis.axis) else {
        return []
      }
      return (0..<group.size).filter { member in
        guard let position = axis.positions(ofMember: member).first else { return false }
        return !alive.contains(tied.root(slots.lowerBound + position))
      }
    }
  }
}

/// What fills each slot of a graph, where that is one number.
struct ChannelFills {
  private let space: SlotSpace
  /// By slot; NaN where the slot is not filled by one number, or nothing is known.
  private var fill: [Double]
  private let relevant: [Bool]
  /// Weights somewhere are zero that make, scale or read a channel: without any, no channel can be without effect.
  private(set) var hasSilentWeights = false

  init(_ groups: ChannelGroups, _ graph: Graph) {
    space = groups.tied.space
    fill = [Double](repeating: .nan, count: space.count)
    var relevant = [Bool](repeating: false, count: space.axes.count)
    let constants = graph.constants
    for group in groups.groups {
      for axis in group.axes {
        guard let slots = space.slots(of: axis.value, axis: axis.axis) else { continue }
        relevant[Int(space.axisOfSlot[Int(slots.lowerBound)])] = true
        guard let tensor = constants[axis.value] else { continue }
        let fills = UniformSlots.fills(of: tensor, axis: axis.axis)
        for (slot, value) in zip(slots, fills) { fill[Int(slot)] = value ?? .nan }
        let isBias = axis.role == .producer && !axis.isRanked
        if axis.role != nil, !isBias, fills.contains(0) { hasSilentWeights = true }
      }
    }
    self.relevant = relevant
  }

  /// Works out what fills the channels that the node makes.
  mutating func follow(_ entry: NodeTies, _ facts: GraphFacts) {
    guard let known = facts.operators[entry.node.id.index] else { return }
    let signature = entry.ties.signature
    let results = ties(of: entry)
    if results.isEmpty { return }
    let scalars = scalars(of: entry)
    for (result, operands) in results {
      fill[Int(result)] = number(made: known, operands, scalars, signature) ?? .nan
    }
  }

  /// Stands in for numbers that are not known: what depends on them is not known either.
  private static let anyNumber = 0.7390851332151607

  private func number(
    made known: any Operator, _ operands: [Int: Double], _ scalars: [Double?], _ signature: Signature
  ) -> Double? {
    if operands.isEmpty { return known.constantChannel([], signature) }
    var values = scalars
    for (operand, fill) in operands where !fill.isNaN { values[operand] = fill }
    guard let number = known.constantChannel(values, signature) else { return nil }
    let unknown = operands.filter(\.value.isNaN).keys
    if unknown.isEmpty { return number }
    for operand in unknown { values[operand] = Self.anyNumber }
    return known.constantChannel(values, signature) == number ? number : nil
  }

  /// Constants of one element that the node ties to nothing: they act on every channel alike.
  private func scalars(of entry: NodeTies) -> [Double?] {
    var tied = Set<ValueID>()
    for (a, b) in entry.ties.pairs {
      tied.insert(space.axes[Int(space.axisOfSlot[Int(a)])].value)
      tied.insert(space.axes[Int(space.axisOfSlot[Int(b)])].value)
    }
    return zip(entry.node.inputs, entry.ties.signature.inputs).map { id, fact in
      guard let id, !tied.contains(id), let constant = fact?.constant, constant.count == 1 else { return nil }
      return constant.doubles?.first
    }
  }

  /// Slots that the node reads and mixes, with weights and values that are not all zero.
  func readSlots(of entry: NodeTies, _ tied: TiedGraph) -> [Int32] {
    var result: [Int32] = []
    for (axis, role, _) in entry.ties.roles where role == .consumer && axis.isInput {
      guard let id = entry.node.inputs[axis.operand], let slots = space.slots(of: id, axis: axis.axis),
        relevant[Int(space.axisOfSlot[Int(slots.lowerBound)])]
      else { continue }
      for (a, b) in entry.ties.pairs {
        let (weight, value) = slots.contains(a) ? (a, b) : (b, a)
        guard slots.contains(weight), !slots.contains(value) else { continue }
        if fill[Int(weight)] != 0 && fill[Int(value)] != 0 { result.append(weight) }
      }
    }
    return result
  }

  /// For each slot of the node's results that belongs to a group, what fills the operands' slots tied to it. Where
  /// several slots of one operand are tied to it, they have to agree. NaN where that is not known.
  private func ties(of entry: NodeTies) -> [Int32: [Int: Double]] {
    var operandOfValue: [ValueID: [Int]] = [:]
    for (index, input) in entry.node.inputs.enumerated() {
      if let input { operandOfValue[input, default: []].append(index) }
    }
    let results = Set(entry.node.outputs.compactMap { $0 })
    var ties: [Int32: [Int: Double]] = [:]
    for output in results {
      for base in space.bases(of: output).compactMap({ $0 }) {
        let axis = Int(space.axisOfSlot[Int(base)])
        guard relevant[axis] else { continue }
        for slot in base..<base + space.axes[axis].length { ties[slot] = [:] }
      }
    }
    guard !ties.isEmpty else { return ties }
    for (a, b) in entry.ties.pairs {
      for (operand, result) in [(a, b), (b, a)] where ties[result] != nil {
        let value = space.axes[Int(space.axisOfSlot[Int(operand)])].value
        for index in operandOfValue[value] ?? [] {
          let present = ties[result]?[index]
          ties[result]?[index] = present == nil || present == fill[Int(operand)] ? fill[Int(operand)] : .nan
        }
      }
    }
    return ties
  }
}

/// The slots of a constant's axis that hold one number only.
enum UniformSlots {
  /// By position: the number, or nil. Stops at the first element of a slot that differs.
  static func fills(of tensor: Tensor, axis: Int) -> [Double?] {
    let count = tensor.dims[axis]
    let outer = tensor.dims[..<axis].reduce(1, *)
    let inner = tensor.dims[(axis + 1)...].reduce(1, *)
    guard outer * inner > 0, let bytes = tensor.bytes, let element = reader(tensor) else {
      return [Double?](repeating: nil, count: count)
    }
    return bytes.withUnsafeBytes { source in
      (0..<count).map { slot in
        let first = element(source, slot * inner)
        for block in 0..<outer {
          for index in 0..<inner where element(source, (block * count + slot) * inner + index) != first {
            return nil
          }
        }
        return first
      }
    }
  }

  private static func reader(_ tensor: Tensor) -> ((UnsafeRawBufferPointer, Int) -> Double)? {
    switch (tensor.elementType, tensor.elementStride) {
    case (.float, 4): { Double($0.loadUnaligned(fromByteOffset: $1 * 4, as: Float.self)) }
    case (.double, 8): { $0.loadUnaligned(fromByteOffset: $1 * 8, as: Double.self) }
    case (.float16, 2), (.bfloat16, 2):
      // Only zero is told from the rest, which is what the question is about; both types have two of them.
      { $0.loadUnaligned(fromByteOffset: $1 * 2, as: UInt16.self) & 0x7fff == 0 ? 0 : .nan }
    default: nil
    }
  }
}
