import GraphIR
import Kernels

/// A matrix of the same elements, ONNX `Flatten` (opset 1 and later).
///
///     Y = X as a matrix of Π X.shape[..<axis] rows
///
/// ## Shapes    X of any rank, Y [Π X₀…Xₐ₋₁, Π Xₐ…]
/// ## Channels  as `Reshape`: the outermost axis of each side that is merged, slot by slot of the elements it covers
/// ## Cost      none
/// - Throws: `attribute-value` if X has no such axis.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__Flatten.html>
package struct Flatten: ComputableOperator {
  package static let identifiers = [OperatorIdentifier("Flatten")]

  private let axis: Int

  package init(_ node: OperatorNode) throws { axis = try node.int("axis") ?? 1 }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    var fact = ValueFact(elementType: inputs[0]?.elementType)
    guard let shape = inputs[0]?.shape else {
      fact.shape = inputs.freshShape(rank: 2)
      return [fact]
    }
    let split = axis == shape.count ? axis : try resolveAxis(axis, rank: max(shape.count, 1))
    fact.shape = [
      shape[..<min(split, shape.count)].reduce(1, *), shape[min(split, shape.count)...].reduce(1, *),
    ]
    fact.content = ContentGrid(inputs[0])?.elements
    return [fact]
  }

  package func tieChannels(_ ties: inout ChannelTies) { ties.tieReshaped() }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? {
    operands.first ?? nil
  }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func kernel(_ call: KernelCall) throws -> any Kernel {
    try ReshapeKernel(call.dims(0), to: call.outputDims(), call.scalar(0))
  }

  package func refit(_ edit: inout NodeEdit) throws {}
}
