import Kernels
import Testing

@Suite("Positions and running sums along an axis")
struct AxisKernelTests {
  private static let shapes: [([Int], Int)] = [([3, 11], 1), ([11, 3], 0), ([2, 7, 5], 1), ([13], 0)]

  @Test(
    "the position of the largest or smallest, the first or the last of equal ones", arguments: shapes,
    [(true, false), (true, true), (false, false), (false, true)])
  func argExtreme(shape: ([Int], Int), choice: (largest: Bool, last: Bool)) throws {
    let (dims, axis) = shape
    var random = RandomNumbers()
    let x = random.integers(dims.reduce(1, *), in: -3...3)
    let expected = PlainTensor(dims, x.map(Double.init)).reduced([axis]) { line in
      let best = (choice.largest ? line.max() : line.min()) ?? 0
      return Double((choice.last ? line.lastIndex(of: best) : line.firstIndex(of: best)) ?? 0)
    }
    var outputDims = dims
    outputDims.remove(at: axis)
    for (scalar, numbers) in [
      (ScalarType.integer, Numbers.integers(x)), (.float, .floats(x.map { Float($0) })),
    ] {
      let kernel = ArgExtremeKernel(
        dims, axis: axis, outputDims: outputDims, of: scalar, takesLargest: choice.largest,
        selectsLast: choice.last)
      try expectForward(kernel, [numbers], expected.values)
    }
  }

  @Test("running sums, forwards and backwards, with and without the element itself", arguments: shapes)
  func cumulativeSum(shape: ([Int], Int)) throws {
    let (dims, axis) = shape
    var random = RandomNumbers()
    let x = random.floats(dims.reduce(1, *))
    for (exclusive, reverse) in [(false, false), (true, false), (false, true), (true, true)] {
      let plain = { (values: [[Double]]) in
        PlainTensor(dims, values[0]).mapLines(axis) { line in
          line.indices.map { i in
            line.indices.filter { (reverse ? $0 > i : $0 < i) || !exclusive && $0 == i }.reduce(0) {
              $0 + line[$1]
            }
          }
        }.values
      }
      let kernel = CumulativeSumKernel(dims, axis: axis, of: .float, exclusive: exclusive, reverse: reverse)
      try expectForward(kernel, [.floats(x)], plain([x.map(Double.init)]))
      try expectGradients(kernel, [.floats(x)], plain)
      let integers = x.map { Int64($0 * 10) }
      try expectForward(
        CumulativeSumKernel(dims, axis: axis, of: .integer, exclusive: exclusive, reverse: reverse),
        [.integers(integers)], plain([integers.map(Double.init)]))
    }
  }

  @Test("the k best in order, equal ones by position", arguments: shapes, [true, false])
  func topK(shape: ([Int], Int), largest: Bool) throws {
    let (dims, axis) = shape
    var random = RandomNumbers()
    let x = random.integers(dims.reduce(1, *), in: -4...4)
    for count in 0...dims[axis] {
      let order = PlainTensor(dims, x.map(Double.init)).mapLines(axis) { line in
        line.indices.sorted { a, b in
          line[a] == line[b] ? a < b : largest ? line[a] > line[b] : line[a] < line[b]
        }.map(Double.init)
      }
      let kept = PlainTensor.indices(dims).filter { $0[axis] < count }
      let positions = kept.map { order[$0] }
      let values = zip(kept, positions).map { index, position -> Double in
        var index = index
        index[axis] = Int(position)
        return Double(x[order.position(index)])
      }
      for (scalar, numbers) in [
        (ScalarType.integer, Numbers.integers(x)), (.float, .floats(x.map { Float($0) })),
      ] {
        let kernel = TopKKernel(dims, axis: axis, count: count, of: scalar, takesLargest: largest)
        let run = try KernelRun(kernel, [numbers])
        #expect(run.outputs[0]?.doubles == values)
        #expect(run.outputs[1]?.doubles == positions)
      }
    }
  }
}
