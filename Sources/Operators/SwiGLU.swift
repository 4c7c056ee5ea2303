import GraphIR
import Kernels

/// A gated activation, ONNX `SwiGLU` (opset 28).
///
///     Y = A · sigmoid(α·A) · B
///
/// ## Shapes    A, B and Y alike
/// ## Channels  every axis of A ≡ B's ≡ Y's
/// ## Cost      none
/// - Throws: `shape-mismatch` if A and B differ.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__SwiGLU.html>
package struct SwiGLU: ComposedOperator {
  package static let identifiers = [OperatorIdentifier("SwiGLU")]

  private let gate: UnaryFunction.Function
  private let alpha: Float

  package init(_ node: OperatorNode) throws {
    gate = try UnaryFunction.make("Swish", node) ?? { _ in .nan }
    alpha = try node.float("alpha") ?? 1
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    if let a = inputs[0]?.knownShape, let b = inputs[1]?.knownShape, a != b {
      throw CompileError("shape-mismatch", "A has shape \(a), B has \(b)")
    }
    return [
      ValueFact(elementType: inputs[0]?.elementType, shape: inputs[0]?.shape ?? inputs[1]?.shape)
    ]
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    ties.tieAxes(ofInput: 0, toOutput: 0)
    ties.tieAxes(ofInput: 1, toOutput: 0)
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? {
    if operands.element(0) == 0 || operands.element(1) == 0 { return 0 }
    guard let a = operands.element(0), let b = operands.element(1) else { return nil }
    return Double?(gate(a) * b).roundedToFloat
  }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func compose(_ chain: inout KernelChain, _ call: KernelCall) throws -> [KernelChain.Value?] {
    let gated = try chain.apply(.swish(alpha: alpha), chain.input(0))
    return [try chain.combine(.mul, gated, chain.input(1))]
  }

  package func refit(_ edit: inout NodeEdit) throws {}
}
