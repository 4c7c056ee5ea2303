import GraphIR

/// Which members of which groups go, and what that means for every axis of every value.
package struct ChannelRemoval: Sendable, Equatable {
  /// By group: members that go, ascending.
  package var members: [[Int]]

  package init(members: [[Int]]) { self.members = members }

  /// Nothing goes.
  package init(noneOf groups: [ChannelGroup]) { members = groups.map { _ in [] } }

  package var isEmpty: Bool { members.allSatisfy(\.isEmpty) }

  /// How many slots each axis loses.
  package func lostCounts(_ groups: [ChannelGroup]) -> [AxisKey: Int] {
    var lost: [AxisKey: Int] = [:]
    for (group, members) in zip(groups, members) where !members.isEmpty {
      for axis in group.axes {
        lost[axis.key, default: 0] += members.reduce(0) { $0 + axis.positions(ofMember: $1).count }
      }
    }
    return lost
  }

  /// The positions that stay, ascending, of every axis that loses any.
  package func survivors(_ groups: [ChannelGroup], _ facts: GraphFacts) -> [AxisKey: [Int]] {
    var lost: [AxisKey: [Bool]] = [:]
    for (group, members) in zip(groups, members) where !members.isEmpty {
      for axis in group.axes {
        guard let length = facts[axis.value].dimension(axis.axis)?.known else { continue }
        var flags = lost.removeValue(forKey: axis.key) ?? [Bool](repeating: false, count: length)
        for member in members {
          for position in axis.positions(ofMember: member) { flags[Int(position)] = true }
        }
        lost[axis.key] = flags
      }
    }
    return lost.mapValues { flags in flags.indices.filter { !flags[$0] } }
  }
}

/// An axis of a value.
package struct AxisKey: Hashable, Sendable, Comparable {
  package let value: ValueID
  package let axis: Int

  package init(_ value: ValueID, _ axis: Int) {
    self.value = value
    self.axis = axis
  }

  package static func < (a: AxisKey, b: AxisKey) -> Bool { (a.value, a.axis) < (b.value, b.axis) }
}

extension GroupAxis {
  package var key: AxisKey { AxisKey(value, axis) }
}
