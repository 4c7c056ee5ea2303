import GraphIR

/// The lengths of a tensor's axes, ONNX `Shape` (opset 1 and later).
///
///     shape = data.shape[start ..< end]
///
/// ## Shapes    one integer for each axis from `start` to `end`
/// ## Channels  data may lose any slot: what reads the lengths is mended, or computes with the new ones
/// ## Cost      none
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__Shape.html>
package struct Shape: Operator {
  package static let identifiers = [OperatorIdentifier("Shape")]

  private let start: Int
  private let end: Int?

  package init(_ node: OperatorNode) throws {
    start = try node.int("start") ?? 0
    end = try node.int("end")
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    var fact = ValueFact(elementType: .int64, shape: inputs.freshShape(rank: 1))
    guard let shape = inputs[0]?.shape else { return [fact] }
    let extent = SliceExtent(start: start, end: end ?? shape.count, step: 1, length: shape.count)
    fact.shape = [Dimension(extent.count)]
    fact.content = (0..<extent.count).map { ContentElement(shape[extent.source($0)]) }
    return [fact]
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    for axis in ties.axes(ofInput: 0) { ties.free(axis) }
    ties.pin(.output(0, axis: 0), "has one number for each axis")
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? { nil }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func refit(_ edit: inout NodeEdit) throws {}
}
