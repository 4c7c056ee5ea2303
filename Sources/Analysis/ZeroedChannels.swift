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
    guard let known = facts.known(entry.node.id) else { return }
    let axes = fedAxes(of: entry)
    if axes.isEmpty { return }
    let scalars = scalars(of: entry)
    for axis in axes {
      // Neighbours are mostly fed alike.
      var last: (fed: ArraySlice<UInt64>, number: Double)?
      for slot in 0..<axis.count {
        let fed = axis.fed(slot)
        if last?.fed.elementsEqual(fed) != true {
          last = (fed, number(made: known, fed, scalars, entry.ties.signature) ?? .nan)
        }
        if let last { fill[Int(axis.base) + slot] = last.number }
      }
    }
  }

  /// Stands in for numbers that are not known: what depends on them is not known either.
  private static let anyNumber = 0.7390851332151607

  /// - Parameter fed: by operand, the bits of what fills the slots tied to the channel.
  private func number(
    made known: any Operator, _ fed: ArraySlice<UInt64>, _ scalars: [Double?], _ signature: Signature
  ) -> Double? {
    let operands = fed.enumerated().filter { $0.element != FedAxis.nothing }.map {
      (index: $0.offset, fill: Double(bitPattern: $0.element))
    }
    if operands.isEmpty { return known.constantChannel([], signature) }
    var values = scalars
    for (operand, fill) in operands where !fill.isNaN { values[operand] = fill }
    guard let number = known.constantChannel(values, signature) else { return nil }
    let unknown = operands.filter(\.fill.isNaN)
    if unknown.isEmpty { return number }
    for (operand, _) in unknown { values[operand] = Self.anyNumber }
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
    // What an integer stands for depends on a zero point: 0 need not be silence.
    let integers = Set(
      zip(entry.node.inputs, entry.ties.signature.inputs).compactMap { id, fact in
        fact?.elementType?.isFloatingPoint ?? true ? nil : id
      })
    for (axis, role, _) in entry.ties.roles where role == .consumer && axis.isInput {
      guard let id = entry.node.inputs[axis.operand], let slots = space.slots(of: id, axis: axis.axis),
        relevant[Int(space.axisOfSlot[Int(slots.lowerBound)])]
      else { continue }
      for (a, b) in entry.ties.pairs {
        let (weight, value) = slots.contains(a) ? (a, b) : (b, a)
        guard slots.contains(weight), !slots.contains(value) else { continue }
        let isInteger = integers.contains(space.axes[Int(space.axisOfSlot[Int(value)])].value)
        if fill[Int(weight)] != 0, isInteger || fill[Int(value)] != 0 { result.append(weight) }
      }
    }
    return result
  }

  /// The axes of the node's results that belong to groups, each with what fills the operands' slots tied to it. Where
  /// several slots of one operand are tied to a slot, they have to agree. NaN where that is not known.
  private func fedAxes(of entry: NodeTies) -> [FedAxis] {
    var operandsOfValue: [ValueID: [Int]] = [:]
    for (index, input) in entry.node.inputs.enumerated() {
      if let input { operandsOfValue[input, default: []].append(index) }
    }
    var axes: [FedAxis] = []
    var indexOfAxis: [Int32: Int] = [:]
    for output in Set(entry.node.outputs.compactMap({ $0 })).sorted() {
      for base in space.bases(of: output).compactMap({ $0 }) {
        let axis = space.axisOfSlot[Int(base)]
        guard relevant[Int(axis)] else { continue }
        indexOfAxis[axis] = axes.count
        axes.append(
          FedAxis(base: base, count: Int(space.axes[Int(axis)].length), operands: entry.node.inputs.count))
      }
    }
    guard !axes.isEmpty else { return [] }
    // Pairs come in runs between the same two axes.
    var run: (operand: Int32, result: Int32, operands: [Int], index: Int?)?
    for (a, b) in entry.ties.pairs {
      for (operand, result) in [(a, b), (b, a)] {
        let (from, to) = (space.axisOfSlot[Int(operand)], space.axisOfSlot[Int(result)])
        if run?.operand != from || run?.result != to {
          run = (from, to, operandsOfValue[space.axes[Int(from)].value] ?? [], indexOfAxis[to])
        }
        guard let run, let index = run.index else { continue }
        for number in run.operands { axes[index].feed(number, result, fill[Int(operand)]) }
      }
    }
    return axes
  }
}

/// An axis of a node's result with what fills the slots of the operands that are tied to each of its slots.
private struct FedAxis {
  let base: Int32
  let count: Int
  private let operands: Int
  /// Bit patterns of numbers, by slot and operand.
  private var bits: [UInt64]

  /// No slot of the operand is tied to the slot: no number has this pattern.
  static let nothing = UInt64.max

  init(base: Int32, count: Int, operands: Int) {
    self.base = base
    self.count = count
    self.operands = operands
    bits = [UInt64](repeating: Self.nothing, count: count * operands)
  }

  func fed(_ slot: Int) -> ArraySlice<UInt64> { bits[slot * operands..<(slot + 1) * operands] }

  mutating func feed(_ operand: Int, _ slot: Int32, _ fill: Double) {
    let position = Int(slot - base) * operands + operand
    let isFirst = bits[position] == Self.nothing
    let agrees = isFirst || Double(bitPattern: bits[position]) == fill
    bits[position] = (agrees ? fill : .nan).bitPattern
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
