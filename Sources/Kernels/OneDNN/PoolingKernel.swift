import COneDNN

/// Maximum or average over a window that slides over the spatial axes, in whatever layout X has.
///
/// ## Shapes    X [N, C, …], Y [N, C, …′]
package final class PoolingKernel: DifferentiableKernel {
  package enum Function: Sendable {
    case maximum
    case average(countsPadding: Bool)
  }

  package let inputs: [TensorLayout?]
  package let outputs: [TensorLayout?]
  package let differentiableInputs = [0]
  package let backwardReads = BackwardReads()
  package let workspaceByteCount: Int
  package let scratchByteCount: Int

  private let forwardPass: Primitive
  private let backwardPass: Primitive?

  /// - Throws: ``KernelError`` where oneDNN has no such pooling.
  package init(
    _ function: Function, input: TensorLayout, output: [Int], kernel: [Int], geometry: ConvolutionGeometry,
    mode: KernelMode
  ) throws {
    let (isMaximum, countsPadding) =
      switch function {
      case .maximum: (true, false)
      case .average(let countsPadding): (false, countsPadding)
      }
    let isTraining = mode == .training
    let source = input.descriptor
    let any = MemoryDescriptor(any: output)
    func make(_ destination: MemoryDescriptor, _ forward: Primitive?) throws -> Primitive {
      try Primitive(
        shim_pooling(
          forward == nil
            ? (isTraining ? shim_forward_training : shim_forward_inference) : shim_backward_data, isMaximum,
          countsPadding, source.handle, destination.handle, geometry.strides.wide, kernel.wide,
          geometry.dilations.map { Int64($0 - 1) }, geometry.padsBegin.wide, geometry.padsEnd.wide,
          forward?.handle))
    }
    forwardPass = try make(any, nil)
    guard let layout = forwardPass.layout(shim_destination, output) else {
      throw KernelError("oneDNN: a pooling without a result")
    }
    inputs = [input]
    outputs = [layout]
    backwardPass = isTraining ? try make(layout.descriptor, forwardPass) : nil
    workspaceByteCount = forwardPass.byteCount(shim_workspace)
    scratchByteCount = max(
      forwardPass.byteCount(shim_scratchpad), backwardPass?.byteCount(shim_scratchpad) ?? 0)
  }

  package func forward(_ memory: ForwardMemory) throws -> KernelTask {
    let call = try PrimitiveCall(
      forwardPass,
      [
        PrimitiveCall.Operand(shim_argument_source, inputs[0], memory.inputs[0]),
        PrimitiveCall.Operand(shim_argument_destination, outputs[0], memory.outputs[0]),
      ], workspace: memory.workspace, scratch: memory.scratch)
    return { try call.run() }
  }

  package func backward(_ memory: BackwardMemory) throws -> KernelTask {
    guard let backwardPass, let target = memory.inputGradients[0] else { return {} }
    let call = try PrimitiveCall(
      backwardPass,
      [
        PrimitiveCall.Operand(shim_argument_source_gradient, inputs[0], target),
        PrimitiveCall.Operand(shim_argument_destination_gradient, outputs[0], memory.outputGradients[0]),
      ], workspace: memory.workspace, scratch: memory.scratch)
    return { try call.run() }
  }
}
