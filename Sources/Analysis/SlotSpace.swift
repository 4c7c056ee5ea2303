import GraphIR

/// The numbering of a graph's slots: one number for every index along every axis of every value whose length, or a
/// factor of it, is known.
package struct SlotSpace: Sendable {
  /// An axis of a value, with the number of its first slot.
  package struct Axis: Sendable {
    package let value: ValueID
    package let axis: Int
    package let base: Int32
    package let length: Int32
  }

  /// Longer axes get no slots: no layer has so many channels.
  private static let longestAxis = 1 << 18
  /// Slots beyond one for each number that the model stores. A hostile shape must not cost memory: where there would
  /// be more slots, the longest axes get none.
  private static let allowance = 1 << 20
  private static let limit = 1 << 28

  package private(set) var axes: [Axis] = []
  /// By ``ValueID``, then by axis; nil where the axis has no slots.
  private var bases: [[Int32?]]
  /// Which entry of ``axes`` a slot belongs to.
  package private(set) var axisOfSlot: [Int32] = []

  package init(_ facts: GraphFacts) {
    let longest = Self.longestAxis(in: facts)
    bases = []
    bases.reserveCapacity(facts.values.count)
    for (index, fact) in facts.values.enumerated() {
      bases.append(
        (fact.shape ?? []).enumerated().map { axis, dimension in
          guard let length = dimension.period, (1...longest).contains(length) else { return nil }
          let base = Int32(axisOfSlot.count)
          axisOfSlot += repeatElement(Int32(axes.count), count: length)
          axes.append(Axis(value: ValueID(index), axis: axis, base: base, length: Int32(length)))
          return base
        })
    }
  }

  /// The greatest length up to which all axes together have no more slots than are allowed.
  private static func longestAxis(in facts: GraphFacts) -> Int {
    var axesOfLength: [Int: Int] = [:]
    var storedCount = 0
    for fact in facts.values {
      storedCount += min(fact.constant?.count ?? 0, limit)
      for case let length? in (fact.shape ?? []).lazy.map(\.period) where (1...longestAxis).contains(length) {
        axesOfLength[length, default: 0] += 1
      }
    }
    var left = min(allowance + storedCount, limit)
    var longest = 1
    for (length, count) in axesOfLength.sorted(by: { $0.key < $1.key }) {
      left -= length * count
      if left < 0 { break }
      longest = length
    }
    return longest
  }

  package var count: Int { axisOfSlot.count }

  /// The first slot of each axis; none of a value that the numbering does not know.
  func bases(of value: ValueID?) -> [Int32?] {
    guard let value, bases.indices.contains(value.index) else { return [] }
    return bases[value.index]
  }

  /// The slots of an axis; nil where it has none.
  func slots(of value: ValueID, axis: Int) -> Range<Int32>? {
    let bases = bases(of: value)
    guard bases.indices.contains(axis), let base = bases[axis] else { return nil }
    return base..<base + axes[Int(axisOfSlot[Int(base)])].length
  }

  /// Index of a slot along its axis.
  func position(_ slot: Int32) -> Int32 { slot - axes[Int(axisOfSlot[Int(slot)])].base }
}
