import GraphIR
import Kernels

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
package struct SkipLayerNormalization: ComposedOperator {
  package static let identifiers = ["SkipLayerNormalization", "SkipSimplifiedLayerNormalization"].map(
    OperatorIdentifier.microsoft)

  private let epsilon: Float
  private let subtractsMean: Bool

  package init(_ node: OperatorNode) throws {
    epsilon = try node.float("epsilon") ?? 1e-12
    subtractsMean = node.opType == "SkipLayerNormalization"
  }

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

  package func compose(_ chain: inout KernelChain, _ call: KernelCall) throws -> [KernelChain.Value?] {
    var sum = try chain.combine(.add, chain.input(0), chain.input(1))
    // The simplified form has no beta.
    if let bias = chain.optionalInput(subtractsMean ? 4 : 3) { sum = try chain.combine(.add, sum, bias) }
    let results = try chain.normalizeLayers(
      sum, scale: chain.input(2), bias: subtractsMean ? chain.optionalInput(3) : nil, axis: sum.rank - 1,
      epsilon: epsilon, subtractsMean: subtractsMean, givesStatistics: call.wants(1) || call.wants(2))
    return results + [sum]
  }

  package func refit(_ edit: inout NodeEdit) throws {}
}
