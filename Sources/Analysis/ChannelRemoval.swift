import GraphIR

/// Which members of which groups go, and what that means for every axis of every value.
package struct ChannelRemoval: Sendable, Equatable {
  /// By group: members that go, ascending.
  package var members: [[Int]]

  package init(members: [[Int]]) { self.members = members }

  /// Nothing goes.
  package init(noneOf groups: [ChannelGroup]) { members = groups.map { _ in [] } }

  package var isEmpty: Bool { members.allSatisfy(\.isEmpty) }

  /// What each axis loses.
  package func losses(_ groups: [ChannelGroup]) -> [AxisKey: AxisLoss] {
    var lost: [AxisKey: AxisLoss] = [:]
    for (group, members) in zip(groups, members) where !members.isEmpty {
      for axis in group.axes {
        for member in members {
          for position in axis.positions(ofMember: member) {
            lost[axis.key, default: AxisLoss()].add(position)
          }
        }
      }
    }
    return lost
  }

  /// The positions that stay, ascending, of every axis that loses any.
  package func survivors(_ groups: [ChannelGroup], _ facts: GraphFacts) -> [AxisKey: [Int]] {
    var lost: [AxisKey: [Bool]] = [:]
    for (group, members) in zip(groups, members) where !members.isEmpty {
      for axis in group.axes {
        guard let length = facts[axis.value].dimension(axis.axis)?.period else { continue }
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

/// How many slots an axis loses, and, by a digest, which.
package struct AxisLoss: Hashable, Sendable {
  package private(set) var count = 0
  private var digest: UInt64 = 0

  package init() {}

  /// The order in which slots are added does not matter.
  package mutating func add(_ position: Int32) {
    count += 1
    // The mixing function of SplitMix64.
    var bits = UInt64(truncatingIfNeeded: position) &* 0x9e37_79b9_7f4a_7c15 &+ 1
    bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
    bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
    digest &+= bits ^ (bits >> 31)
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
