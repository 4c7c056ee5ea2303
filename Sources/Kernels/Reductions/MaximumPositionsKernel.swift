/// Maxima of windows that slide over the spatial axes, and where they lie, ONNX `MaxPool` with its second output.
///
///     Y[n, c, y…] = max over i of X[n, c, s·y + d·i − p]        I = its index in all of X
///     dX[I] = Σ dY over the windows that took that element
///
/// Of equal elements the first is taken.
///
/// ## Shapes    X [N, C, …], Y and I [N, C, …′]; indices count row by row, or column by column of a map
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__MaxPool.html>
package final class MaximumPositionsKernel: DifferentiableKernel {
  package let inputs: [TensorLayout?]
  package let outputs: [TensorLayout?]
  package let differentiableInputs = [0]
  package let backwardReads = BackwardReads()
  /// The place of every maximum in its map.
  package let workspaceByteCount: Int

  private let planes: Int
  private let area: Int
  private let places: [Window]
  /// For each element of a map, its index as the operator counts.
  private let counted: [Int]

  /// The elements of a map that one window covers.
  private typealias Window = [Int]

  /// - Parameter geometry: of the window; its groups do not matter.
  package init(
    _ dims: [Int], output: [Int], kernel: [Int], geometry: ConvolutionGeometry, isColumnMajor: Bool
  ) {
    inputs = [TensorLayout(dims)]
    outputs = [TensorLayout(output), TensorLayout(output, .integer)]
    planes = dims[0] * dims[1]
    let lengths = Array(dims[2...])
    area = lengths.reduce(1, *)
    places = Self.windows(lengths, Array(output[2...]), kernel, geometry)
    workspaceByteCount = planes * places.count * MemoryLayout<Int64>.stride
    counted = (0..<area).map { isColumnMajor ? Self.columnMajor($0, lengths) : $0 }
  }

  private static func windows(
    _ lengths: [Int], _ output: [Int], _ kernel: [Int], _ geometry: ConvolutionGeometry
  ) -> [Window] {
    /// By place along an axis, the indices that its windows cover there.
    let rows = kernel.indices.map { axis in
      (0..<output[axis]).map { place in
        (0..<kernel[axis])
          .map { place * geometry.strides[axis] - geometry.padsBegin[axis] + $0 * geometry.dilations[axis] }
          .filter { (0..<lengths[axis]).contains($0) }
      }
    }
    var windows: [Window] = [[0]]
    for axis in kernel.indices {
      windows = windows.flatMap { window in
        rows[axis].map { row in window.flatMap { start in row.map { start * lengths[axis] + $0 } } }
      }
    }
    return windows
  }

  private static func columnMajor(_ index: Int, _ lengths: [Int]) -> Int {
    var (rest, position) = (index, [Int](repeating: 0, count: lengths.count))
    for axis in lengths.indices.reversed() {
      position[axis] = rest % lengths[axis]
      rest /= lengths[axis]
    }
    return zip(position, lengths).reversed().reduce(0) { $0 * $1.1 + $1.0 }
  }

  package func forward(_ memory: ForwardMemory) throws -> KernelTask {
    let x = try memory.inputs.floats(0)
    let y = try memory.outputs.floats(0)
    let positions = try memory.outputs.integers(1)
    let kept = memory.workspace?.assumingMemoryBound(to: Int64.self)
    return { [self] in
      Parallel.run(planes, grain: 1) { range in
        for plane in range {
          let (x, start) = (x + plane * area, plane * places.count)
          for (place, window) in places.enumerated() {
            var best = window.first ?? 0
            for element in window where x[element] > x[best] { best = element }
            y[start + place] = window.isEmpty ? -.infinity : x[best]
            positions[start + place] = Int64(plane * area + counted[best])
            kept?[start + place] = Int64(best)
          }
        }
      }
    }
  }

  package func backward(_ memory: BackwardMemory) throws -> KernelTask {
    guard memory.inputGradients[0] != nil else { return {} }
    let dx = try memory.inputGradients.floats(0)
    let dy = try memory.outputGradients.floats(0)
    guard let kept = memory.workspace?.assumingMemoryBound(to: Int64.self) else {
      throw KernelError("the places of maxima have no memory")
    }
    return { [planes, area, places] in
      Parallel.run(planes, grain: 1) { range in
        for plane in range {
          let (dx, start) = (dx + plane * area, plane * places.count)
          dx.update(repeating: 0, count: area)
          for place in places.indices { dx[Int(kept[start + place])] += dy[start + place] }
        }
      }
    }
  }
}
