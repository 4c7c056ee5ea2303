/// The same elements with other axes, ONNX `Reshape`, `Flatten`, `Squeeze`, `Unsqueeze` and `Identity`.
///
/// ## Shapes    X and Y of equal element counts, in the same order; Y may share the memory of X
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__Reshape.html>
package final class ReshapeKernel: MovingKernel {
  package let plan: MovementPlan

  /// - Throws: ``KernelError`` for axes of another number of elements.
  package init(_ dims: [Int], to target: [Int], _ scalar: ScalarType = .float) throws {
    let input = TensorLayout(dims, scalar)
    let count = input.elementCount
    guard count == target.reduce(1, *) else {
      throw KernelError(
        "data of \(count) elements does not fill \(target.count) axes of \(target.reduce(1, *))")
    }
    let line = Box.Placement(strides: [1])
    plan = MovementPlan(
      inputs: [input], outputs: [TensorLayout(target, scalar)],
      moves: [.init(input: 0, output: 0, box: Box(lengths: [count], source: line, target: line))], uses: .once
    )
  }

  /// `Identity`.
  package convenience init(_ dims: [Int], _ scalar: ScalarType = .float) throws {
    try self.init(dims, to: dims, scalar)
  }
}
