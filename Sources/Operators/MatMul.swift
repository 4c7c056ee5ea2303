import GraphIR
import Kernels

/// A matrix product with NumPy's rules for every rank, ONNX `MatMul` (opset 1 and later), and ONNX Runtime's
/// `FusedMatMul`, which transposes and scales.
///
///     Y[…,m,n] = α · Σ k  A[…,m,k] · B[…,k,n]        FusedMatMul: A[…,k,m] with transA, B[…,n,k] with transB
///
/// ## Shapes    A […, M, K] or [K], B […, K, N] or [K], leading axes broadcast, Y […, M, N]; not followed where
///              transBatchA or transBatchB moves the batch
/// ## Channels  A's k ≡ B's k, pinned unless one side is constant: that side produces and consumes; m, n and the
///              leading axes ≡ Y's
/// ## Cost      MACs batch·M·N·K
/// - Throws: `shape-mismatch` if K differs, an operand is a scalar, or leading axes do not broadcast.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__MatMul.html>
package struct MatMul: ComposedOperator {
  package static let identifiers = [
    OperatorIdentifier("MatMul"), .microsoft("FusedMatMul"), .microsoft("TransposeMatMul"),
  ]

  private let isLeftTransposed: Bool
  private let isRightTransposed: Bool
  private let movesBatch: Bool
  private let alpha: Float

  package init(_ node: OperatorNode) throws {
    isLeftTransposed = try node.int("transA") ?? 0 != 0
    isRightTransposed = try node.int("transB") ?? 0 != 0
    alpha = try node.float("alpha") ?? 1
    movesBatch = try node.int("transBatchA") ?? 0 != 0 || node.int("transBatchB") ?? 0 != 0
  }

  /// Which axes play which part, for two ranks.
  private struct Axes {
    let left: Int
    let right: Int
    let isLeftTransposed: Bool
    let isRightTransposed: Bool

    var leftSum: OperandAxis { .input(0, axis: left == 1 ? 0 : left - (isLeftTransposed ? 2 : 1)) }
    var rightSum: OperandAxis { .input(1, axis: right == 1 ? 0 : right - (isRightTransposed ? 1 : 2)) }
    var row: OperandAxis? { left == 1 ? nil : .input(0, axis: left - (isLeftTransposed ? 1 : 2)) }
    var column: OperandAxis? { right == 1 ? nil : .input(1, axis: right - (isRightTransposed ? 2 : 1)) }
    var batchRank: Int { max(left, right, 2) - 2 }
    var rowOutput: OperandAxis { .output(0, axis: batchRank) }
    var columnOutput: OperandAxis { .output(0, axis: batchRank + (left == 1 ? 0 : 1)) }
  }

  private func axes(_ left: ValueFact?, _ right: ValueFact?) -> Axes? {
    guard !movesBatch, let left = left?.rank, let right = right?.rank, left > 0, right > 0 else { return nil }
    return Axes(
      left: left, right: right, isLeftTransposed: isLeftTransposed, isRightTransposed: isRightTransposed)
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    try inputs.expectNumbers()
    var result = ValueFact(elementType: inputs[0]?.elementType ?? inputs[1]?.elementType)
    guard !movesBatch, let left = inputs[0]?.shape, let right = inputs[1]?.shape else { return [result] }
    guard let axes = axes(inputs[0], inputs[1]) else {
      throw CompileError("shape-mismatch", "a scalar is no operand of a matrix product")
    }
    if let a = left[axes.leftSum.axis].known, let b = right[axes.rightSum.axis].known, a != b {
      throw CompileError("shape-mismatch", "A has \(a) columns to sum over, B has \(b) rows")
    }
    result.shape =
      try Broadcast.shape([Array(left.dropLast(2)), Array(right.dropLast(2))])
      + [axes.row.map { left[$0.axis] }, axes.column.map { right[$0.axis] }].compactMap(\.self)
    return [result]
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    guard let axes = axes(ties.signature.input(0), ties.signature.input(1)) else { return }
    ties.tie(axes.leftSum, axes.rightSum)
    if let row = axes.row { ties.tie(row, axes.rowOutput) }
    if let column = axes.column { ties.tie(column, axes.columnOutput) }
    switch constantSide(ties.signature) {
    case 1?:
      ties.consume(axes.rightSum)
      if let column = axes.column { ties.produce(column) }
    case 0?:
      ties.consume(axes.leftSum)
      if let row = axes.row { ties.produce(row) }
    default: ties.pinAll([axes.leftSum, axes.rightSum], "is summed over by MatMul of two computed values")
    }
    for axis in 0..<axes.batchRank {
      let aligned = [(0, axes.left), (1, axes.right)].compactMap { operand, rank in
        let own = axis - axes.batchRank + rank - 2
        return own >= 0 ? OperandAxis.input(operand, axis: own) : nil
      }
      ties.tieBroadcast(aligned, to: .output(0, axis: axis))
    }
  }

  /// The operand that holds weights.
  private func constantSide(_ signature: Signature) -> Int? {
    [1, 0].first { signature.input($0)?.isConstantDerived == true }
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? {
    constantSide(signature).flatMap { operands.element($0) } == 0 ? 0 : nil
  }

  package func cost(_ signature: Signature) -> Cost {
    let weights = [0, 1].filter { signature.input($0)?.isConstantDerived == true }
    guard let axes = axes(signature.input(0), signature.input(1)) else {
      return Cost(multiplyAccumulates: nil, parameterOperands: weights)
    }
    let output = signature.output(0)?.runLengths
    let depth = signature.length(axes.leftSum) ?? signature.length(axes.rightSum)
    return Cost(
      multiplyAccumulates: depth.flatMap { depth in output.flatMap { ($0 + [depth]).product } },
      parameterOperands: weights)
  }

  package func compose(_ chain: inout KernelChain, _ call: KernelCall) throws -> [KernelChain.Value?] {
    guard !movesBatch else { throw KernelError("a product that moves the batch has no kernel") }
    var (left, right) = (try chain.input(0), try chain.input(1))
    // A vector is a matrix of one row, or one column.
    if left.rank == 1 { left = try chain.reshape(left, to: [1, left.dims[0]]) }
    if right.rank == 1 { right = try chain.reshape(right, to: [right.dims[0], 1]) }
    if isLeftTransposed { left = try chain.transposeMatrices(left) }
    if isRightTransposed { right = try chain.transposeMatrices(right) }
    var product = try chain.product(left, right)
    if alpha != 1 { product = try chain.combine(.mul, product, Double(alpha)) }
    if product.scalar == .integer { product = try chain.wrap(product, call.outputFormat()) }
    return [try chain.reshape(product, to: call.outputDims())]
  }

  package func refit(_ edit: inout NodeEdit) throws {}
}
