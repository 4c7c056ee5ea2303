import GraphIR
import Kernels

/// Indices as rows of a unit matrix, ONNX `OneHot` (opset 9 and later).
///
///     output[i…, k, j…] = values[1] if k is indices[i…, j…] (mod depth), else values[0]
///
/// ## Shapes    the axes of indices, with one of length `depth` put in
/// ## Channels  the axes of indices tied; the new one is compared with indices
/// ## Cost      none
/// - Throws: `attribute-value` if the axis is out of range.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__OneHot.html>
package struct OneHot: ComposedOperator {
  package static let identifiers = [OperatorIdentifier("OneHot")]

  private let axis: Int

  package init(_ node: OperatorNode) throws { axis = try node.int("axis") ?? -1 }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    var fact = ValueFact(elementType: inputs[2]?.elementType)
    guard var shape = inputs[0]?.shape else { return [fact] }
    let axis = try resolveAxis(axis, rank: shape.count + 1)
    shape.insert(ContentGrid(inputs[1])?.elements.first?.value ?? inputs.freshDimension(axis), at: axis)
    fact.shape = shape
    return [fact]
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    guard let rank = ties.signature.input(0)?.rank, let axis = checkedAxis(axis, rank: rank + 1) else {
      return
    }
    for own in 0..<rank { ties.tie(.input(0, axis: own), .output(0, axis: own < axis ? own : own + 1)) }
    ties.pin(.output(0, axis: axis), "is compared with indices")
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? { nil }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func compose(_ chain: inout KernelChain, _ call: KernelCall) throws -> [KernelChain.Value?] {
    let indices = try chain.cast(chain.input(0), to: .integer(.int64))
    let dims = try call.outputDims()
    let axis = try resolveAxis(axis, rank: dims.count)
    let values = try chain.input(2)
    let kernel = OneHotKernel(indices: indices.dims, depth: dims[axis], axis: axis, values.scalar)
    return [try chain.run(kernel, indices, nil, values)]
  }

  package func refit(_ edit: inout NodeEdit) throws {}
}
