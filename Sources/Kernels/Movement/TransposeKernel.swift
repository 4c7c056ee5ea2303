/// Axes in another order, ONNX `Transpose`.
///
///     Y[i_p₀, i_p₁, …] = X[i₀, i₁, …]      axis a of Y is axis p_a of X
///
/// ## Shapes    Y's axis a as long as X's axis `permutation[a]`
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__Transpose.html>
package final class TransposeKernel: MovingKernel {
  package let plan: MovementPlan

  package init(_ dims: [Int], permutation: [Int], _ scalar: ScalarType = .float) {
    precondition(
      permutation.sorted() == Array(dims.indices), "\(permutation) does not order \(dims.count) axes")
    let input = TensorLayout(dims, scalar)
    let output = TensorLayout(permutation.map { dims[$0] }, scalar)
    let strides = input.rowMajorStrides
    let box = Box(
      lengths: output.dims, source: .init(strides: permutation.map { strides[$0] }),
      target: .init(strides: output.rowMajorStrides))
    plan = MovementPlan(
      inputs: [input], outputs: [output], moves: [.init(input: 0, output: 0, box: box)], uses: .once)
  }
}
