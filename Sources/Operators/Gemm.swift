import GraphIR
import Kernels

/// A fully connected layer, ONNX `Gemm` (opset 1 and later).
///
///     Y = α·A′·B′ + β·C        A′ = Aᵀ if transA, B′ = Bᵀ if transB; C is broadcast
///
/// ## Shapes    A′ [M, K], B′ [K, N], C broadcasts to [M, N], Y [M, N]
/// ## Channels  A′₁≡B′₀; A′₀≡Y₀; B′₁≡Y₁; C's axes ≡ Y's. The constant one of A and B produces and consumes
/// ## Cost      MACs M·N·K
/// - Throws: `shape-mismatch` if K differs, a rank is not 2, or C does not broadcast to [M, N].
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__Gemm.html>
package struct Gemm: ComputableOperator {
  package static let identifiers = [OperatorIdentifier("Gemm")]

  private let isLeftTransposed: Bool
  private let isRightTransposed: Bool
  private let alpha: Float
  private let beta: Float

  package init(_ node: OperatorNode) throws {
    isLeftTransposed = try node.int("transA") ?? 0 != 0
    isRightTransposed = try node.int("transB") ?? 0 != 0
    alpha = try node.float("alpha") ?? 1
    beta = try node.float("beta") ?? 1
  }

  private var rows: OperandAxis { .input(0, axis: isLeftTransposed ? 1 : 0) }
  private var leftSum: OperandAxis { .input(0, axis: isLeftTransposed ? 0 : 1) }
  private var rightSum: OperandAxis { .input(1, axis: isRightTransposed ? 1 : 0) }
  private var columns: OperandAxis { .input(1, axis: isRightTransposed ? 0 : 1) }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    try inputs.expectNumbers()
    var result = ValueFact(elementType: inputs[0]?.elementType ?? inputs[1]?.elementType)
    for (name, fact) in [("A", inputs[0]), ("B", inputs[1])] {
      if let rank = fact?.rank, rank != 2 {
        throw CompileError("shape-mismatch", "\(name) has rank \(rank), a matrix has 2")
      }
    }
    guard let left = inputs[0]?.shape, let right = inputs[1]?.shape else {
      result.shape = [
        inputs[0]?.dimension(rows.axis) ?? inputs.freshDimension(0),
        inputs[1]?.dimension(columns.axis) ?? inputs.freshDimension(1),
      ]
      return [result]
    }
    let (summed, other) = (left[leftSum.axis], right[rightSum.axis])
    if let a = summed.known, let b = other.known, a != b {
      throw CompileError("shape-mismatch", "A has \(a) columns to sum over, B has \(b) rows")
    }
    let shape = [left[rows.axis], right[columns.axis]]
    if let bias = inputs[2]?.shape {
      guard bias.count <= 2, zip(bias.reversed(), shape.reversed()).allSatisfy(Self.fits) else {
        throw CompileError(
          "shape-mismatch",
          "C [\(bias.map(\.description).joined(separator: ", "))] does not broadcast to [\(shape[0]), \(shape[1])]"
        )
      }
    }
    result.shape = shape
    return [result]
  }

  private static func fits(_ own: Dimension, _ target: Dimension) -> Bool {
    guard let own = own.known, let target = target.known else { return true }
    return own == 1 || own == target
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    ties.tie(leftSum, rightSum)
    ties.tie(rows, .output(0, axis: 0))
    ties.tie(columns, .output(0, axis: 1))
    let isRightConstant = ties.signature.input(1)?.isConstantDerived == true
    let isLeftConstant = !isRightConstant && ties.signature.input(0)?.isConstantDerived == true
    if isRightConstant {
      ties.consume(rightSum)
      ties.produce(columns)
    } else if isLeftConstant {
      ties.consume(leftSum)
      ties.produce(rows)
    } else {
      ties.pinAll([leftSum, rightSum], "is summed over by Gemm of two computed values")
    }
    let rank = ties.signature.input(2)?.rank ?? 0
    for axis in 0..<rank {
      let (own, target): (OperandAxis, OperandAxis) = (
        .input(2, axis: axis), .output(0, axis: axis + 2 - rank)
      )
      guard ties.signature.length(own) != 1 || ties.signature.length(target) == 1 else {
        ties.free(own)
        continue
      }
      ties.tie(own, target)
      let isProduced = target.axis == 1 ? isRightConstant : isLeftConstant
      if isProduced {
        ties.produce(own, ranked: false)
      } else if ties.signature.input(2)?.isConstantDerived == true {
        ties.follow(own)
      }
    }
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? {
    let side = signature.input(1)?.isConstantDerived == true ? 1 : 0
    guard operands.element(side) == 0, signature.input(side)?.isConstantDerived == true else { return nil }
    guard let bias = signature.input(2) else { return 0 }
    return (operands.element(2) ?? bias.scalar).map { Double(beta * Float($0)) }
  }

  package func cost(_ signature: Signature) -> Cost {
    let output = signature.output(0)?.runLengths
    let depth = signature.length(leftSum) ?? signature.length(rightSum)
    let products = depth.flatMap { depth in output.flatMap { ($0 + [depth]).product } }
    return Cost(multiplyAccumulates: products, parameterOperands: [0, 1, 2])
  }

  package func kernel(_ call: KernelCall) throws -> any Kernel {
    guard try call.scalar(0) == .float else { throw KernelError("there is no kernel for integers") }
    return GemmKernel(
      try call.dims(0), try call.dims(1), call.has(2) ? try call.dims(2) : nil, alpha: alpha, beta: beta,
      transposesA: isLeftTransposed, transposesB: isRightTransposed, isReproducible: call.isReproducible)
  }

  package func refit(_ edit: inout NodeEdit) throws {}
}
