import Glibc
import Kernels
import Testing

@Suite("Reductions over axes")
struct ReductionKernelTests {
  private static func reference(_ function: ReductionFunction) -> ([Double]) -> Double {
    switch function {
    case .sum: { $0.reduce(0, +) }
    case .mean: { $0.reduce(0, +) / Double($0.count) }
    case .max: { $0.max() ?? -.infinity }
    case .min: { $0.min() ?? .infinity }
    case .prod: { $0.reduce(1, *) }
    case .l1: { $0.reduce(0) { $0 + abs($1) } }
    case .l2: { $0.reduce(0) { $0 + $1 * $1 }.squareRoot() }
    case .sumSquare: { $0.reduce(0) { $0 + $1 * $1 } }
    case .logSum: { log($0.reduce(0, +)) }
    case .logSumExp: { log($0.reduce(0) { $0 + exp($1) }) }
    }
  }

  /// Inner, outer, middle and several axes; none; axes of length 1; all.
  private static let cases: [([Int], [Int])] = [
    ([3, 37], [1]), ([37, 3], [0]), ([3, 5, 7], [1]), ([3, 5, 7], [0, 2]), ([2, 3, 5, 3], [2, 3]),
    ([2, 3, 5, 3], [0, 2]), ([2, 3, 5, 3], [1, 3]), ([3, 5], []), ([3, 5], [0, 1]), ([1, 5, 1], [0]),
    ([41], [0]), ([], []),
  ]

  @Test("of floats: values and gradients", arguments: ReductionFunction.allCases, cases)
  func floats(function: ReductionFunction, shape: ([Int], [Int])) throws {
    let (dims, axes) = shape
    var random = RandomNumbers(seed: UInt64(dims.count))
    let x = random.floats(
      dims.reduce(1, *), in: function == .logSum || function == .prod ? 0.5...1.5 : -2...2)
    let kept = dims.enumerated().filter { !axes.contains($0.offset) }.map(\.element)
    let kernel = ReductionKernel(function, dims, axes: axes, outputDims: kept)
    let plain = { (values: [[Double]]) in
      PlainTensor(dims, values[0]).reduced(axes, Self.reference(function)).values
    }
    try expectForward(kernel, [.floats(x)], plain([x.map(Double.init)]))
    try expectGradients(kernel, [.floats(x)], plain)
  }

  @Test(
    "long ones keep their precision, and are the same on two threads as on one",
    arguments: ReductionFunction.allCases,
    [
      ([100_003], [0]), ([3, 40_001], [1]), ([20_001, 5], [0]), ([7, 3, 5003], [0, 2]), ([40, 1000], [1]),
    ])
  func long(function: ReductionFunction, shape: ([Int], [Int])) throws {
    let (dims, axes) = shape
    var random = RandomNumbers()
    // A product of so many is a number only of factors near 1.
    let x = random.floats(dims.reduce(1, *), in: function == .prod ? 0.99...1.01 : 0...1)
    let kernel = ReductionKernel(
      function, dims, axes: axes, outputDims: dims.enumerated().map { axes.contains($0) ? 1 : $1 })
    let expected = PlainTensor(dims, x.map(Double.init)).reduced(axes, Self.reference(function))
    try expectForward(kernel, [.floats(x)], expected.values, tolerance: function == .prod ? 1e-4 : 2e-6)
    let weights = [random.floats(expected.values.count)]
    #expect(
      try KernelRun(kernel, [.floats(x)], weights: weights).gradients
        == KernelRun(kernel, [.floats(x)], threads: 2, weights: weights).gradients)
  }

  @Test("of nothing are what combining starts from")
  func empty() throws {
    for (function, expected) in [(ReductionFunction.sum, 0), (.prod, 1), (.max, -Double.infinity), (.l2, 0)] {
      try expectForward(
        ReductionKernel(function, [3, 0], axes: [1], outputDims: [3]), [.floats([])],
        [expected, expected, expected])
    }
  }

  @Test("the gradient of a product with zeros is the product of the others")
  func productWithZeros() throws {
    let x: [Float] = [2, 0, 3, 0, 0, 5, 1, 2, 4]
    try expectGradients(
      ReductionKernel(.prod, [3, 3], axes: [1], outputDims: [3]), [.floats(x)]
    ) { PlainTensor([3, 3], $0[0]).reduced([1]) { $0.reduce(1, *) }.values }
  }

  @Test("equal maxima share the gradient")
  func ties() throws {
    let run = try KernelRun(
      ReductionKernel(.max, [4], axes: [0], outputDims: []), [.floats([3, 1, 3, 2])], weights: [[4]])
    #expect(run.gradients == [.floats([2, 0, 2, 0])])
  }

  @Test("log Σ eˣ of large and of infinite numbers does not overflow")
  func largeExponents() throws {
    let x: [Float] = [1000, 1000, -.infinity, -.infinity, .infinity, 0]
    try expectForward(
      ReductionKernel(.logSumExp, [3, 2], axes: [1], outputDims: [3]), [.floats(x)],
      [1000 + log(2), -.infinity, .infinity])
  }

  @Test("of integers", arguments: IntegerReductionFunction.allCases, cases)
  func integers(function: IntegerReductionFunction, shape: ([Int], [Int])) throws {
    let (dims, axes) = shape
    var random = RandomNumbers()
    let x = random.integers(dims.reduce(1, *), in: function == .prod ? 1...2 : -9...9)
    let kept = dims.enumerated().filter { !axes.contains($0.offset) }.map(\.element)
    let expected = PlainTensor(dims, x.map(Double.init)).reduced(axes) { line in
      switch function {
      case .sum: line.reduce(0, +)
      case .mean: (line.reduce(0, +) / Double(line.count)).rounded(.towardZero)
      case .max: line.max() ?? 0
      case .min: line.min() ?? 0
      case .prod: line.reduce(1, *)
      case .l1: line.reduce(0) { $0 + abs($1) }
      case .sumSquare: line.reduce(0) { $0 + $1 * $1 }
      }
    }
    try expectForward(
      IntegerReductionKernel(function, dims, axes: axes, outputDims: kept), [.integers(x)], expected.values)
  }
}
