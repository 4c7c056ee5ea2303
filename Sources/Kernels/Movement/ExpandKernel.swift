/// A tensor repeated along axes of length 1, ONNX `Expand`.
///
///     Y = X broadcast to `target`      dX = Σ dY over the axes that repeat
///
/// ## Shapes    X's axes are the last ones of Y, of the same length or 1
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__Expand.html>
package final class ExpandKernel: MovingKernel {
  package let plan: MovementPlan

  package init(_ dims: [Int], to target: [Int], _ scalar: ScalarType = .float) {
    let input = TensorLayout(dims, scalar)
    let output = TensorLayout(target, scalar)
    let missing = target.count - dims.count
    let strides = input.rowMajorStrides
    let source = target.indices.map { axis -> Int in
      guard axis >= missing, dims[axis - missing] != 1 else { return 0 }
      precondition(dims[axis - missing] == target[axis], "\(dims) does not broadcast to \(target)")
      return strides[axis - missing]
    }
    let box = Box(
      lengths: target, source: .init(strides: source), target: .init(strides: output.rowMajorStrides))
    plan = MovementPlan(
      inputs: [input], outputs: [output], moves: [.init(input: 0, output: 0, box: box)],
      uses: input.elementCount == output.elementCount ? .once : .many)
  }
}

/// A tensor repeated whole along its axes, ONNX `Tile`.
///
///     Y[…, i, …] = X[…, i mod length, …]      dX = Σ dY over the copies
///
/// ## Shapes    axis a of Y as long as X's, `repeats[a]` times
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__Tile.html>
package final class TileKernel: MovingKernel {
  package let plan: MovementPlan

  package init(_ dims: [Int], repeats: [Int], _ scalar: ScalarType = .float) {
    let input = TensorLayout(dims, scalar)
    let output = TensorLayout(zip(dims, repeats).map { $0 * $1 }, scalar)
    let (from, to) = (input.rowMajorStrides, output.rowMajorStrides)
    // Each axis as two: which copy, and where in it.
    let box = Box(
      lengths: dims.indices.flatMap { [repeats[$0], dims[$0]] },
      source: .init(strides: from.flatMap { [0, $0] }),
      target: .init(strides: dims.indices.flatMap { [to[$0] * dims[$0], to[$0]] }))
    plan = MovementPlan(
      inputs: [input], outputs: [output], moves: [.init(input: 0, output: 0, box: box)],
      uses: repeats.allSatisfy { $0 == 1 } ? .once : .many)
  }
}
