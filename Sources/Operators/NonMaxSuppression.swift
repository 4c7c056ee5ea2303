import GraphIR

/// The choice among overlapping boxes, ONNX `NonMaxSuppression` (opset 10 and later).
///
/// ## Shapes    boxes [N, boxes, 4], scores [N, classes, boxes], selected [as many as there are, 3], int64
/// ## Channels  all pinned
/// ## Cost      none
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__NonMaxSuppression.html>
package struct NonMaxSuppression: Operator {
  package static let identifiers = [OperatorIdentifier("NonMaxSuppression")]

  package init(_ node: OperatorNode) throws {}

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    [ValueFact(elementType: .int64, shape: [inputs.freshDimension(0), 3])]
  }

  package func tieChannels(_ ties: inout ChannelTies) {}

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? { nil }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func refit(_ edit: inout NodeEdit) throws {}
}
