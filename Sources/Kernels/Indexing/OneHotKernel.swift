/// Indices as rows of a unit matrix, ONNX `OneHot`.
///
///     Y[i…, k, j…] = values[1] if k is I[i…, j…], else values[0]
///
/// Negative indices count from the end; one that is out of range gives no values[1].
///
/// ## Shapes    I [I…, J…], values [2], Y [I…, depth, J…]; ONNX's operands are indices, depth, values
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__OneHot.html>
package final class OneHotKernel: Kernel {
  package let inputs: [TensorLayout?]
  package let outputs: [TensorLayout?]
  private let (outer, depth, inner): (Int, Int, Int)
  private let scalar: ScalarType

  /// - Parameter axis: where in Y the new axis is.
  package init(indices: [Int], depth: Int, axis: Int, _ scalar: ScalarType = .float) {
    inputs = [TensorLayout(indices, .integer), nil, TensorLayout([2], scalar)]
    outputs = [TensorLayout(indices[..<axis] + [depth] + indices[axis...], scalar)]
    outer = indices[..<axis].reduce(1, *)
    inner = indices[axis...].reduce(1, *)
    self.depth = depth
    self.scalar = scalar
  }

  package func forward(_ memory: ForwardMemory) throws -> KernelTask {
    guard outer * depth * inner > 0 else { return {} }
    let indices = try memory.inputs.bound(0, Int64.self)
    let (values, target) = (try memory.inputs.bound(2), try memory.outputs.bound(0))
    switch scalar {
    case .float: return task(indices, values.asWords(UInt32.self), target.asWords(UInt32.self))
    case .integer: return task(indices, values.asWords(UInt64.self), target.asWords(UInt64.self))
    }
  }

  @inline(__always)
  private func task<Word>(
    _ indices: UnsafePointer<Int64>, _ values: UnsafePointer<Word>, _ target: UnsafeMutablePointer<Word>
  ) -> KernelTask {
    { [outer, depth, inner] in
      Parallel.run(outer, grain: max(1, (1 << 14) / (depth * inner))) { rows in
        for row in rows {
          let block = target + row &* depth &* inner
          block.update(repeating: values[0], count: depth &* inner)
          for column in 0..<inner {
            let index = indices[row &* inner &+ column]
            guard index >= -Int64(depth), index < Int64(depth) else { continue }
            block[fromFront(index, depth) &* inner &+ column] = values[1]
          }
        }
      }
    }
  }
}
