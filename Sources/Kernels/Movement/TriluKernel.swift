/// The upper or lower triangle of matrices, ONNX `Trilu`.
///
///     Y[…, i, j] = X[…, i, j] if j − i ≥ k (upper) or ≤ k (lower), else 0
///
/// ## Shapes    X and Y […, M, N]
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__Trilu.html>
package final class TriluKernel: DifferentiableKernel {
  package let inputs: [TensorLayout?]
  package let outputs: [TensorLayout?]
  private let layout: TensorLayout
  private let isUpper: Bool
  private let diagonal: Int?

  /// - Parameter diagonal: k; nil reads it from input 1.
  package init(_ dims: [Int], upper: Bool, diagonal: Int?, _ scalar: ScalarType = .float) {
    precondition(dims.count >= 2, "a triangle has two axes")
    layout = TensorLayout(dims, scalar)
    isUpper = upper
    self.diagonal = diagonal
    inputs = diagonal == nil ? [layout, TensorLayout([], .integer)] : [layout]
    outputs = [layout]
  }

  package var overwritableInputs: [Int] { [0] }
  package var differentiableInputs: [Int] { layout.scalar == .float ? [0] : [] }
  package var backwardReads: BackwardReads { BackwardReads(inputs: diagonal == nil ? [1] : []) }

  package func forward(_ memory: ForwardMemory) throws -> KernelTask {
    try task(memory.inputs.bound(0), memory.outputs.bound(0), memory.inputs.element(1))
  }

  package func backward(_ memory: BackwardMemory) throws -> KernelTask {
    guard let target = memory.inputGradients.element(0) else { return {} }
    return try task(memory.outputGradients.bound(0), target, memory.inputs.element(1))
  }

  private func task(
    _ source: UnsafeMutableRawPointer, _ target: UnsafeMutableRawPointer, _ offset: UnsafeMutableRawPointer?
  ) throws -> KernelTask {
    let (layout, isUpper, diagonal) = (layout, isUpper, diagonal)
    if diagonal == nil, offset == nil { throw KernelError("operand 1 has no memory") }
    let (height, width) = (layout.dims[layout.dims.count - 2], layout.dims[layout.dims.count - 1])
    let bytes = layout.scalar.byteCount
    guard layout.elementCount > 0 else { return {} }
    return {
      let diagonal = diagonal ?? Int(offset?.load(as: Int64.self) ?? 0)
      // Far outside there is all or nothing.
      let k = min(max(diagonal, -height - 1), width + 1)
      Parallel.run(layout.elementCount / width, grain: max(1, (1 << 14) / width)) { rows in
        for row in rows {
          // Columns that stay.
          let cut = row % height + k
          let low = isUpper ? min(max(cut, 0), width) : 0
          let high = isUpper ? width : min(max(cut + 1, 0), width)
          let (from, to) = (source + row * width * bytes, target + row * width * bytes)
          if from != to, high > low {
            (to + low * bytes).copyMemory(from: from + low * bytes, byteCount: (high - low) * bytes)
          }
          to.initializeMemory(as: UInt8.self, repeating: 0, count: low * bytes)
          (to + high * bytes).initializeMemory(as: UInt8.self, repeating: 0, count: (width - high) * bytes)
        }
      }
    }
  }
}
