import GraphIR
import Kernels

/// An activation with the bias that precedes it, ONNX Runtime's `BiasGelu` and `FastGelu`.
///
///     BiasGelu  Y = gelu(A + B)        FastGelu  Y = gelu(X + bias), by its approximation with tanh
///
/// ## Shapes    A any, B [last axis of A], Y like A; FastGelu may go without its bias
/// ## Channels  every axis of A ≡ Y's; B₀ ≡ the last
/// ## Cost      none; B is a parameter
/// - Throws: `shape-mismatch` if B has another length than the last axis.
/// - SeeAlso: <https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md>
package struct BiasedActivation: ComposedOperator {
  package static let identifiers = ["BiasGelu", "FastGelu"].map(OperatorIdentifier.microsoft)

  private let function: UnaryFunction.Function
  private let isApproximate: Bool

  package init(_ node: OperatorNode) throws {
    isApproximate = node.opType == "FastGelu"
    function = node.opType == "FastGelu" ? UnaryFunction.tanhGelu : UnaryFunction.gelu
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    if let own = inputs[1]?.dimension(0)?.known, let length = inputs[0]?.dimension(-1)?.known, own != length {
      throw CompileError("shape-mismatch", "the bias has \(own) elements, the last axis \(length)")
    }
    return [ValueFact(elementType: inputs[0]?.elementType, shape: inputs[0]?.shape)]
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    ties.tieAxes(ofInput: 0, toOutput: 0)
    guard let rank = ties.signature.output(0)?.rank, rank > 0, ties.signature.input(1)?.rank == 1 else {
      return
    }
    ties.tieBroadcast([.input(1, axis: 0)], to: .output(0, axis: rank - 1))
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? {
    let bias: Double? = signature.input(1) == nil ? 0 : operands.element(1)
    guard let value = operands.element(0), let bias else { return nil }
    return Double?(function(value + bias)).roundedToFloat
  }

  package func cost(_ signature: Signature) -> Cost {
    Cost(multiplyAccumulates: 0, parameterOperands: [1])
  }

  package func compose(_ chain: inout KernelChain, _ call: KernelCall) throws -> [KernelChain.Value?] {
    var x = try chain.input(0)
    if let bias = chain.optionalInput(1) { x = try chain.combine(.add, x, bias) }
    return [try chain.apply(isApproximate ? .tanhGelu : .gelu, x)]
  }

  package func refit(_ edit: inout NodeEdit) throws {}
}
