/// What an operator may change at its node after channels have been removed from its operands and results.
///
/// The operator reads how many slots of each axis survive and says what has to change; the pass carries it out.
package struct NodeEdit: Sendable {
  /// Types, shapes and contents before the removal.
  package let before: Signature
  package let opsetVersion: Int
  /// Survivors of every axis that lost slots, ascending positions before the removal.
  private let survivors: [OperandAxis: [Int]]

  package private(set) var attributes: [(name: String, value: Attribute.Value?)] = []
  package private(set) var contents: [(input: Int, values: [Dimension?])] = []
  package private(set) var keptContents: [Int] = []

  package init(before: Signature, opsetVersion: Int, survivors: [OperandAxis: [Int]]) {
    self.before = before
    self.opsetVersion = opsetVersion
    self.survivors = survivors
  }

  /// Length of an axis that lost slots, after the removal; nil where it lost none.
  package func changedLength(_ axis: OperandAxis) -> Dimension? {
    survivors[axis].flatMap { _ in length(axis) }
  }

  /// The surviving positions of an axis, ascending; nil where it lost none.
  package func survivors(_ axis: OperandAxis) -> [Int]? { survivors[axis] }

  /// Whether any axis of the operands or results lost slots.
  package var isAffected: Bool { !survivors.isEmpty }

  /// Length of an axis after the removal.
  package func length(_ axis: OperandAxis) -> Dimension? {
    let length = before.fact(axis)?.dimension(axis.axis)
    guard let kept = survivors[axis]?.count else { return length }
    return length?.keeping(kept) ?? Dimension(kept)
  }

  /// A fact's shape after the removal; nil where the rank is not known.
  package func shape(ofInput operand: Int) -> [Dimension]? {
    before.input(operand)?.shape?.indices.compactMap { length(.input(operand, axis: $0)) }
  }

  package func shape(ofOutput operand: Int) -> [Dimension]? {
    before.output(operand)?.shape?.indices.compactMap { length(.output(operand, axis: $0)) }
  }

  /// Sets an attribute, or removes it with nil.
  package mutating func setAttribute(_ name: String, _ value: Attribute.Value?) {
    attributes.append((name, value))
  }

  /// Input `input` has to hold these integers, row-major, in its present shape; nil keeps an element as it is. An
  /// omitted input, or one that `values` has another length than, becomes a new vector (every value has to be given).
  package mutating func setContent(input: Int, _ values: [Dimension?]) { contents.append((input, values)) }

  package mutating func setContent(input: Int, _ values: [Int]) {
    contents.append((input, values.map { Dimension($0) }))
  }

  /// Input `input` has to hold the integers that it held before the removal: here lengths become numbers of the
  /// network's arithmetic, and the network that is left has to compute what the whole one computed.
  package mutating func keepContent(input: Int) { keptContents.append(input) }

  /// Keeps the integers that inputs hold where what becomes of them is not followed. Those of an input that was cut
  /// belong to channels.
  package mutating func keepContentsThatEnd() {
    guard before.outputs.allSatisfy({ $0?.content == nil }) else { return }
    let cut = Set(survivors.keys.filter(\.isInput).map(\.operand))
    for input in before.inputs.indices where before.input(input)?.content != nil && !cut.contains(input) {
      keepContent(input: input)
    }
  }
}
