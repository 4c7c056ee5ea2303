import Glibc
import Kernels
import Testing

/// Pairs of shapes: equal, a scalar, outer and inner axes repeated, both operands repeated.
let shapePairs: [([Int], [Int])] = [
  ([3, 5, 7], [3, 5, 7]), ([3, 5, 7], []), ([], [3, 5]), ([4, 11], [11]), ([11], [4, 11]),
  ([2, 3, 5, 3], [3, 1, 1]),
  ([2, 3, 5, 3], [2, 3, 1, 1]), ([5, 1], [1, 9]), ([2, 1, 3, 1], [4, 1, 5]), ([1, 1], [1]), ([0, 3], [3]),
]

@Suite("Functions of two numbers with broadcasting")
struct BinaryKernelTests {
  private static func reference(_ function: BinaryFunction) -> ([Double]) -> Double {
    switch function {
    case .add: { $0[0] + $0[1] }
    case .sub: { $0[0] - $0[1] }
    case .mul: { $0[0] * $0[1] }
    case .div: { $0[0] / $0[1] }
    case .pow: { pow($0[0], $0[1]) }
    case .mod: { fmod($0[0], $0[1]) }
    case .floorMod: { $0[0] - floor($0[0] / $0[1]) * $0[1] }
    case .min: { min($0[0], $0[1]) }
    case .max: { max($0[0], $0[1]) }
    case .prelu: { $0[0] < 0 ? $0[1] * $0[0] : $0[0] }
    }
  }

  @Test("of floats: values and gradients", arguments: BinaryFunction.allCases, shapePairs)
  func floats(function: BinaryFunction, shapes: ([Int], [Int])) throws {
    var random = RandomNumbers(seed: UInt64(shapes.0.count * 10 + shapes.1.count))
    let range: ClosedRange<Float> =
      [.pow, .mod, .floorMod, .div].contains(function) ? 0.25...3 : -2...2
    let (a, b) = (
      random.floats(shapes.0.reduce(1, *), in: range), random.floats(shapes.1.reduce(1, *), in: range)
    )
    let kernel = BinaryKernel(function, shapes.0, shapes.1)
    let plain = { (values: [[Double]]) in
      plainBroadcast(
        [PlainTensor(shapes.0, values[0]), PlainTensor(shapes.1, values[1])], Self.reference(function)
      ).values
    }
    try expectForward(kernel, [.floats(a), .floats(b)], plain([a.map(Double.init), b.map(Double.init)]))
    try expectGradients(kernel, [.floats(a), .floats(b)], plain)
  }

  @Test("powers with the exponents that networks have", arguments: [1, 2, 3, 0.5, -1, 0] as [Float])
  func powers(exponent: Float) throws {
    let a: [Float] = [0.25, 1, 2, 3.5]
    let kernel = BinaryKernel(.pow, [4], [])
    try expectForward(kernel, [.floats(a), .floats([exponent])], a.map { pow(Double($0), Double(exponent)) })
    try expectGradients(kernel, [.floats(a), .floats([exponent])]) { v in v[0].map { pow($0, v[1][0]) } }
  }

  @Test("equal operands of a maximum share the gradient")
  func ties() throws {
    for function in [BinaryFunction.max, .min] {
      let run = try KernelRun(
        BinaryKernel(function, [2], [2]), [.floats([1, 0]), .floats([1, 0])], weights: [[2, 4]])
      #expect(run.gradients == [.floats([1, 2]), .floats([1, 2])])
    }
  }

