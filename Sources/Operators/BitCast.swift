import GraphIR

/// The same bits as another element type, ONNX `BitCast` (opset 26).
///
/// ## Shapes    output like input
/// ## Channels  every axis tied
/// ## Cost      none
/// - Throws: `attribute-value` if `to` names no element type.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__BitCast.html>
package struct BitCast: Operator {
  package static let identifiers = [OperatorIdentifier("BitCast")]

  private let type: ElementType?

  package init(_ node: OperatorNode) throws { type = try node.elementType("to") }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    [ValueFact(elementType: type, shape: inputs[0]?.shape)]
  }

  package func tieChannels(_ ties: inout ChannelTies) { ties.tieAxes(ofInput: 0, toOutput: 0) }

  /// Zero has two patterns of bits.
  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? { nil }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func refit(_ edit: inout NodeEdit) throws {}
}
