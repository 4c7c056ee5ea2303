import COneDNN

/// A copy of a tensor into another layout; its gradient is the copy back.
package final class Reorder: DifferentiableKernel {
  package let inputs: [TensorLayout?]
  package let outputs: [TensorLayout?]
  package let differentiableInputs = [0]
  package let backwardReads = BackwardReads()

  private let source: TensorLayout
  private let target: TensorLayout

  /// ## Shapes    both of the same lengths
  package init(from source: TensorLayout, to target: TensorLayout) {
    precondition(source.dims == target.dims && source.scalar == .float)
    self.source = source
    self.target = target
    inputs = [source]
    outputs = [target]
  }

  package func forward(_ memory: ForwardMemory) throws -> KernelTask {
    let call = try Self.call(source.descriptor, memory.inputs[0], to: target.descriptor, memory.outputs[0])
    return { try call.run() }
  }

  package func backward(_ memory: BackwardMemory) throws -> KernelTask {
    let call = try Self.call(
      target.descriptor, memory.outputGradients[0], to: source.descriptor, memory.inputGradients[0])
    return { try call.run() }
  }

  /// A copy as one call, for kernels that reorder what is theirs.
  static func call(
    _ source: MemoryDescriptor, _ from: UnsafeMutableRawPointer?, to target: MemoryDescriptor,
    _ into: UnsafeMutableRawPointer?
  ) throws -> PrimitiveCall {
    try PrimitiveCall(
      Primitive(shim_reorder(source.handle, target.handle)),
      [
        PrimitiveCall.Operand(shim_argument_source, source, from),
        PrimitiveCall.Operand(shim_argument_destination, target, into),
      ])
  }
}
