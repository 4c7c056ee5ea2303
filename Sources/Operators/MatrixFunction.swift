import GraphIR

/// Functions of square matrices, ONNX `Det` (opset 11 and later) and ONNX Runtime's `Inverse`.
///
/// ## Shapes    X [*, M, M]; Det [*], Inverse [*, M, M]
/// ## Channels  the leading axes tied; the matrices stay whole
/// ## Cost      none
/// - Throws: `shape-mismatch` if X holds no square matrices.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__Det.html>
package struct MatrixFunction: Operator {
  package static let identifiers = [OperatorIdentifier("Det"), .microsoft("Inverse")]

  private let isScalar: Bool

  package init(_ node: OperatorNode) throws { isScalar = node.opType == "Det" }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    var fact = ValueFact(elementType: inputs[0]?.elementType, shape: inputs[0]?.shape)
    guard let shape = fact.shape else { return [fact] }
    guard shape.count >= 2 else {
      throw CompileError("shape-mismatch", "X has rank \(shape.count), matrices need 2")
    }
    if let rows = shape[shape.count - 2].known, let columns = shape[shape.count - 1].known, rows != columns {
      throw CompileError("shape-mismatch", "X holds matrices of \(rows) rows and \(columns) columns")
    }
    if isScalar { fact.shape = Array(shape.dropLast(2)) }
    return [fact]
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    guard let rank = ties.signature.input(0)?.rank, rank >= 2 else { return }
    for axis in 0..<rank - 2 { ties.tie(.input(0, axis: axis), .output(0, axis: axis)) }
    ties.pinAll(
      ties.axes(ofInput: 0, from: rank - 2) + ties.axes(ofOutput: 0, from: rank - 2), "belongs to a matrix")
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? { nil }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func refit(_ edit: inout NodeEdit) throws {}
}
