import GraphIR

/// The slices for which a condition holds, ONNX `Compress` (opset 9 and later).
///
///     output = the slices of input along axis whose condition is true; of its elements if there is no axis
///
/// ## Shapes    along the axis as many as hold, which is not known beforehand
/// ## Channels  the other axes tied
/// ## Cost      none
/// - Throws: `attribute-value` if the axis is out of range.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__Compress.html>
package struct Compress: Operator {
  package static let identifiers = [OperatorIdentifier("Compress")]

  private let axis: Int?

  package init(_ node: OperatorNode) throws { axis = try node.int("axis") }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    var fact = ValueFact(elementType: inputs[0]?.elementType)
    guard let axis else {
      fact.shape = inputs.freshShape(rank: 1)
      return [fact]
    }
    guard var shape = inputs[0]?.shape else { return [fact] }
    let resolved = try resolveAxis(axis, rank: shape.count)
    shape[resolved] = inputs.freshDimension(resolved)
    fact.shape = shape
    return [fact]
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    guard let axis, let rank = ties.signature.input(0)?.rank, let axis = checkedAxis(axis, rank: rank) else {
      return
    }
    for other in 0..<rank where other != axis { ties.tie(.input(0, axis: other), .output(0, axis: other)) }
    ties.pinAll([.input(0, axis: axis), .output(0, axis: axis)], "is selected from by a condition")
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? {
    operands.first ?? nil
  }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func refit(_ edit: inout NodeEdit) throws {}
}
