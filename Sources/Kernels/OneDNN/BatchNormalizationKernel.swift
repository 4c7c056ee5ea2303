import COneDNN

/// Normalisation of every channel, in whatever layout X has.
///
///     Y = scale · (X − mean) / √(var + ε) + shift, then max(Y, 0) if `appliesRelu`
///
/// In training, mean and var are the batch's, and the running statistics (inputs 3 and 4) are brought forward in place:
///
///     running = momentum · running + (1 − momentum) · batch
///
/// where the batch's variance is the unbiased one, as PyTorch has it; ONNX's text asks for the biased one.
///
/// Training is done by ``NormalizationLoops`` where X is one of its layouts, by oneDNN in others and for inference.
///
/// ## Shapes    X, Y [N, C, …]; scale, shift, mean, var [C]
package final class BatchNormalizationKernel: DifferentiableKernel {
  package let inputs: [TensorLayout?]
  package let outputs: [TensorLayout?]
  package let differentiableInputs = [0, 1, 2]
  package let backwardReads = BackwardReads(inputs: [0, 1, 2])
  package let overwritableInputs: [Int]
  package let overwritesOutputGradient = true
  package let workspaceByteCount: Int
  package let scratchByteCount: Int

  private let mode: KernelMode
  private let momentum: Float
  private let channels: Int
  /// Room for gradients that nobody wants: oneDNN computes all three.
  private let spareByteCount: Int
  private let wantsDataGradient: Bool
  private let loops: NormalizationLoops?
  /// Nil where `loops` do it.
  private let forwardPass: Primitive?
  private let backwardPass: Primitive?

  /// - Parameter wantsDataGradient: false where the gradient of X will not be asked for.
  /// - Throws: ``KernelError`` where oneDNN refuses the rank.
  package init(
    input: TensorLayout, epsilon: Float, momentum: Float, mode: KernelMode, appliesRelu: Bool,
    wantsDataGradient: Bool = true
  ) throws {
    channels = input.dims[1]
    self.mode = mode
    self.momentum = momentum
    self.wantsDataGradient = wantsDataGradient
    let parameter = TensorLayout([channels])
    inputs = [input, parameter, parameter, parameter, parameter]
    outputs = [input]
    let data = input.descriptor
    let isTraining = mode == .training
    // Loops along the map: not for maps without one.
    if isTraining, let slabs = ChannelSlabs(input), slabs.width > 1 || slabs.area >= 8 {
      let loops = NormalizationLoops(slabs: slabs, epsilon: epsilon, appliesRelu: appliesRelu)
      self.loops = loops
      (forwardPass, backwardPass) = (nil, nil)
      overwritableInputs = []
      workspaceByteCount = 2 * Self.statisticBytes(channels)
      spareByteCount = 0
      scratchByteCount = loops.scratchByteCount
      return
    }
    loops = nil
    var flags = Int32(shim_normalization_scale_shift.rawValue)
    if !isTraining { flags |= Int32(shim_normalization_given_statistics.rawValue) }
    if appliesRelu { flags |= Int32(shim_normalization_relu.rawValue) }
    let forwardPass = try Primitive(
      shim_batch_normalization(
        isTraining ? shim_forward_training : shim_forward_inference, data.handle, nil, epsilon, flags, nil))
    self.forwardPass = forwardPass
    backwardPass =
      isTraining
      ? try Primitive(
        shim_batch_normalization(shim_backward, data.handle, data.handle, epsilon, flags, forwardPass.handle))
      : nil
    overwritableInputs = isTraining ? [] : [0]
    // Mean, variance, then the primitive's own.
    workspaceByteCount =
      isTraining ? 2 * Self.statisticBytes(channels) + forwardPass.byteCount(shim_workspace) : 0
    spareByteCount =
      2 * Self.statisticBytes(channels)
      + (isTraining && !wantsDataGradient ? input.byteCount.roundedUpToLine : 0)
    scratchByteCount =
      spareByteCount
      + max(forwardPass.byteCount(shim_scratchpad), backwardPass?.byteCount(shim_scratchpad) ?? 0)
  }

  private static func statisticBytes(_ channels: Int) -> Int {
    (channels * MemoryLayout<Float>.stride).roundedUpToLine
  }

  package func forward(_ memory: ForwardMemory) throws -> KernelTask {
    let bytes = Self.statisticBytes(channels)
    let isTraining = mode == .training
    let (mean, variance) =
      isTraining
      ? (memory.workspace, memory.workspace.map { $0 + bytes }) : (memory.inputs[3], memory.inputs[4])
    let normalize = try normalization(memory, mean, variance)
    guard isTraining, let mean, let variance, let runningMean = memory.inputs[3],
      let runningVariance = memory.inputs[4]
    else { return normalize }
    let count = inputs[0].map { $0.elementCount / max(channels, 1) } ?? 0
    let correction = count > 1 ? Float(count) / Float(count - 1) : 1
    return { [channels, momentum] in
      try normalize()
      Self.advance(runningMean, mean, channels, momentum, 1)
      Self.advance(runningVariance, variance, channels, momentum, correction)
    }
  }

  /// What writes Y, and in training the statistics.
  private func normalization(
    _ memory: ForwardMemory, _ mean: UnsafeMutableRawPointer?, _ variance: UnsafeMutableRawPointer?
  ) throws -> KernelTask {
    if let loops {
      guard let x = memory.inputs[0].floatsIfAny, let y = memory.outputs[0].floatsIfAny,
        let scratch = memory.scratch,
        let parameters = parameters(memory.inputs, mean, variance)
      else { throw KernelError("a normalisation without memory") }
      return { loops.forward(x, y, parameters, scratch) }
    }
    guard let primitive = forwardPass else { return {} }
    let bytes = Self.statisticBytes(channels)
    let call = try PrimitiveCall(
      primitive,
      [
        PrimitiveCall.Operand(shim_argument_source, inputs[0], memory.inputs[0]),
        PrimitiveCall.Operand(shim_argument_scale, inputs[1], memory.inputs[1]),
        PrimitiveCall.Operand(shim_argument_shift, inputs[2], memory.inputs[2]),
        PrimitiveCall.Operand(shim_argument_mean, inputs[3], mean),
        PrimitiveCall.Operand(shim_argument_variance, inputs[4], variance),
        PrimitiveCall.Operand(shim_argument_destination, outputs[0], memory.outputs[0]),
      ], workspace: memory.workspace.map { $0 + 2 * bytes },
      scratch: memory.scratch.map { $0 + spareByteCount })
    return { try call.run() }
  }

  private func parameters(
    _ inputs: [UnsafeMutableRawPointer?], _ mean: UnsafeMutableRawPointer?,
    _ variance: UnsafeMutableRawPointer?
  ) -> NormalizationLoops.Parameters? {
    guard let scale = inputs[1].floatsIfAny, let shift = inputs[2].floatsIfAny, let mean = mean.floatsIfAny,
      let variance = variance.floatsIfAny
    else { return nil }
    return NormalizationLoops.Parameters(scale: scale, shift: shift, mean: mean, variance: variance)
  }

  private static func advance(
    _ running: UnsafeMutableRawPointer, _ batch: UnsafeMutableRawPointer, _ count: Int, _ momentum: Float,
    _ factor: Float
  ) {
    let running = running.assumingMemoryBound(to: Float.self)
    let batch = batch.assumingMemoryBound(to: Float.self)
    for channel in 0..<count {
      running[channel] = momentum * running[channel] + (1 - momentum) * factor * batch[channel]
    }
  }

  package func backward(_ memory: BackwardMemory) throws -> KernelTask {
    guard mode == .training else { throw KernelError("a normalisation for inference has no gradient") }
    let bytes = Self.statisticBytes(channels)
    let spare = memory.scratch
    guard memory.inputGradients[0] != nil || !wantsDataGradient else {
      throw KernelError("a normalisation has no room to leave out the gradient of X")
    }
    if let loops {
      guard let x = memory.inputs[0].floatsIfAny, let gradient = memory.outputGradients[0].floatsIfAny,
        let parameters = parameters(
          memory.inputs, memory.workspace, memory.workspace.map { $0 + bytes }), let scratch = spare
      else { throw KernelError("a normalisation without memory") }
      let targets = memory.inputGradients.map { $0.floatsIfAny }
      return {
        loops.backward(
          x, gradient: gradient, parameters, data: targets[0], scale: targets[1], shift: targets[2], scratch)
      }
    }
    guard let backwardPass else { return {} }
    let target = memory.inputGradients[0] ?? spare.map { $0 + 2 * bytes }
    let call = try PrimitiveCall(
      backwardPass,
      [
        PrimitiveCall.Operand(shim_argument_source, inputs[0], memory.inputs[0]),
        PrimitiveCall.Operand(shim_argument_scale, inputs[1], memory.inputs[1]),
        // Not read, but version 2 asks for it.
        PrimitiveCall.Operand(shim_argument_shift, inputs[2], memory.inputs[2]),
        PrimitiveCall.Operand(shim_argument_mean, inputs[3], memory.workspace),
        PrimitiveCall.Operand(shim_argument_variance, inputs[4], memory.workspace.map { $0 + bytes }),
        PrimitiveCall.Operand(shim_argument_destination_gradient, outputs[0], memory.outputGradients[0]),
        PrimitiveCall.Operand(shim_argument_source_gradient, inputs[0], target),
        PrimitiveCall.Operand(shim_argument_scale_gradient, inputs[1], memory.inputGradients[1] ?? spare),
        PrimitiveCall.Operand(
          shim_argument_shift_gradient, inputs[2], memory.inputGradients[2] ?? spare.map { $0 + bytes }),
      ], workspace: memory.workspace.map { $0 + 2 * bytes },
      scratch: memory.scratch.map { $0 + spareByteCount })
    return { try call.run() }
  }
}

extension UnsafeMutableRawPointer? {
  fileprivate var floatsIfAny: UnsafeMutablePointer<Float>? { self?.assumingMemoryBound(to: Float.self) }
}
