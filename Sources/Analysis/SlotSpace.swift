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

  /// Longer axes get no slots: no layer has so many channels, and a hostile shape must not cost memory.
  package static let longestAxis = 1 << 18
  private static let limit = 1 << 28

  package private(set) var axes: [Axis] = []
  /// By ``ValueID``, then by axis; nil where the axis has no slots.
  private(set) var bases: [[Int32?]]
  /// Which entry of ``axes`` a slot belongs to.
  package private(set) var axisOfSlot: [Int32] = []

  package init(_ facts: GraphFacts) {
    bases = []
    bases.reserveCapacity(facts.values.count)
    for (index, fact) in facts.values.enumerated() {
      bases.append(
        (fact.shape ?? []).enumerated().map { axis, dimension in
          guard let length = dimension.period, (1...Self.longestAxis).contains(length),
            axisOfSlot.count + length <= Self.limit
          else { return nil }
          let base = Int32(axisOfSlot.count)
          axisOfSlot += repeatElement(Int32(axes.count), count: length)
          axes.append(Axis(value: ValueID(index), axis: axis, base: base, length: Int32(length)))
          return base
        })
    }
  }

  package var count: Int { axisOfSlot.count }

  func bases(of value: ValueID?) -> [Int32?] { value.map { bases[$0.index] } ?? [] }

  /// The slots of an axis; nil where it has none.
  func slots(of value: ValueID, axis: Int) -> Range<Int32>? {
    let bases = bases[value.index]
    guard bases.indices.contains(axis), let base = bases[axis] else { return nil }
    return base..<base + axes[Int(axisOfSlot[Int(base)])].length
  }

  /// Index of a slot along its axis.
  func position(_ slot: Int32) -> Int32 { slot - axes[Int(axisOfSlot[Int(slot)])].base }
}
