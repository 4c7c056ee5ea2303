import GraphIR
import Kernels

/// Axes of length 1 put in, ONNX `Unsqueeze` (opset 1 and later).
///
/// ## Shapes    the axes named, counted in the output, are 1 (an attribute before opset 13, then an input)
/// ## Channels  the other axes tied, one to one
/// ## Cost      none
/// - Throws: `attribute-value` if an axis is out of range or named twice.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__Unsqueeze.html>
package struct Unsqueeze: ComputableOperator {
  package static let identifiers = [OperatorIdentifier("Unsqueeze")]

  private let axes: IntegerList

  package init(_ node: OperatorNode) throws {
    axes = node.opsetVersion < 13 ? try IntegerList(attribute: "axes", of: node) : .input(1)
  }

  /// Output axes that come from the input, in order; nil where that is not known.
  private func kept(_ signature: Signature) throws -> [Int]? {
    guard let rank = signature.input(0)?.rank, let named = axes.known(signature) else { return nil }
    let fresh = try resolveAxes(named, rank: rank + named.count)
    return (0..<rank + named.count).filter { !fresh.contains($0) }
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    var fact = ValueFact(elementType: inputs[0]?.elementType)
    guard let shape = inputs[0]?.shape else { return [fact] }
    guard let kept = try kept(inputs.signature) else {
      fact.shape = axes.count(inputs.signature).map { inputs.freshShape(rank: shape.count + $0) }
      return [fact]
    }
    var result = [Dimension](repeating: 1, count: shape.count + (axes.known(inputs.signature)?.count ?? 0))
    for (from, axis) in kept.enumerated() { result[axis] = shape[from] }
    fact.shape = result
    fact.content = ContentGrid(inputs[0])?.elements
    return [fact]
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    guard let kept = try? kept(ties.signature), let rank = ties.signature.output(0)?.rank else { return }
    for axis in 0..<rank where !kept.contains(axis) { ties.free(.output(0, axis: axis)) }
    for (from, axis) in kept.enumerated() { ties.tie(.input(0, axis: from), .output(0, axis: axis)) }
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? {
    operands.first ?? nil
  }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func kernel(_ call: KernelCall) throws -> any Kernel {
    try ReshapeKernel(call.dims(0), to: call.outputDims(), call.scalar(0))
  }

  package func refit(_ edit: inout NodeEdit) throws {}
}
