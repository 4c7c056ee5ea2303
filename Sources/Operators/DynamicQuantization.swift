import GraphIR
import Kernels

/// Quantisation with a scale that the data decide, ONNX `DynamicQuantizeLinear` (opset 11 and later).
///
///     scale = (max(x, 0) − min(x, 0)) / 255        y = saturate(round(x / scale) + zero)
///
/// ## Shapes    y like x, uint8; scale and zero are scalars
/// ## Channels  all stay: every element has a say in the scale
/// ## Cost      none
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__DynamicQuantizeLinear.html>
package struct DynamicQuantization: ComputableOperator {
  package static let identifiers = [OperatorIdentifier("DynamicQuantizeLinear")]

  package init(_ node: OperatorNode) throws {}

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    [
      ValueFact(elementType: .uint8, shape: inputs[0]?.shape),
      ValueFact(elementType: .float, shape: []),
      ValueFact(elementType: .uint8, shape: []),
    ]
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    let reason = "is quantised with a scale in which every element has a say"
    ties.pinAll(ties.axes(ofInput: 0) + ties.axes(ofOutput: 0), reason)
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? { nil }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func kernel(_ call: KernelCall) throws -> any Kernel {
    DynamicQuantizeLinearKernel(try call.dims(0))
  }

  package func refit(_ edit: inout NodeEdit) throws {}
}
