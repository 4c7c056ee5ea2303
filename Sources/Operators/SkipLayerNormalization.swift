import GraphIR

/// Normalisation of a sum over the last axis, ONNX Runtime's `SkipLayerNormalization` and
/// `SkipSimplifiedLayerNormalization`.
///
///     S = input + skip + bias        Y = (S − mean) / √(var + ε) · gamma + beta, simplified without mean and beta
///
/// ## Shapes    input [N, L, H] or [T, H], skip broadcasts to it, gamma, beta and bias [H]; Y and the sum (output 3)
///              like input; mean and 1 / √var with 1 for H
/// ## Channels  all axes but the last: input ≡ skip ≡ Y ≡ the sum, where skip has the same shape; H is pinned
/// ## Cost      none; gamma, beta and bias are parameters
/// - SeeAlso: <https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md>
package struct SkipLayerNormalization: Operator {
  package static let identifiers = ["SkipLayerNormalization", "SkipSimplifiedLayerNormalization"].map(
    OperatorIdentifier.microsoft)

  package init(_ node: OperatorNode) throws {}

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    let data = ValueFact(elementType: inputs[0]?.elementType, shape: inputs[0]?.shape)
    let statistics = ValueFact(elementType: .float, shape: data.shape.map { $0.dropLast() + [1] })
    return [data, statistics, statistics, data]
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    guard let shape = ties.signature.input(0)?.shape, ties.signature.input(1)?.shape == shape else { return }
    let outputs = ties.signature.outputs.indices.filter { ties.signature.output($0) != nil }
    for axis in shape.indices.dropLast() {
      ties.tie(.input(1, axis: axis), .input(0, axis: axis))
      for output in outputs { ties.tie(.output(output, axis: axis), .input(0, axis: axis)) }
    }
    let last = shape.count - 1
    ties.pinAll([.input(0, axis: last), .input(1, axis: last)], "is normalised over")
    ties.pinAll(outputs.map { .output($0, axis: last) }, "is normalised over")
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? { nil }

  package func cost(_ signature: Signature) -> Cost {
    Cost(
      multiplyAccumulates: 0,
      parameterOperands: Array(signature.inputs.indices.dropFirst(2)))
  }

  package func refit(_ edit: inout NodeEdit) throws {}
}
