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
  private let backwardPass: Primitive?

  /// - Parameter appliesRelu: Y = max(A + B, 0).
  package init(_ layout: TensorLayout, appliesRelu: Bool, mode: KernelMode) throws {
    inputs = [layout, layout]
    outputs = [layout]
    let data = layout.descriptor
    let fused = appliesRelu ? try FusedOperations([.relu]) : nil
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
    scratchByteCount = max(
      forwardPass.byteCount(shim_scratchpad), backwardPass?.byteCount(shim_scratchpad) ?? 0)
  }

  package func forward(_ memory: ForwardMemory) throws -> KernelTask {
    let call = try PrimitiveCall(
      forwardPass,
      [
        PrimitiveCall.Operand(shim_argument_source, inputs[0], memory.inputs[0]),
        PrimitiveCall.Operand(shim_argument_source_1, inputs[1], memory.inputs[1]),
        PrimitiveCall.Operand(shim_argument_destination, outputs[0], memory.outputs[0]),
      ], scratch: memory.scratch)
    return { try call.run() }
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
