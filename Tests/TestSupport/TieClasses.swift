import GraphIR

/// Which slots of one node's operands and results live and die together, by what its operator ties.
package struct TieClasses {
  /// One index along one axis.
  package struct Slot: Hashable {
    package let axis: OperandAxis
    package let index: Int
  }

  package let signature: Signature
  private let ties: ChannelTies
  private let slots: [Slot]
  private var parents: [Int]

  /// - Parameter alternatives: which way to take, by question (``ChannelTies/choose(_:among:)``).
  package init(_ known: any Operator, _ signature: Signature, alternatives: [Int: Int] = [:]) {
    self.signature = signature
    var slots: [Slot] = []
    func bases(_ facts: [ValueFact?], _ axis: (Int, Int) -> OperandAxis) -> [[Int32?]] {
      facts.enumerated().map { operand, fact in
        (fact?.shape ?? []).enumerated().map { number, length in
          guard let length = length.known, (1...1 << 18).contains(length) else { return nil }
          let base = Int32(slots.count)
          slots += (0..<length).map { Slot(axis: axis(operand, number), index: $0) }
          return base
        }
      }
    }
    let inputBases = bases(signature.inputs) { .input($0, axis: $1) }
    let outputBases = bases(signature.outputs) { .output($0, axis: $1) }
    var ties = ChannelTies(
      signature: signature, inputBases: inputBases, outputBases: outputBases, alternatives: alternatives)
    known.tieChannels(&ties)
    self.ties = ties
    self.slots = slots
    parents = Array(slots.indices)
    for (a, b) in ties.pairs { parents[root(Int(b))] = root(Int(a)) }
  }

  private func root(_ slot: Int) -> Int {
    var slot = slot
    while parents[slot] != slot { slot = parents[slot] }
    return slot
  }

  /// How many ways each question has.
  package var choices: [Int] { ties.choices.map(\.count) }

  package var roles: [OperandAxis: ChannelTies.Role] {
    Dictionary(ties.roles.map { ($0.axis, $0.role) }, uniquingKeysWith: min)
  }

  /// Why no slot of an axis may go; nil if some may.
  package func reason(_ axis: OperandAxis) -> String? {
    if let pin = ties.pins.first(where: { $0.axis == axis }) { return pin.reason }
    return ties.mentioned.contains(axis) ? nil : "is not mentioned"
  }

  /// The indices of `axis`, those of one class together.
  package func classes(_ axis: OperandAxis) -> [[Int]] {
    let own = slots.indices.filter { slots[$0].axis == axis }
    let byRoot = Dictionary(grouping: own) { root($0) }
    return byRoot.values.map { $0.map { slots[$0].index } }.sorted { $0[0] < $1[0] }
  }

  /// For every index of `axis`, the indices of `other` in its class.
  package func partners(_ axis: OperandAxis, on other: OperandAxis) -> [[Int]] {
    let others = slots.indices.filter { slots[$0].axis == other }
    return slots.indices.filter { slots[$0].axis == axis }.map { slot in
      others.filter { root($0) == root(slot) }.map { slots[$0].index }
    }
  }

  /// The classes that nothing pins.
  package var free: [[Slot]] {
    let byRoot = Dictionary(grouping: slots.indices) { root($0) }
    return byRoot.values.map { $0.map { slots[$0] } }
      .filter { members in members.allSatisfy { reason($0.axis) == nil } }
      .sorted { "\($0[0])" < "\($1[0])" }
  }
}
