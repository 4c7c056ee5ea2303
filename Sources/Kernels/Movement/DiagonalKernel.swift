/// Elements of which the indices of some axes are equal.
///
///     Y[i, j, …] = X[…] with i along all axes of `axes[0]`, j along those of `axes[1]`, …
///
/// ## Shapes    axis a of Y as long as every axis of X in `axes[a]`
package final class DiagonalKernel: MovingKernel {
  package let plan: MovementPlan

  /// - Parameter axes: for each axis of Y, the axes of X that share its index.
  package init(_ dims: [Int], axes: [[Int]], _ scalar: ScalarType = .float) {
    precondition(
      axes.joined().sorted() == Array(dims.indices)
        && axes.allSatisfy { Set($0.map { dims[$0] }).count == 1 },
      "\(axes) are no diagonals of \(dims)")
    let input = TensorLayout(dims, scalar)
    let output = TensorLayout(axes.map { dims[$0[0]] }, scalar)
    let strides = input.rowMajorStrides
    let box = Box(
      lengths: output.dims, source: .init(strides: axes.map { $0.reduce(0) { $0 + strides[$1] } }),
      target: .init(strides: output.rowMajorStrides))
    plan = MovementPlan(
      inputs: [input], outputs: [output], moves: [.init(input: 0, output: 0, box: box)],
      uses: input.elementCount == output.elementCount ? .once : .atMostOnce)
  }
}
