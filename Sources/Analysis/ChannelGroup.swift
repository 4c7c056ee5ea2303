import GraphIR

/// Channels that can go one by one, each with everything that has to go with it.
///
/// Member i of the group is a class of tied slots; all members cover the same axes.
package struct ChannelGroup: Sendable {
  /// The layer, or else the tensor, that makes the channels first; unique in the graph.
  package let id: String
  /// Every axis that the members cover, in the order of values.
  package let axes: [GroupAxis]

  init(id: String, axes: [GroupAxis]) {
    self.id = id
    self.axes = axes
  }

  package var size: Int { axes.first?.memberCount ?? 0 }

  /// The axes that are scored: weights that make the channels.
  package var rankedAxes: [GroupAxis] { axes.filter { $0.isRanked && $0.isStored } }
}

/// One axis that a group covers, and where on it each member lies.
package struct GroupAxis: Sendable {
  package let value: ValueID
  package let axis: Int
  /// Nil on values that are computed, and on constants that only carry positions (indices).
  package let role: ChannelTies.Role?
  /// The weights are scored.
  package let isRanked: Bool
  /// A constant of the file: an initializer or a `Constant` node's output.
  package let isStored: Bool
  private let slots: [Int32]
  private let starts: [Int32]

  init(
    value: ValueID, axis: Int, role: ChannelTies.Role?, isRanked: Bool, isStored: Bool,
    slotsByMember: [[Int32]]
  ) {
    self.value = value
    self.axis = axis
    self.role = role
    self.isRanked = isRanked
    self.isStored = isStored
    slots = slotsByMember.flatMap { $0 }
    var start: Int32 = 0
    starts =
      slotsByMember.map { member in
        defer { start += Int32(member.count) }
        return start
      } + [start]
  }

  var memberCount: Int { starts.count - 1 }

  /// Positions along the axis that belong to member `index`, ascending.
  package func positions(ofMember index: Int) -> ArraySlice<Int32> {
    slots[Int(starts[index])..<Int(starts[index + 1])]
  }
}
