/// What is known of a node's operands and results; an omitted one is nil.
package struct Signature: Sendable {
  package var inputs: [ValueFact?]
  package var outputs: [ValueFact?]

  package init(inputs: [ValueFact?], outputs: [ValueFact?]) {
    self.inputs = inputs
    self.outputs = outputs
  }

  package func input(_ index: Int) -> ValueFact? { inputs.indices.contains(index) ? inputs[index] : nil }

  package func output(_ index: Int) -> ValueFact? { outputs.indices.contains(index) ? outputs[index] : nil }

  /// The fact behind an axis.
  package func fact(_ axis: OperandAxis) -> ValueFact? {
    axis.isInput ? input(axis.operand) : output(axis.operand)
  }

  /// The known length of an axis; nil where it is omitted, symbolic or of unknown rank.
  package func length(_ axis: OperandAxis) -> Int? { fact(axis)?.dimension(axis.axis)?.known }

  /// How many slots an axis has: its length, or the factor of it that is known (``Dimension/period``).
  package func period(_ axis: OperandAxis) -> Int? { fact(axis)?.dimension(axis.axis)?.period }
}

/// An axis of one of a node's operands or results: `.input(1, axis: 0)` is axis 0 of the second input.
package struct OperandAxis: Hashable, Sendable {
  package let isInput: Bool
  package let operand: Int
  package let axis: Int

  /// `axis` counts from the front; see ``ValueFact/rank``.
  package static func input(_ operand: Int, axis: Int) -> OperandAxis {
    OperandAxis(isInput: true, operand: operand, axis: axis)
  }

  package static func output(_ operand: Int, axis: Int) -> OperandAxis {
    OperandAxis(isInput: false, operand: operand, axis: axis)
  }
}
