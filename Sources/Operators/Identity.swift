import GraphIR
import Kernels

/// The same tensor, ONNX `Identity` (opset 1 and later).
///
/// ## Shapes    output like input
/// ## Channels  every axis tied
/// ## Cost      none
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__Identity.html>
package struct Identity: ComputableOperator {
  package static let identifiers = [OperatorIdentifier("Identity")]

  package init(_ node: OperatorNode) throws {}

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    var fact = ValueFact(elementType: inputs[0]?.elementType, shape: inputs[0]?.shape)
    fact.content = ContentGrid(inputs[0])?.elements
    fact.element = inputs[0]?.element
    return [fact]
  }

  package func tieChannels(_ ties: inout ChannelTies) { ties.tieAxes(ofInput: 0, toOutput: 0) }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? {
    operands.first ?? nil
  }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func kernel(_ call: KernelCall) throws -> any Kernel {
    try ReshapeKernel(call.dims(0), to: call.outputDims(), call.scalar(0))
  }

  package func refit(_ edit: inout NodeEdit) throws {}
}

extension ChannelTies {
  /// Ties every axis of an output of an input's shape.
  mutating func tieAxes(ofInput input: Int, toOutput output: Int) {
    guard let rank = signature.input(input)?.rank, signature.output(output)?.rank == rank else { return }
    for axis in 0..<rank { tie(.input(input, axis: axis), .output(output, axis: axis)) }
  }
}
