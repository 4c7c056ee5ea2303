import GraphIR

/// Operators that keep the shape of their first input and mix its elements: ONNX `RotaryEmbedding` (opset 23), and ONNX
/// Runtime's `RotaryEmbedding`, `GroupNorm`, `SkipGroupNorm` and `BiasSoftmax`.
///
/// ## Shapes    Y like X, and so the sum that SkipGroupNorm gives
/// ## Channels  all stay
/// ## Cost      none
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__RotaryEmbedding.html>
package struct SameShape: Operator {
  package static let identifiers =
    [OperatorIdentifier("RotaryEmbedding")]
    + ["BiasSoftmax", "GroupNorm", "RotaryEmbedding", "SkipGroupNorm"].map(OperatorIdentifier.microsoft)

  package init(_ node: OperatorNode) throws {}

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    let data = ValueFact(elementType: inputs[0]?.elementType, shape: inputs[0]?.shape)
    return [ValueFact](repeating: data, count: inputs.outputCount)
  }

  package func tieChannels(_ ties: inout ChannelTies) {}

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? { nil }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func refit(_ edit: inout NodeEdit) throws {}
}
