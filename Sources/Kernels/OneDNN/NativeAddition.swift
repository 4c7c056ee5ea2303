import COneDNN

/// A + B of equal shapes in one layout, and an activation of the sum if asked for.
///
/// ## Shapes    A, B, Y alike
package final class NativeAddition: DifferentiableKernel {
  package let inputs: [TensorLayout?]
  package let outputs: [TensorLayout?]
  package let overwritableInputs = [0, 1]
  package let differentiableInputs = [0, 1]
  package let backwardReads: BackwardReads
  package let scratchByteCount: Int
  package var gradientSharing: GradientSharing { backwardPass == nil ? .outputGradient : .sameForAllInputs }
  package let overwritesOutputGradient = true

  private let forwardPass: Primitive
  /// max(Y, 0) in place, where the addition does not compute it itself.
  private let rectification: Primitive?
  private let backwardPass: Primitive?

  /// - Parameter appliesRelu: Y = max(A + B, 0).
  package init(_ layout: TensorLayout, appliesRelu: Bool, mode: KernelMode) throws {
    inputs = [layout, layout]
    outputs = [layout]
    let data = layout.descriptor
    // Where a layout rounds the channels up, oneDNN 2.6 gets a sum with a fused operation wrong: the last
    // block if in place, and more, even beyond the end, if blocks are not as wide as registers.
    let isRounded = layout.byteCount > layout.rowMajor.byteCount
    let fused = appliesRelu && !isRounded ? try FusedOperations([.relu]) : nil
    rectification =
      appliesRelu && isRounded
      ? try Primitive(shim_eltwise_primitive(shim_forward_inference, shim_relu, 0, 0, data.handle, nil, nil))
      : nil
    forwardPass = try withExtendedLifetime(fused) {
      try Primitive(
        shim_binary_primitive(shim_add, data.handle, data.handle, data.handle, fused?.handle))
    }
    if appliesRelu, mode == .training {
      let forward = try Primitive(
        shim_eltwise_primitive(shim_forward_training, shim_relu_dst, 0, 0, data.handle, nil, nil))
      backwardPass = try Primitive(
        shim_eltwise_primitive(
          shim_backward_data, shim_relu_dst, 0, 0, data.handle, data.handle, forward.handle))
    } else {
      backwardPass = nil
    }
    backwardReads = backwardPass == nil ? BackwardReads() : BackwardReads(outputs: [0])
    scratchByteCount =
      [forwardPass, rectification, backwardPass].compactMap { $0?.byteCount(shim_scratchpad) }.max() ?? 0
  }

  package func forward(_ memory: ForwardMemory) throws -> KernelTask {
    let call = try PrimitiveCall(
      forwardPass,
      [
        PrimitiveCall.Operand(shim_argument_source, inputs[0], memory.inputs[0]),
        PrimitiveCall.Operand(shim_argument_source_1, inputs[1], memory.inputs[1]),
        PrimitiveCall.Operand(shim_argument_destination, outputs[0], memory.outputs[0]),
      ], scratch: memory.scratch)
    guard let rectification else { return { try call.run() } }
    let rectify = try PrimitiveCall(
      rectification,
      [
        PrimitiveCall.Operand(shim_argument_source, outputs[0], memory.outputs[0]),
        PrimitiveCall.Operand(shim_argument_destination, outputs[0], memory.outputs[0]),
      ], scratch: memory.scratch)
    return {
      try call.run()
      try rectify.run()
    }
  }

  package func backward(_ memory: BackwardMemory) throws -> KernelTask {
    guard let backwardPass, let target = memory.inputGradients[0] ?? memory.inputGradients[1] else {
      return {}
    }
    let call = try PrimitiveCall(
      backwardPass,
      [
        PrimitiveCall.Operand(shim_argument_destination, outputs[0], memory.outputs[0]),
        PrimitiveCall.Operand(shim_argument_destination_gradient, outputs[0], memory.outputGradients[0]),
        PrimitiveCall.Operand(shim_argument_source_gradient, inputs[0], target),
      ], scratch: memory.scratch)
    return { try call.run() }
  }
}
