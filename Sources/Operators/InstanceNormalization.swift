import GraphIR
import Kernels

/// Normalisation of every channel of every sample, ONNX `InstanceNormalization` (opset 1 and later).
///
///     Y = scale · (X − mean) / √(var + ε) + B        mean and var over the spatial axes
///
/// ## Shapes    X [N, C, …], scale and B [C], Y like X
/// ## Channels  X₁≡Y₁≡scale₀≡B₀, X₀≡Y₀; spatial axes are pinned
/// ## Cost      none
/// - Throws: `shape-mismatch` if a parameter's length is not C.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__InstanceNormalization.html>
package struct InstanceNormalization: ComputableOperator {
  package static let identifiers = [OperatorIdentifier("InstanceNormalization")]

  private let epsilon: Float

  package init(_ node: OperatorNode) throws { epsilon = try node.float("epsilon") ?? 1e-5 }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    for (name, operand) in [("scale", 1), ("B", 2)] {
      guard let channels = inputs[0]?.dimension(1)?.known, let length = inputs[operand]?.dimension(0)?.known,
        length != channels
      else { continue }
      throw CompileError("shape-mismatch", "\(name) has \(length) elements, X has \(channels) channels")
    }
    return [ValueFact(elementType: inputs[0]?.elementType, shape: inputs[0]?.shape)]
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    guard let rank = ties.signature.input(0)?.rank, rank >= 2 else { return }
    ties.tie(.input(0, axis: 0), .output(0, axis: 0))
    ties.tie(.input(0, axis: 1), .output(0, axis: 1))
    for operand in 1...2 where ties.signature.input(operand)?.rank == 1 {
      ties.tie(.input(operand, axis: 0), .output(0, axis: 1))
      ties.follow(.input(operand, axis: 0))
    }
    ties.pinAll(ties.axes(ofInput: 0, from: 2) + ties.axes(ofOutput: 0, from: 2), "is normalised over")
  }

  /// What is the same everywhere equals its mean: the shift alone is left.
  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? {
    operands.element(0) != nil || operands.element(1) == 0 ? operands.element(2) : nil
  }

  package func cost(_ signature: Signature) -> Cost {
    Cost(multiplyAccumulates: 0, parameterOperands: [1, 2])
  }

  package func kernel(_ call: KernelCall) throws -> any Kernel {
    let dims = try call.dims(0)
    guard dims.count >= 2 else { throw KernelError("X has no channels") }
    return GroupNormalizationKernel(dims, groups: dims[1], parameterCount: dims[1], epsilon: epsilon)
  }

  package func refit(_ edit: inout NodeEdit) throws {}
}
