/// Evenly spaced indices of every axis, ONNX `Slice`, and axes read backwards.
///
///     Y[…, j, …] = X[…, start + j·step, …]      j < count
///
/// Steps may be negative, or 0 to repeat an index; every index read lies in X.
///
/// ## Shapes    Y [counts…]
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__Slice.html>
package final class SliceKernel: MovingKernel {
  package let plan: MovementPlan

  /// Starts, steps and counts of every axis.
  package init(_ dims: [Int], starts: [Int], steps: [Int], counts: [Int], _ scalar: ScalarType = .float) {
    for (axis, length) in dims.enumerated() where counts[axis] > 0 {
      let last = starts[axis] + (counts[axis] - 1) * steps[axis]
      precondition(
        (0..<length).contains(starts[axis]) && (0..<length).contains(last), "a slice leaves its axis")
    }
    let input = TensorLayout(dims, scalar)
    let output = TensorLayout(counts, scalar)
    let strides = input.rowMajorStrides
    let box = Box(
      lengths: counts,
      source: .init(
        offset: output.elementCount == 0 ? 0 : zip(starts, strides).reduce(0) { $0 + $1.0 * $1.1 },
        strides: zip(strides, steps).map { $0 * $1 }),
      target: .init(strides: output.rowMajorStrides))
    let repeats = dims.indices.contains { steps[$0] == 0 && counts[$0] > 1 }
    plan = MovementPlan(
      inputs: [input], outputs: [output], moves: [.init(input: 0, output: 0, box: box)],
      uses: repeats ? .many : output.elementCount == input.elementCount ? .once : .atMostOnce)
  }

  /// The indices of `axes` in reverse order.
  package convenience init(reversing axes: [Int], of dims: [Int], _ scalar: ScalarType = .float) {
    let turned = dims.indices.map { axes.contains($0) && dims[$0] > 0 }
    self.init(
      dims, starts: dims.indices.map { turned[$0] ? dims[$0] - 1 : 0 }, steps: turned.map { $0 ? -1 : 1 },
      counts: dims, scalar)
  }
}