  @Test(
    "large tensors are the same on two threads as on one",
    arguments: [
      ([5, 3, 4001], [5, 1, 4001]), ([60_001], []), ([300, 200], [200]), ([300, 200], [300, 1]),
    ])
  func threads(a: [Int], b: [Int]) throws {
    var random = RandomNumbers()
    let values = [random.floats(a.reduce(1, *)), random.floats(b.reduce(1, *))].map(Numbers.floats)
    let kernel = BinaryKernel(.mul, a, b)
    let weights = [random.floats(a.reduce(1, *))]
    let (one, two) = (
      try KernelRun(kernel, values, weights: weights),
      try KernelRun(kernel, values, threads: 2, weights: weights)
    )
    #expect(one.outputs == two.outputs)
    #expect(one.gradients == two.gradients)
  }

  @Test(
    "of integers",
    arguments: [
      (.add, [-5, 2], [10, 2], [5, 4]), (.sub, [-5, 2], [10, 2], [-15, 0]),
      (.mul, [-5, 2], [10, 2], [-50, 4]),
      (.div, [-7, 7], [2, -2], [-3, -3]), (.floorMod, [-7, 7], [3, -3], [2, -2]),
      (.truncatedMod, [-7, 7], [3, -3], [-1, 1]), (.pow, [-2, 3], [5, 4], [-32, 81]),
      (.pow, [2, -1], [-1, -3], [0, -1]),
      (.min, [-7, 7], [3, 3], [-7, 3]), (.max, [-7, 7], [3, 3], [3, 7]), (.and, [12, 1], [10, 0], [8, 0]),
      (.or, [12, 1], [10, 0], [14, 1]), (.xor, [12, 1], [10, 1], [6, 0]),
      (.shiftLeft, [1, 3], [4, 1], [16, 6]),
      (.shiftRight, [16, 7], [4, 1], [1, 3]), (.arithmeticShiftRight, [-16, -1], [2, 70], [-4, -1]),
      (.shiftLeft, [1, 3], [-1, 64], [0, 0]), (.arithmeticShiftRight, [-16, 16], [-1, -1], [-1, 0]),
      (.div, [.min, 5], [-1, 1], [.min, 5]),
      (.add, [.max, 0], [1, 0], [.min, 0]),
    ] as [(IntegerBinaryFunction, [Int64], [Int64], [Int64])])
  func integers(function: IntegerBinaryFunction, a: [Int64], b: [Int64], expected: [Int64]) throws {
    let run = try KernelRun(IntegerBinaryKernel(function, [2], [2]), [.integers(a), .integers(b)])
    #expect(run.outputs[0] == .integers(expected))
  }

  @Test("a division of integers by 0 is an error")
  func divisionByZero() throws {
    for function in [IntegerBinaryFunction.div, .floorMod, .truncatedMod] {
      #expect(throws: KernelError.self) {
        try KernelRun(IntegerBinaryKernel(function, [2], []), [.integers([1, 2]), .integers([0])])
      }
    }
  }

  @Test("comparisons give 0 and 1", arguments: Comparison.allCases, shapePairs)
  func comparisons(comparison: Comparison, shapes: ([Int], [Int])) throws {
    var random = RandomNumbers()
    let (a, b) = (
      random.integers(shapes.0.reduce(1, *), in: -1...1), random.integers(shapes.1.reduce(1, *), in: -1...1)
    )
    let expected = plainBroadcast(
      [PlainTensor(shapes.0, a.map(Double.init)), PlainTensor(shapes.1, b.map(Double.init))]
    ) { pair in
      let holds =
        switch comparison {
        case .equal: pair[0] == pair[1]
        case .less: pair[0] < pair[1]
        case .lessOrEqual: pair[0] <= pair[1]
        case .greater: pair[0] > pair[1]
        case .greaterOrEqual: pair[0] >= pair[1]
        }
      return holds ? 1 : 0
    }
    try expectForward(
      ComparisonKernel(comparison, shapes.0, shapes.1, of: .integer), [.integers(a), .integers(b)],
      expected.values)
    try expectForward(
      ComparisonKernel(comparison, shapes.0, shapes.1, of: .float),
      [.floats(a.map { Float($0) }), .floats(b.map { Float($0) })], expected.values)
  }
}
