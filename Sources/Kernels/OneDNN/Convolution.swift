import COneDNN

/// How a convolution's window moves. Per spatial axis; pads may be negative nowhere.
package struct ConvolutionGeometry: Sendable, Hashable {
  package var groups: Int
  package var strides: [Int]
  package var dilations: [Int]
  package var padsBegin: [Int]
  package var padsEnd: [Int]
  /// A transposed convolution: W is [C, O/G, …] and Y the larger side.
  package var isTransposed: Bool

  package init(
    groups: Int = 1, strides: [Int], dilations: [Int], padsBegin: [Int], padsEnd: [Int],
    isTransposed: Bool = false
  ) {
    self.groups = groups
    self.strides = strides
    self.dilations = dilations
    self.padsBegin = padsBegin
    self.padsEnd = padsEnd
    self.isTransposed = isTransposed
  }
}

/// A convolution or transposed convolution on oneDNN, in the layouts that it prefers.
///
/// ## Shapes    X [N, C, …], W [O, C/G, …] (transposed: [C, O/G, …]), B [O], Y [N, O, …]; W and B row-major
///
/// W is brought into oneDNN's layout by the kernel itself: in training at every step, otherwise once, until
/// ``parametersChanged()``.
package final class Convolution: DifferentiableKernel, PreparesParameters {
  package let inputs: [TensorLayout?]
  package let outputs: [TensorLayout?]
  package let differentiableInputs: [Int]
  package let backwardReads = BackwardReads(inputs: [0, 1])
  package private(set) var workspaceByteCount = 0
  package private(set) var scratchByteCount = 0

  private let mode: KernelMode
  private let forwardPass: Primitive
  private let forwardWeights: WeightLayout
  private let backward: Backward?
  private var isPrepared = false

  /// The primitives of the backward pass and how W lies for each.
  private struct Backward {
    let byData: Primitive?
    let dataWeights: WeightLayout?
    let byWeights: Primitive
    let gradient: WeightLayout
    let biasBytes: Int

    /// Where B's gradient goes if nobody wants it; before it is room for W's. The primitive makes both.
    var spareBias: Int { max(gradient.byteCount, gradient.native.byteCount).roundedUpToLine }
    var spareByteCount: Int { spareBias + biasBytes }
  }

  /// - Parameters:
  ///   - weights: lengths of W as ONNX has them.
  ///   - activation: computed on Y in place.
  ///   - wantsDataGradient: false where X is the network's own input.
  /// - Throws: ``KernelError`` where oneDNN has no such convolution.
  package init(
    input: TensorLayout, weights: [Int], hasBias: Bool, output: [Int], geometry: ConvolutionGeometry,
    mode: KernelMode, activation: Activation? = nil, wantsDataGradient: Bool = true,
    algorithms: ConvolutionAlgorithms = .direct
  ) throws {
    let chosen = try algorithms.choose(
      for: ConvolutionShape(
        input: input.dims, weights: weights, output: output, hasBias: hasBias, geometry: geometry,
        activation: activation),
      isTraining: mode == .training, wantsDataGradient)
    let shape = chosen.shape
    self.mode = mode
    forwardPass = chosen.forward
    forwardWeights = try shape.weightLayout(chosen.forward, shim_weights)
    guard let source = shape.sourceLayout(chosen.forward),
      let destination = chosen.forward.layout(shim_destination, output)
    else { throw KernelError("oneDNN: a convolution: out of memory") }
    inputs = [
      source, TensorLayout(weights), hasBias ? TensorLayout([shape.outputChannels]) : nil,
    ]
    outputs = [destination]
    differentiableInputs = hasBias ? [0, 1, 2] : [0, 1]
    if let byWeights = chosen.byWeights {
      backward = Backward(
        byData: chosen.byData,
        dataWeights: try chosen.byData.map { try shape.weightLayout($0, shim_weights) },
        byWeights: byWeights, gradient: try shape.weightLayout(byWeights, shim_weights_gradient),
        biasBytes: (inputs[2]?.byteCount ?? 0).roundedUpToLine)
    } else {
      backward = nil
    }
    let weightBytes = forwardWeights.byteCount.roundedUpToLine
    if mode == .inference { workspaceByteCount = weightBytes }
    let passes = [
      forwardPass.byteCount(shim_scratchpad) + (mode == .inference ? 0 : weightBytes),
      (backward?.byData?.byteCount(shim_scratchpad) ?? 0)
        + (backward?.dataWeights?.byteCount.roundedUpToLine ?? 0),
      (backward?.byWeights.byteCount(shim_scratchpad) ?? 0) + (backward?.spareByteCount ?? 0),
    ]
    scratchByteCount = passes.max() ?? 0
  }

  package func parametersChanged() { isPrepared = false }

  /// What oneDNN calls the implementations that it uses, for reports.
  package var implementations: [String] {
    [forwardPass, backward?.byData, backward?.byWeights].compactMap { $0?.implementation }
  }

  package func forward(_ memory: ForwardMemory) throws -> KernelTask {
    let kept = mode == .inference ? memory.workspace : memory.scratch
    let offset = mode == .inference ? 0 : forwardWeights.byteCount.roundedUpToLine
    let weights = try forwardWeights.arrange(from: memory.inputs[1], into: kept)
    var operands = [
      try PrimitiveCall.Operand(shim_argument_source, inputs[0], memory.inputs[0]),
      try weights.operand(shim_argument_weights),
      try PrimitiveCall.Operand(shim_argument_destination, outputs[0], memory.outputs[0]),
    ]
    if let bias = inputs[2] {
      operands.append(try PrimitiveCall.Operand(shim_argument_bias, bias, memory.inputs[2]))
    }
    let call = try PrimitiveCall(forwardPass, operands, scratch: memory.scratch.map { $0 + offset })
    // Another place for W, which nothing was brought to yet.
    isPrepared = false
    guard mode == .inference else {
      return {
        try weights.run()
        try call.run()
      }
    }
    return { [self] in
      if !isPrepared {
        try weights.run()
        isPrepared = true
      }
      try call.run()
    }
  }

  package func backward(_ memory: BackwardMemory) throws -> KernelTask {
    guard let backward else { throw KernelError("a convolution for inference has no gradient") }
    var calls: [() throws -> Void] = []
    let gradient = memory.outputGradients[0]
    if let target = memory.inputGradients[0], let byData = backward.byData, let layout = backward.dataWeights
    {
      let weights = try layout.arrange(from: memory.inputs[1], into: memory.scratch)
      let call = try PrimitiveCall(
        byData,
        [
          PrimitiveCall.Operand(shim_argument_source_gradient, inputs[0], target),
          weights.operand(shim_argument_weights),
          PrimitiveCall.Operand(shim_argument_destination_gradient, outputs[0], gradient),
        ], scratch: memory.scratch.map { $0 + layout.byteCount.roundedUpToLine })
      calls.append {
        try weights.run()
        try call.run()
      }
    }
    if memory.inputGradients[1] != nil || memory.inputGradients[2] != nil {
      let weights = try backward.gradient.arrange(
        into: memory.inputGradients[1] ?? memory.scratch, from: memory.scratch)
      var operands = [
        try PrimitiveCall.Operand(shim_argument_source, inputs[0], memory.inputs[0]),
        try weights.operand(shim_argument_weights_gradient),
        try PrimitiveCall.Operand(shim_argument_destination_gradient, outputs[0], gradient),
      ]
      if let bias = inputs[2] {
        operands.append(
          try PrimitiveCall.Operand(
            shim_argument_bias_gradient, bias,
            memory.inputGradients[2] ?? memory.scratch.map { $0 + backward.spareBias }))
      }
      let call = try PrimitiveCall(
        backward.byWeights, operands,
        scratch: memory.scratch.map { $0 + backward.spareByteCount })
      let isWanted = memory.inputGradients[1] != nil
      calls.append {
        try call.run()
        if isWanted { try weights.run() }
      }
    }
    return { for call in calls { try call() } }
  }
}

/// A kernel that keeps parameters in a form of its own while they do not change.
package protocol PreparesParameters: Kernel {
  /// The parameters were written to since the last run.
  func parametersChanged()
}

extension Int {
  /// Bytes up to the next boundary of a cache line.
  package var roundedUpToLine: Int { (self + 63) & ~63 }
}
