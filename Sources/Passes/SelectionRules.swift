import Analysis
import GraphIR

/// How many channels go, and by which order: the numbers of a request.
package struct SelectionRules: Sendable {
  /// Fraction of a group's members, 0 ≤ rate < 1.
  package var rate: Double
  /// A rate of its own for a group, by the names of the layers and tensors that make its channels.
  package var ownRate: @Sendable (_ names: [String]) -> Double?
  /// Ranks the members of all groups together.
  package var isGlobal: Bool
  /// The number that a group keeps is rounded up to a multiple of this.
  package var roundTo: Int
  /// The least number that a group keeps.
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

  /// How many may go where `wanted` are to: at least ``minChannels`` stay, in a multiple of ``roundTo``.
  package func allowed(_ wanted: Int, of size: Int) -> Int {
    let rounded = (size - wanted + roundTo - 1) / roundTo * roundTo
    return size - min(size, max(rounded, minChannels))
  }

  /// By group: its own rate, where it has one.
  func ownRates(_ groups: ChannelGroups, _ graph: Graph) -> [Double?] {
    groups.groups.map { group in
      ownRate(
        [group.id]
          + group.rankedAxes.flatMap { [groups.layers[$0.value] ?? "", graph[$0.value].name] })
    }
  }
}
