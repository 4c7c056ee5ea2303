import GraphIR
import Kernels

/// Normalisation of every channel by its statistics, ONNX `BatchNormalization` (opset 1 and later).
///
///     Y = scale · (X − mean) / √(var + ε) + B        mean and var of the batch if training_mode
///
/// ## Shapes    X [N, C, …], the four parameters [C] ([C, …] with spatial = 0, before opset 9), Y like X, then the
///              running (and, before opset 14, saved) statistics like the parameters
/// ## Channels  X₁≡Y₁≡ every parameter's axis; the other axes of X ≡ Y's, or are pinned if training_mode averages them
/// ## Cost      none; scale and B are parameters, the statistics are not
/// - Throws: `shape-mismatch` if a parameter's length is not C.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__BatchNormalization.html>
package struct BatchNormalization: ComputableOperator {
  package static let identifiers = [OperatorIdentifier("BatchNormalization")]

  package let epsilon: Float
  /// The node itself says that it normalises by the batch.
  package let isTraining: Bool
  private let momentum: Float

  package init(_ node: OperatorNode) throws {
    epsilon = try node.float("epsilon") ?? 1e-5
    momentum = try node.float("momentum") ?? 0.9
    if node.opsetVersion >= 14 {
      isTraining = try node.int("training_mode") ?? 0 != 0
    } else if node.opsetVersion >= 7 {
      isTraining = node.node.outputs.dropFirst().contains { $0 != nil }
    } else {
      isTraining = try node.int("is_test") ?? 0 == 0
    }
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    let channels = inputs[0]?.dimension(1)?.known
    for (name, operand) in [("scale", 1), ("B", 2), ("mean", 3), ("var", 4)] {
      guard let channels, let length = inputs[operand]?.dimension(0)?.known, length != channels else {
        continue
      }
      throw CompileError("shape-mismatch", "\(name) has \(length) elements, X has \(channels) channels")
    }
    let data = ValueFact(elementType: inputs[0]?.elementType, shape: inputs[0]?.shape)
    let statistics = ValueFact(
      elementType: inputs[3]?.elementType ?? inputs[0]?.elementType,
      shape: inputs[3]?.shape ?? inputs[0]?.dimension(1).map { [$0] })
    return [data] + Array(repeating: statistics, count: max(inputs.outputCount - 1, 0))
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    let rank = ties.signature.input(0)?.rank ?? 0
    for axis in 0..<rank {
      if isTraining && axis != 1 {
        ties.pinAll(
          [.input(0, axis: axis), .output(0, axis: axis)], "is averaged over, as training_mode says")
      } else {
        ties.tie(.input(0, axis: axis), .output(0, axis: axis))
      }
    }
    for operand in 1...4 {
      for axis in ties.axes(ofInput: operand) where axis.axis + 1 < rank {
        ties.tie(axis, .output(0, axis: axis.axis + 1))
        ties.follow(axis)
      }
    }
    for output in ties.signature.outputs.indices.dropFirst() {
      for axis in ties.axes(ofOutput: output) where axis.axis + 1 < rank {
        ties.tie(axis, .input(0, axis: axis.axis + 1))
      }
    }
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? {
    // The statistics that it gives out are other numbers.
    guard let shift = operands.element(2), signature.outputs.dropFirst().allSatisfy({ $0 == nil }) else {
      return nil
    }
    if operands.element(1) == 0 { return shift }
    guard let value = operands.element(0) else { return nil }
    if isTraining { return shift }
    guard let scale = operands.element(1), let mean = operands.element(3), let variance = operands.element(4)
    else { return nil }
    let factor = Float(scale) / (Float(variance) + epsilon).squareRoot()
    return Optional(Double((Float(value) - Float(mean)) * factor + Float(shift))).roundedToFloat
  }

  package func cost(_ signature: Signature) -> Cost {
    Cost(multiplyAccumulates: 0, parameterOperands: [1, 2])
  }

  package func kernel(_ call: KernelCall) throws -> any Kernel {
    guard try call.dims(1).count == 1 else { throw KernelError("its parameters have more than one axis") }
    return try BatchNormalizationKernel(
      input: call.layout(0), epsilon: epsilon, momentum: momentum, mode: call.mode,
      appliesRelu: call.activation == .relu, wantsDataGradient: call.wantsGradient.first ?? true)
  }

  package func kernels(_ call: KernelCall) throws -> KernelChain {
    var chain = KernelChain(call)
    if call.mode == .inference, isTraining || call.isReproducible {
      chain.outputs = try normalise(&chain, call)
    } else {
      chain.outputs = chain.append(try kernel(call), chain.inputs)
    }
    return chain
  }

  /// The formula as it stands: the statistics of the batch, where the node asks for them, whatever the network is used
  /// for.
  private func normalise(_ chain: inout KernelChain, _ call: KernelCall) throws -> [KernelChain.Value?] {
    guard try call.dims(1).count == 1 else { throw KernelError("its parameters have more than one axis") }
    let x = try chain.input(0)
    let aligned = x.dims.indices.map { $0 == 1 ? x.dims[1] : 1 }
    var (mean, variance) = (
      try chain.reshape(chain.input(3), to: aligned), try chain.reshape(chain.input(4), to: aligned)
    )
    let (oldMean, oldVariance) = (mean, variance)
    if isTraining {
      let axes = x.dims.indices.filter { $0 != 1 }
      mean = try chain.reduce(.mean, x, axes: axes, keepsAxes: true)
      let rest = try chain.combine(.sub, x, mean)
      variance = try chain.reduce(.mean, chain.combine(.mul, rest, rest), axes: axes, keepsAxes: true)
    }
    let deviation = try chain.apply(.sqrt, chain.combine(.add, variance, Double(epsilon)))
    let factor = try chain.combine(.div, chain.reshape(chain.input(1), to: aligned), deviation)
    let scaled = try chain.combine(.mul, chain.combine(.sub, x, mean), factor)
    var y = try chain.combine(.add, scaled, chain.reshape(chain.input(2), to: aligned))
    if call.activation == .relu { y = try chain.apply(.relu, y) }
    guard isTraining else { return [y] }
    var results: [KernelChain.Value?] = [y]
    for (output, (old, new)) in [(oldMean, mean), (oldVariance, variance)].enumerated() {
      guard call.wants(output + 1) else {
        results.append(nil)
        continue
      }
      let kept = try chain.combine(.mul, old, Double(momentum))
      let running = try chain.combine(.add, kept, chain.combine(.mul, new, Double(1 - momentum)))
      results.append(try chain.reshape(running, to: [x.dims[1]]))
    }
    return results
  }

  package func fuses(_ activation: Activation, _ signature: Signature, in mode: KernelMode) -> Bool {
    activation == .relu
  }

  package func refit(_ edit: inout NodeEdit) throws {}
}
