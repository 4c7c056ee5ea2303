/// Tensors one after another along an axis, ONNX `Concat`.
///
///     Y = X₀ ‖ X₁ ‖ …
///
/// ## Shapes    inputs alike but for `axis`; Y's axis as long as theirs together
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__Concat.html>
package final class ConcatKernel: MovingKernel {
  package let plan: MovementPlan

  package init(_ inputs: [[Int]], axis: Int, _ scalar: ScalarType = .float) {
    let pieces = AxisPieces(inputs, axis: axis, scalar)
    plan = MovementPlan(
      inputs: pieces.parts, outputs: [pieces.whole],
      moves: pieces.boxes.enumerated().map { .init(input: $0.offset, output: 0, box: $0.element) },
      uses: .once)
  }
}

/// A tensor cut along an axis, ONNX `Split`.
///
///     X = Y₀ ‖ Y₁ ‖ …
///
/// ## Shapes    outputs like X, but for `axis`, where they have `lengths`
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__Split.html>
package final class SplitKernel: MovingKernel {
  package let plan: MovementPlan

  package init(_ dims: [Int], axis: Int, lengths: [Int], _ scalar: ScalarType = .float) {
    precondition(lengths.reduce(0, +) == dims[axis], "the parts do not make up the axis")
    let parts = lengths.map { length in
      var part = dims
      part[axis] = length
      return part
    }
    let pieces = AxisPieces(parts, axis: axis, scalar)
    plan = MovementPlan(
      inputs: [TensorLayout(dims, scalar)], outputs: pieces.parts,
      moves: pieces.boxes.enumerated().map { .init(input: 0, output: $0.offset, box: $0.element.inverse) },
      uses: .once)
  }
}

/// A tensor and the parts that it consists of along one axis.
private struct AxisPieces {
  let parts: [TensorLayout]
  let whole: TensorLayout
  /// From each part to its place in the whole.
  let boxes: [Box]

  init(_ parts: [[Int]], axis: Int, _ scalar: ScalarType) {
    var dims = parts[0]
    dims[axis] = parts.reduce(0) { $0 + $1[axis] }
    let whole = TensorLayout(dims, scalar)
    let strides = whole.rowMajorStrides
    self.whole = whole
    self.parts = parts.map { TensorLayout($0, scalar) }
    var start = 0
    boxes = self.parts.map { part in
      defer { start += part.dims[axis] }
      return Box(
        lengths: part.dims, source: .init(strides: part.rowMajorStrides),
        target: .init(offset: start * strides[axis], strides: strides))
    }
  }
}
