import GraphIR

/// The number of a tensor's elements, ONNX `Size` (opset 1 and later).
///
///     size = Π data.shape
///
/// ## Shapes    a scalar
/// ## Channels  data may lose any slot, as with `Shape`
/// ## Cost      none
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__Size.html>
package struct Size: Operator {
  package static let identifiers = [OperatorIdentifier("Size")]

  package init(_ node: OperatorNode) throws {}

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    [
      ValueFact(
        elementType: .int64, shape: [], content: inputs[0]?.shape.map { [ContentElement($0.reduce(1, *))] })
    ]
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    for axis in ties.axes(ofInput: 0) { ties.free(axis) }
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? { nil }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func refit(_ edit: inout NodeEdit) throws {}
}
