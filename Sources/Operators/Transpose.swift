import GraphIR
import Kernels

/// A permutation of axes, ONNX `Transpose` (opset 1 and later).
///
///     Y[i₀, i₁, …] = X[j₀, j₁, …]      with j[perm[k]] = i[k]; without perm the axes are reversed
///
/// ## Shapes    Yₖ = X[perm[k]]
/// ## Channels  Yₖ≡X[perm[k]]
/// ## Cost      none
/// - Throws: `attribute-value` if perm is no permutation of X's axes.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__Transpose.html>
package struct Transpose: ComputableOperator {
  package static let identifiers = [OperatorIdentifier("Transpose")]

  private let permutation: [Int]?

  package init(_ node: OperatorNode) throws { permutation = try node.ints("perm") }

  private func order(_ rank: Int) -> [Int] {
    permutation.map { $0.map { $0 < 0 ? $0 + rank : $0 } } ?? (0..<rank).reversed()
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    var fact = ValueFact(elementType: inputs[0]?.elementType)
    guard let shape = inputs[0]?.shape else {
      fact.shape = permutation.map { inputs.freshShape(rank: $0.count) }
      return [fact]
    }
    let order = order(shape.count)
    guard order.sorted() == Array(shape.indices) else {
      throw CompileError(
        "attribute-value",
        "attribute 'perm' is \(permutation ?? []), which does not permute \(shape.count) axes")
    }
    fact.shape = order.map { shape[$0] }
    if let grid = ContentGrid(inputs[0]) {
      fact.content =
        ContentGrid(shape: fact.shape) { position in
          var source = position
          for (axis, from) in order.enumerated() { source[from] = position[axis] }
          return grid[source]
        }?.elements
    }
    return [fact]
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    guard let rank = ties.signature.input(0)?.rank else { return }
    for (axis, from) in order(rank).enumerated() { ties.tie(.input(0, axis: from), .output(0, axis: axis)) }
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? {
    operands.first ?? nil
  }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func kernel(_ call: KernelCall) throws -> any Kernel {
    let dims = try call.dims(0)
    return TransposeKernel(dims, permutation: order(dims.count), try call.scalar(0))
  }

  package func refit(_ edit: inout NodeEdit) throws {}
}
