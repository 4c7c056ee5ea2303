import Glibc
import Kernels
import Testing

@Suite("Softmax and what is like it")
struct SoftmaxKernelTests {
  private static let shapes: [([Int], Int)] = [
    ([3, 11], 1), ([11, 3], 0), ([2, 7, 5], 1), ([1, 37], 1), ([2, 3, 71], 1),
  ]

  private static func softmax(_ line: [Double]) -> [Double] {
    let powers = line.map { exp($0 - (line.max() ?? 0)) }
    return powers.map { $0 / powers.reduce(0, +) }
  }

  @Test("shares of one, and their logarithms: values and gradients", arguments: shapes, [false, true])
  func softmax(shape: ([Int], Int), takesLogarithm: Bool) throws {
    let (dims, axis) = shape
    var random = RandomNumbers()
    let x = random.floats(dims.reduce(1, *), in: -4...4)
    let plain = { (values: [[Double]]) in
      PlainTensor(dims, values[0]).mapLines(axis) { line in
        takesLogarithm ? Self.softmax(line).map { log($0) } : Self.softmax(line)
      }.values
    }
    let kernel = SoftmaxKernel(dims, axis: axis, takesLogarithm: takesLogarithm)
    try expectForward(kernel, [.floats(x)], plain([x.map(Double.init)]))
    try expectGradients(kernel, [.floats(x)], plain)
  }

  @Test("large arguments do not overflow")
  func largeArguments() throws {
    let x = Numbers.floats([1000, 1001, -1000])
    let expected = Self.softmax([1000, 1001, -1000])
    try expectForward(SoftmaxKernel([3], axis: 0, takesLogarithm: false), [x], expected)
    try expectForward(
      SoftmaxKernel([3], axis: 0, takesLogarithm: true), [x],
      [log(expected[0]), log(expected[1]), -2001.3132617])
  }

  @Test(
    "long lines are the same on two threads as on one", arguments: [([50, 1003], 1), ([5, 103, 205], 1)])
  func threads(dims: [Int], axis: Int) throws {
    var random = RandomNumbers()
    let count = dims.reduce(1, *)
    let (x, weights) = (Numbers.floats(random.floats(count)), [random.floats(count)])
    for takesLogarithm in [false, true] {
      let kernel = SoftmaxKernel(dims, axis: axis, takesLogarithm: takesLogarithm)
      let (one, two) = (
        try KernelRun(kernel, [x], weights: weights), try KernelRun(kernel, [x], threads: 2, weights: weights)
      )
      #expect(one.outputs == two.outputs)
      #expect(one.gradients == two.gradients)
    }
  }

  @Test("Hardmax marks the first of the largest", arguments: shapes)
  func hardmax(shape: ([Int], Int)) throws {
    let (dims, axis) = shape
    var random = RandomNumbers()
    let x = random.integers(dims.reduce(1, *), in: -3...3).map { Float($0) }
    let expected = PlainTensor(dims, x.map(Double.init)).mapLines(axis) { line in
      line.indices.map { $0 == line.firstIndex(of: line.max() ?? 0) ? 1 : 0 }
    }
    try expectForward(HardmaxKernel(dims, axis: axis), [.floats(x)], expected.values)
  }
}
