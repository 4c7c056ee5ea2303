import GraphIR
import Kernels

/// Normalisation of runs of channels of every sample, ONNX `GroupNormalization` (opset 18 and later).
///
///     Y = scale · (X − mean) / √(var + ε) + bias        mean and var over the C/G channels of a group
///
/// ## Shapes    X [N, C, …], scale and bias [C] ([G] in opset 18), Y like X
/// ## Channels  whole groups of X₁≡Y₁ and the parameters; X₀≡Y₀; spatial axes are pinned
/// ## Cost      none
/// - Throws: `shape-mismatch` if G does not divide C, or a parameter's length is neither C nor G.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__GroupNormalization.html>
package struct GroupNormalization: ComputableOperator {
  package static let identifiers = [OperatorIdentifier("GroupNormalization")]

  private let groups: Int
  private let epsilon: Float

  package init(_ node: OperatorNode) throws {
    groups = try node.int("num_groups") ?? 0
    epsilon = try node.float("epsilon") ?? 1e-5
    guard groups >= 1 else {
      throw CompileError("attribute-value", "attribute 'num_groups' is \(groups); it must be 1 or more")
    }
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    if let channels = inputs[0]?.dimension(1)?.known {
      guard channels % groups == 0 else {
        throw CompileError("shape-mismatch", "X has \(channels) channels, \(groups) groups cannot share them")
      }
      for (name, operand) in [("scale", 1), ("bias", 2)] {
        guard let length = inputs[operand]?.dimension(0)?.known, length != channels, length != groups else {
          continue
        }
        throw CompileError("shape-mismatch", "\(name) has \(length) elements, X has \(channels) channels")
      }
    }
    return [ValueFact(elementType: inputs[0]?.elementType, shape: inputs[0]?.shape)]
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    guard let rank = ties.signature.input(0)?.rank, rank >= 2 else { return }
    let channel = OperandAxis.input(0, axis: 1)
    ties.tie(.input(0, axis: 0), .output(0, axis: 0))
    ties.tie(channel, .output(0, axis: 1))
    ties.pinAll(ties.axes(ofInput: 0, from: 2) + ties.axes(ofOutput: 0, from: 2), "is normalised over")
    guard let channels = ties.signature.length(channel), channels >= groups else {
      ties.pin(channel, "is normalised over in groups of unknown size")
      return
    }
    let size = channels / groups
    ties.couple(channel) { $0 / size }
    for operand in 1...2 {
      guard let length = ties.signature.length(.input(operand, axis: 0)) else { continue }
      ties.tie(.output(0, axis: 1), .input(operand, axis: 0)) { length == channels ? $0 : $0 / size }
      ties.follow(.input(operand, axis: 0))
    }
  }

  /// With one channel a group, the channel's shift; the other channels of a larger group are not known here.
  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? {
    let isAlone = signature.length(.input(0, axis: 1)) == groups
    return operands.element(1) == 0 || (isAlone && operands.element(0) != nil) ? operands.element(2) : nil
  }

  package func cost(_ signature: Signature) -> Cost {
    Cost(multiplyAccumulates: 0, parameterOperands: [1, 2])
  }

  package func kernel(_ call: KernelCall) throws -> any Kernel {
    let dims = try call.dims(0)
    guard dims.count >= 2, try call.dims(1).count == 1 else { throw KernelError("X has no channels") }
    return GroupNormalizationKernel(
      dims, groups: groups, parameterCount: try call.dims(1)[0], epsilon: epsilon)
  }

  package func refit(_ edit: inout NodeEdit) throws {
    guard let survivors = edit.survivors(.input(0, axis: 1)),
      let channels = edit.before.length(.input(0, axis: 1))
    else { return }
    let size = channels / groups
    let left = try GroupedChannels(groups: groups, inputs: size, outputs: size)
      .survivingGroups(inputs: survivors, outputs: survivors)
    guard survivors.count == left * size else {
      throw CompileError(
        "cannot-refit", "\(survivors.count) channels would be left of groups of \(size)", exit: .internal)
    }
    if left != groups { edit.setAttribute("num_groups", .int(Int64(left))) }
  }
}
