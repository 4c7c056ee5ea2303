import GraphIR
import Kernels

/// Random zeros while training, nothing otherwise, ONNX `Dropout` (opset 1 and later).
///
///     output = data, unless training_mode; mask = which elements were kept
///
/// ## Shapes    output and mask like data
/// ## Channels  every axis tied; all stay while training
/// ## Cost      none
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__Dropout.html>
package struct Dropout: ComposedOperator {
  package static let identifiers = [OperatorIdentifier("Dropout")]

  private let hasBooleanMask: Bool
  private let hasTrainingMode: Bool
  private let ratio: Double

  package init(_ node: OperatorNode) throws {
    hasBooleanMask = node.opsetVersion >= 10
    hasTrainingMode = node.opsetVersion >= 12
    ratio = Double(try node.float("ratio") ?? 0.5)
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    let data = ValueFact(elementType: inputs[0]?.elementType, shape: inputs[0]?.shape)
    let mask = ValueFact(elementType: hasBooleanMask ? .bool : data.elementType, shape: data.shape)
    return Array([data, mask].prefix(inputs.outputCount))
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    if isRandom(ties.signature, unlessKnown: false) {
      return ties.pinAll(ties.axes(ofInput: 0), "is set to zero at random")
    }
    for output in ties.signature.outputs.indices { ties.tieAxes(ofInput: 0, toOutput: output) }
  }

  /// Whether the node is told to train. Other numbers are drawn for another number of channels.
  private func isRandom(_ signature: Signature, unlessKnown fallback: Bool) -> Bool {
    guard hasTrainingMode, let mode = signature.input(2) else { return false }
    return mode.scalar.map { $0 != 0 } ?? fallback
  }

  /// What is random is zero at best; the mask is another number.
  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? {
    guard let value = operands.first ?? nil, signature.output(1) == nil else { return nil }
    return value == 0 || !isRandom(signature, unlessKnown: true) ? value : nil
  }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func compose(_ chain: inout KernelChain, _ call: KernelCall) throws -> [KernelChain.Value?] {
    let data = try chain.input(0)
    guard call.mode == .training else {
      guard
        !hasTrainingMode || !call.has(2) || call.signature.input(2)?.scalar == 0
          || (try? call.integers(2)) == [0]
      else { throw KernelError("it drops elements outside of training, too") }
      let result = try chain.run(ReshapeKernel(data.dims, data.scalar), data)
      guard call.wants(1) else { return [result] }
      let format = try call.outputFormat(1)
      return [result, try chain.run(ConstantFillKernel(data.dims, value: 1, format.scalar))]
    }
    guard !call.wants(1) else { throw KernelError("its mask has no kernel in training") }
    let given = call.has(1) ? try call.doubles(1).first : nil
    return [try chain.run(DropoutKernel(data.dims, ratio: given ?? ratio, seed: call.seed), data)]
  }

  package func refit(_ edit: inout NodeEdit) throws {}
}
