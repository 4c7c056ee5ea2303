import Analysis
import GraphIR

/// How many channels go, and by which order: the numbers of a request.
package struct SelectionRules: Sendable {
  /// Fraction of a group's members, 0 ≤ rate < 1.
  package var rate: Double
  /// A rate of its own for a group, by the names of the layers that make its channels or act on them alone.
  package var ownRate: @Sendable (_ names: [String]) -> Double?
  /// Ranks the members of all groups together.
  package var isGlobal: Bool
  /// The number of channels that a group keeps on its weights' axis is rounded up to a multiple of this: a head of 64 is
  /// 64 of them.
  package var roundTo: Int
  /// The least number of members that a group keeps.
  package var minChannels: Int
  /// The smallest rate that meets it is taken instead of ``rate``.
  package var target: Target?

  /// What a figure of the network is to come down to.
  package struct Target: Sendable {
    package enum Figure: String, Sendable {
      case multiplyAccumulates = "MACs"
      case parameters
    }

    package enum Amount: Sendable {
      case fraction(Double)
      case count(Int)
    }

    package var figure: Figure
    package var amount: Amount

    package init(_ figure: Figure, _ amount: Amount) {
      self.figure = figure
      self.amount = amount
    }
  }

  package init(
    rate: Double, ownRate: @escaping @Sendable ([String]) -> Double? = { _ in nil }, isGlobal: Bool = false,
    roundTo: Int = 1, minChannels: Int = 1, target: Target? = nil
  ) {
    self.rate = rate
    self.ownRate = ownRate
    self.isGlobal = isGlobal
    self.roundTo = roundTo
    self.minChannels = minChannels
    self.target = target
  }

  /// How many of `size` members a rate removes: floor(rate · size), [FD-SKD] Eq. 7. The product is allowed the
  /// rounding error of its factors: 0.29 of 100 is 29.
  package static func count(_ rate: Double, of size: Int) -> Int {
    Int((rate * Double(size) + 1e-9).rounded(.down))
  }

  /// What keeps a group from losing as many members as its rate asks for.
  package enum Limit: Sendable, Equatable {
    case minChannels
    case roundTo
  }

  /// How many of `size` members may go where `wanted` are to: at least ``minChannels`` stay.
  ///
  /// - Parameter isRound: whether what stays is a multiple of ``roundTo`` when so many have gone; where it never is, none go.
  package func allowed(
    _ wanted: Int, of size: Int, isRound: (_ removed: Int) -> Bool
  ) -> (count: Int, limit: Limit?) {
    let most = max(0, min(wanted, size - minChannels))
    let count = stride(from: most, to: 0, by: -1).first(where: isRound) ?? 0
    return (count, count < most ? .roundTo : count < wanted ? .minChannels : nil)
  }

  /// How many of `size` members may go where each is one channel.
  package func allowed(_ wanted: Int, of size: Int) -> Int {
    allowed(wanted, of: size) { (size - $0).isMultiple(of: roundTo) }.count
  }

  /// By group: its own rate, where it has one.
  func ownRates(_ groups: ChannelGroups) -> [Double?] { groups.groupNames.map(ownRate) }
}
