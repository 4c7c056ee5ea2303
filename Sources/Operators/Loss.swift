import GraphIR

/// How far scores are from labels, ONNX `NegativeLogLikelihoodLoss` and `SoftmaxCrossEntropyLoss` (opset 12 and later).
///
///     loss[n,…] = −weight[target] · input[n, target[n,…], …]      after a logarithmic softmax in the second
///
/// ## Shapes    input [N, C, …], target [N, …], weight [C]; the loss like target, or a scalar if it is reduced; log_prob
///              like input
/// ## Channels  all stay: labels count classes
/// ## Cost      none
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__SoftmaxCrossEntropyLoss.html>
package struct Loss: Operator {
  package static let identifiers = [
    OperatorIdentifier("NegativeLogLikelihoodLoss"), OperatorIdentifier("SoftmaxCrossEntropyLoss"),
  ]

  private let isReduced: Bool

  package init(_ node: OperatorNode) throws { isReduced = try node.string("reduction") ?? "mean" != "none" }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    let scores = ValueFact(elementType: inputs[0]?.elementType, shape: inputs[0]?.shape)
    var shape = inputs[1]?.shape
    if shape == nil, let known = scores.shape, known.count >= 2 { shape = [known[0]] + known[2...] }
    return [ValueFact(elementType: scores.elementType, shape: isReduced ? [] : shape), scores]
  }

  package func tieChannels(_ ties: inout ChannelTies) {}

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? { nil }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func refit(_ edit: inout NodeEdit) throws {}
}
