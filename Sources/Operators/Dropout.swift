import GraphIR
import Kernels

/// Random zeros while training, nothing otherwise, ONNX `Dropout` (opset 1 and later).
///
///     output = data, unless training_mode; mask = which elements were kept
///
/// ## Shapes    output and mask like data
/// ## Channels  every axis tied
/// ## Cost      none
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__Dropout.html>
package struct Dropout: ComputableOperator {
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
    for output in ties.signature.outputs.indices { ties.tieAxes(ofInput: 0, toOutput: output) }
  }

  /// What is random is zero at best.
  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? {
    guard let value = operands.first ?? nil else { return nil }
    let isRandom = hasTrainingMode && signature.input(2) != nil && signature.input(2)?.scalar != 0
    return value == 0 || !isRandom ? value : nil
  }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func kernel(_ call: KernelCall) throws -> any Kernel {
    guard call.mode == .training else {
      return ReshapeKernel(try call.dims(0), to: try call.outputDims(), try call.scalar(0))
    }
    let given = call.has(1) ? try call.doubles(1).first : nil
    return DropoutKernel(try call.dims(0), ratio: given ?? ratio, seed: call.seed)
  }

  package func refit(_ edit: inout NodeEdit) throws {}
}
