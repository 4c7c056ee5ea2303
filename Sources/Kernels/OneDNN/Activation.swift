import COneDNN

/// A function of one number that oneDNN computes in any layout, alone or fused behind another kernel.
package enum Activation: Sendable, Hashable {
  case relu
  case leakyRelu(alpha: Float)
  case clip(min: Float, max: Float)
  case sigmoid
  case tanh
  case elu(alpha: Float)
  case hardSwish
  /// x · sigmoid(α·x)
  case swish(alpha: Float)
  case gelu
  case tanhGelu
  case softPlus
  case exp
  case log
  case abs
  case sqrt
  /// α·x + β
  case linear(alpha: Float, beta: Float)

  /// oneDNN's name, and its two parameters.
  var native: (kind: shim_eltwise, alpha: Float, beta: Float) {
    switch self {
    case .relu: (shim_relu, 0, 0)
    case .leakyRelu(let alpha): (shim_relu, alpha, 0)
    case .clip(let low, let high): (shim_clip, low, high)
    case .sigmoid: (shim_sigmoid, 0, 0)
    case .tanh: (shim_tanh, 0, 0)
    case .elu(let alpha): (shim_elu, alpha, 0)
    case .hardSwish: (shim_hard_swish, 0, 0)
    case .swish(let alpha): (shim_swish, alpha, 0)
    case .gelu: (shim_gelu_erf, 0, 0)
    case .tanhGelu: (shim_gelu_tanh, 0, 0)
    case .softPlus: (shim_soft_plus, 0, 0)
    case .exp: (shim_exp, 0, 0)
    case .log: (shim_log, 0, 0)
    case .abs: (shim_abs, 0, 0)
    case .sqrt: (shim_sqrt, 0, 0)
    case .linear(let alpha, let beta): (shim_linear, alpha, beta)
    }
  }

  /// The form whose gradient follows from the result alone, so that the input need not be kept.
  var nativeByOutput: shim_eltwise? {
    switch self {
    case .relu: shim_relu_dst
    case .sigmoid: shim_sigmoid_dst
    case .tanh: shim_tanh_dst
    case .clip(let low, let high): low < high ? shim_clip_dst : nil
    default: nil
    }
  }
}

/// What a primitive computes on its result before it stores it.
final class FusedOperations {
  let handle: OpaquePointer

  init(_ activations: [Activation]) throws {
    handle = shim_attributes_create()
    for activation in activations {
      let (kind, alpha, beta) = activation.native
      guard shim_attributes_append_eltwise(handle, kind, alpha, beta) else {
        throw KernelError(String(cString: shim_last_error()))
      }
    }
  }

  deinit { shim_attributes_free(handle) }
}

/// An activation by itself, in whatever layout X has.
///
/// ## Shapes    Y like X
package final class ActivationKernel: DifferentiableKernel {
  package let inputs: [TensorLayout?]
  package let outputs: [TensorLayout?]
  package let overwritableInputs: [Int]
  package let differentiableInputs = [0]
  package let backwardReads: BackwardReads
  package let overwritesOutputGradient = true
  package private(set) var scratchByteCount = 0

  private let forwardPass: Primitive
  private let backwardPass: Primitive?

  /// - Throws: ``KernelError`` where oneDNN has no such function.
  package init(_ activation: Activation, input: TensorLayout, mode: KernelMode) throws {
    inputs = [input]
    outputs = [input]
    let (kind, alpha, beta) = activation.native
    let byOutput = activation.nativeByOutput
    let data = input.descriptor
    let isTraining = mode == .training
    forwardPass = try Primitive(
      shim_eltwise_primitive(
        isTraining ? shim_forward_training : shim_forward_inference, byOutput ?? kind, alpha, beta,
        data.handle,
        nil, nil))
    backwardPass =
      isTraining
      ? try Primitive(
        shim_eltwise_primitive(
          shim_backward_data, byOutput ?? kind, alpha, beta, data.handle, data.handle, forwardPass.handle))
      : nil
    backwardReads = byOutput == nil ? BackwardReads(inputs: [0]) : BackwardReads(outputs: [0])
    overwritableInputs = byOutput == nil && isTraining ? [] : [0]
    scratchByteCount = max(
      forwardPass.byteCount(shim_scratchpad), backwardPass?.byteCount(shim_scratchpad) ?? 0)
  }

  package func forward(_ memory: ForwardMemory) throws -> KernelTask {
    let call = try PrimitiveCall(
      forwardPass,
      [
        PrimitiveCall.Operand(shim_argument_source, inputs[0], memory.inputs[0]),
        PrimitiveCall.Operand(shim_argument_destination, outputs[0], memory.outputs[0]),
      ], scratch: memory.scratch)
    return { try call.run() }
  }

  package func backward(_ memory: BackwardMemory) throws -> KernelTask {
    guard let backwardPass, let target = memory.inputGradients[0] else { return {} }
    let read =
      backwardReads.inputs.isEmpty
      ? try PrimitiveCall.Operand(shim_argument_destination, outputs[0], memory.outputs[0])
      : try PrimitiveCall.Operand(shim_argument_source, inputs[0], memory.inputs[0])
    let call = try PrimitiveCall(
      backwardPass,
      [
        read,
        PrimitiveCall.Operand(shim_argument_destination_gradient, outputs[0], memory.outputGradients[0]),
        PrimitiveCall.Operand(shim_argument_source_gradient, inputs[0], target),
      ], scratch: memory.scratch)
    return { try call.run() }
  }
}
