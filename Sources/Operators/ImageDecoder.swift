import GraphIR

/// A picture from its file, ONNX `ImageDecoder` (opset 20).
///
/// ## Shapes    bytes [n], image [H, W, 3], or [H, W, 1] in `Grayscale`
/// ## Channels  all stay
/// ## Cost      none
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__ImageDecoder.html>
package struct ImageDecoder: Operator {
  package static let identifiers = [OperatorIdentifier("ImageDecoder")]

  private let channels: Dimension

  package init(_ node: OperatorNode) throws {
    channels = try node.string("pixel_format") == "Grayscale" ? 1 : 3
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    [ValueFact(elementType: .uint8, shape: inputs.freshShape(rank: 2) + [channels])]
  }

  package func tieChannels(_ ties: inout ChannelTies) {}

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? { nil }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func refit(_ edit: inout NodeEdit) throws {}
}
