import GraphIR

/// Nodes that choose: a difference of their operands as small as rounding makes can give them another result altogether.
///
/// Where two scores are equal but for rounding, `TopK` names the one or the other; what comes of it then differs without
/// anybody being wrong. Whoever compares two networks lets both choose on the same numbers.
package enum DiscreteChoice {
  /// Operators that give floating-point numbers and jump. Whatever makes integers or booleans of floating-point numbers
  /// (comparisons, `ArgMax`, `TopK`, `NonMaxSuppression`, `QuantizeLinear`, a `Cast`) is known by its types.
  private static let jumping = Set(
    [
      "Ceil", "Floor", "GridSample", "Hardmax", "Mod", "RoiAlign", "Round", "Shrink", "Sign",
      "ThresholdedRelu",
    ].map { OperatorIdentifier($0) })

  /// The inputs that a node chooses by, by position; none for a node that does not choose.
  package static func operands(of node: Node, _ signature: Signature) -> [Int] {
    let operands = signature.inputs.indices.filter {
      signature.inputs[$0]?.elementType?.isFloatingPoint ?? false
    }
    let jumps =
      jumping.contains(OperatorIdentifier(node.opType, domain: node.canonicalDomain))
      || signature.outputs.contains { $0?.elementType.map { !$0.isFloatingPoint } ?? false }
    let levels = signature.inputs.indices.filter { signature.inputs[$0]?.elementType?.isLevel ?? false }
    return (jumps ? operands : []) + levels
  }

  /// Whether the node rounds sums to small integers, as `QLinearConv` does: another order of summation may give the next
  /// one. `QuantizeLinear` rounds what it is given.
  package static func roundsSums(_ signature: Signature) -> Bool {
    guard signature.output(0)?.elementType?.isLevel ?? false else { return false }
    let levels = signature.inputs.contains {
      $0?.elementType?.isLevel ?? false && $0?.isConstantDerived == false
    }
    return levels && signature.inputs.contains { $0?.elementType?.isFloatingPoint ?? false }
  }
}

extension ElementType {
  /// Numbers that stand for others in steps: what reads them has the next step for a difference in rounding.
  fileprivate var isLevel: Bool { self == .int8 || self == .uint8 }
}
