import GraphIR

/// A matrix product with weights packed in a few bits, ONNX Runtime's `MatMulNBits` and `MatMulBnb4`.
///
///     Y[…,n] = Σ k  A[…,k] · dequantise(B)[n,k]
///
/// ## Shapes    A […, K], B packed, Y […, N]; N is an attribute
/// ## Channels  leading axes of A ≡ Y's; K and N stay: their weights are packed in blocks
/// ## Cost      MACs batch·N·K; the packed bytes are the parameters
/// - Throws: `shape-mismatch` if A's last axis is not K.
/// - SeeAlso: <https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md>
package struct BlockQuantizedProduct: Operator {
  package static let identifiers = ["MatMulNBits", "MatMulBnb4"].map(OperatorIdentifier.microsoft)

  private let depth: Int?
  private let columns: Int?

  package init(_ node: OperatorNode) throws {
    depth = try node.int("K")
    columns = try node.int("N")
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    var fact = ValueFact(elementType: inputs[0]?.elementType)
    guard let shape = inputs[0]?.shape, let last = shape.last else { return [fact] }
    if let depth, let own = last.known, own != depth {
      throw CompileError("shape-mismatch", "A has \(own) columns to sum over, attribute 'K' is \(depth)")
    }
    fact.shape = shape.dropLast() + [columns.map { Dimension($0) } ?? inputs.freshDimension(shape.count - 1)]
    return [fact]
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    guard let rank = ties.signature.input(0)?.rank, rank > 0 else { return }
    for axis in 0..<rank - 1 { ties.tie(.input(0, axis: axis), .output(0, axis: axis)) }
    ties.pinAll(
      [.input(0, axis: rank - 1), .output(0, axis: rank - 1)] + ties.axes(ofInput: 1),
      "belongs to weights packed in blocks")
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? {
    operands.element(0) == 0 ? 0 : nil
  }

  package func cost(_ signature: Signature) -> Cost {
    let output = signature.output(0)?.runLengths
    return Cost(
      multiplyAccumulates: depth.flatMap { depth in output.flatMap { ($0 + [depth]).product } },
      parameterOperands: [1, 2, 3])
  }

  package func refit(_ edit: inout NodeEdit) throws {}
}
