/// Where a node keeps its weights as small integers: w = (q − zero) · scale.
package struct IntegerWeights: Sendable {
  /// Positions of the node's inputs; without a scale it is 1, without a zero point 0.
  package let weight: Int
  package let scale: Int?
  package let zero: Int?
  /// The axis of the weight along which there may be a scale, or a zero point, for each index.
  package let axis: Int

  package init(weight: Int, scale: Int?, zero: Int?, axis: Int) {
    self.weight = weight
    self.scale = scale
    self.zero = zero
    self.axis = axis
  }
}

/// An operator that may read weights which are stored as small integers.
package protocol ReadsIntegerWeights: Operator {
  /// Nil where the node reads none.
  func integerWeights(_ signature: Signature) -> IntegerWeights?
}
