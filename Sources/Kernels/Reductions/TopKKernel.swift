/// The k largest or smallest elements along an axis, in order, and their positions, ONNX `TopK`.
///
/// Of equal elements the one at the lower position comes first. Results are always sorted, which `sorted = 0` allows.
///
/// ## Shapes    X [outer, n, inner]; values [outer, k, inner] like X, positions [outer, k, inner] integers
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__TopK.html>
package final class TopKKernel: Kernel {
  package let inputs: [TensorLayout?]
  package let outputs: [TensorLayout?]

  private let axis: SplitAxis
  private let results: SplitAxis
  private let scalar: ScalarType
  private let takesLargest: Bool

  package init(_ dims: [Int], axis: Int, count: Int, of scalar: ScalarType, takesLargest: Bool) {
    precondition((0...dims[axis]).contains(count))
    var resultDims = dims
    resultDims[axis] = count
    self.axis = SplitAxis(dims, axis)
    results = SplitAxis(resultDims, axis)
    self.scalar = scalar
    self.takesLargest = takesLargest
    inputs = [TensorLayout(dims, scalar)]
    outputs = [TensorLayout(resultDims, scalar), TensorLayout(resultDims, .integer)]
  }

  package func forward(_ memory: ForwardMemory) throws -> KernelTask {
    let positions = try memory.outputs.integers(1)
    return scalar == .float
      ? task(try memory.inputs.floats(0), try memory.outputs.floats(0), positions)
      : task(try memory.inputs.integers(0), try memory.outputs.integers(0), positions)
  }

  private func task<Element: Comparable>(
    _ x: UnsafeMutablePointer<Element>, _ values: UnsafeMutablePointer<Element>,
    _ positions: UnsafeMutablePointer<Int64>
  ) -> KernelTask {
    let (axis, results, takesLargest) = (axis, results, takesLargest)
    return {
      Parallel.run(results.lineCount, grain: max(1, 1024 / max(axis.length, 1))) { range in
        for line in range {
          let heap = BestHeap(
            x: x + axis.start(line), stride: axis.inner, positions: positions + results.start(line),
            capacity: results.length, takesLargest: takesLargest)
          heap.fill(axis.length)
          let values = values + results.start(line)
          let own = positions + results.start(line)
          for index in 0..<results.length {
            values[index * axis.inner] = x[axis.start(line) + Int(own[index * axis.inner]) * axis.inner]
          }
        }
      }
    }
  }
}

/// The best elements so far, with the worst of them on top, kept in the memory of the result.
private struct BestHeap<Element: Comparable> {
  let x: UnsafeMutablePointer<Element>
  let stride: Int
  /// Positions of elements, `stride` apart.
  let positions: UnsafeMutablePointer<Int64>
  let capacity: Int
  let takesLargest: Bool

  /// Leaves the positions of the best of the first `count` elements, the best first.
  func fill(_ count: Int) {
    guard capacity > 0 else { return }
    for index in 0..<capacity { positions[index * stride] = Int64(index) }
    for index in (0..<capacity / 2).reversed() { sink(index, capacity) }
    for index in capacity..<max(count, capacity) where precedes(Int64(index), positions[0]) {
      positions[0] = Int64(index)
      sink(0, capacity)
    }
    // The worst goes to the end, again and again.
    for end in (1..<capacity).reversed() {
      (positions[0], positions[end * stride]) = (positions[end * stride], positions[0])
      sink(0, end)
    }
  }

  private func precedes(_ a: Int64, _ b: Int64) -> Bool {
    let (first, second) = (x[Int(a) * stride], x[Int(b) * stride])
    if first == second { return a < b }
    return takesLargest ? first > second : first < second
  }

  private func sink(_ start: Int, _ count: Int) {
    var parent = start
    while true {
      var worst = parent
      for child in 2 * parent + 1..<min(2 * parent + 3, max(count, 2 * parent + 1)) {
        if precedes(positions[worst * stride], positions[child * stride]) { worst = child }
      }
      guard worst != parent else { return }
      (positions[parent * stride], positions[worst * stride]) =
        (positions[worst * stride], positions[parent * stride])
      parent = worst
    }
  }
}
