import Glibc
import Kernels
import Testing

@Suite("Functions of one float")
struct UnaryKernelTests {
  /// A function, what it is in Double, and where.
  struct Sample: CustomTestStringConvertible, Sendable {
    let function: UnaryFunction
    let range: ClosedRange<Float>
    let reference: @Sendable (Double) -> Double

    init(
      _ function: UnaryFunction, _ range: ClosedRange<Float> = -5...5,
      _ reference: @escaping @Sendable (Double) -> Double
    ) {
      self.function = function
      self.range = range
      self.reference = reference
    }

    var testDescription: String { "\(function)" }
  }

  static let samples: [Sample] = [
    Sample(.abs) { abs($0) },
    Sample(.acos, -0.9...0.9) { acos($0) },
    Sample(.acosh, 1.1...5) { acosh($0) },
    Sample(.asin, -0.9...0.9) { asin($0) },
    Sample(.asinh) { asinh($0) },
    Sample(.atan) { atan($0) },
    Sample(.atanh, -0.9...0.9) { atanh($0) },
    Sample(.ceil) { ceil($0) },
    Sample(.celu(alpha: 1.5)) { max($0, 0) + min(0, 1.5 * (exp($0 / 1.5) - 1)) },
    Sample(.celu(alpha: -0.5), -1...1) { max($0, 0) + min(0, -0.5 * (exp($0 / -0.5) - 1)) },
    Sample(.clip(min: -1.25, max: 2.5)) { min(max($0, -1.25), 2.5) },
    Sample(.clip(min: 3, max: -3)) { min(max($0, 3), -3) },
    Sample(.cos) { cos($0) },
    Sample(.cosh) { cosh($0) },
    Sample(.elu(alpha: 0.75)) { $0 < 0 ? 0.75 * (exp($0) - 1) : $0 },
    Sample(.elu(alpha: -0.75)) { $0 < 0 ? -0.75 * (exp($0) - 1) : $0 },
    Sample(.erf) { erf($0) },
    Sample(.exp, -10...10) { exp($0) },
    Sample(.floor) { floor($0) },
    Sample(.gelu) { 0.5 * $0 * (1 + erf($0 / 2.0.squareRoot())) },
    Sample(.tanhGelu) {
      0.5 * $0 * (1 + tanh((2 / Double.pi).squareRoot() * ($0 + 0.044715 * $0 * $0 * $0)))
    },
    Sample(.hardSigmoid(alpha: 0.25, beta: 0.5)) { max(0, min(1, 0.25 * $0 + 0.5)) },
    Sample(.hardSwish) { $0 * max(0, min(1, $0 / 6 + 0.5)) },
    Sample(.leakyRelu(alpha: 0.125)) { $0 < 0 ? 0.125 * $0 : $0 },
    Sample(.leakyRelu(alpha: -0.5)) { $0 < 0 ? -0.5 * $0 : $0 },
    Sample(.log, 0.1...5) { log($0) },
    Sample(.mish) { $0 * tanh(log1p(exp($0))) },
    Sample(.neg) { -$0 },
    Sample(.reciprocal, 0.1...5) { 1 / $0 },
    Sample(.relu) { max($0, 0) },
    Sample(.round) { $0.rounded(.toNearestOrEven) },
    Sample(.selu(alpha: 1.5, gamma: 1.25)) { 1.25 * ($0 <= 0 ? 1.5 * (exp($0) - 1) : $0) },
    Sample(.selu(alpha: -1.5, gamma: 1.25)) { 1.25 * ($0 <= 0 ? -1.5 * (exp($0) - 1) : $0) },
    Sample(.shrink(lambda: 1.5, bias: 0.25)) { $0 < -1.5 ? $0 + 0.25 : $0 > 1.5 ? $0 - 0.25 : 0 },
    Sample(.sigmoid) { 1 / (1 + exp(-$0)) },
    Sample(.sign) { $0 > 0 ? 1 : $0 < 0 ? -1 : 0 },
    Sample(.sin) { sin($0) },
    Sample(.sinh) { sinh($0) },
    Sample(.softplus) { log1p(exp($0)) },
    Sample(.softsign) { $0 / (1 + abs($0)) },
    Sample(.sqrt, 0.1...5) { $0.squareRoot() },
    Sample(.swish(alpha: 1.75)) { $0 / (1 + exp(-1.75 * $0)) },
    Sample(.tan, -1.2...1.2) { tan($0) },
    Sample(.tanh) { tanh($0) },
    Sample(.thresholdedRelu(alpha: 1.25)) { $0 > 1.25 ? $0 : 0 },
    Sample(.thresholdedRelu(alpha: -1.25)) { $0 > -1.25 ? $0 : 0 },
  ]

  @Test("have the values and the derivatives of their definitions", arguments: samples)
  func agree(sample: Sample) throws {
    var random = RandomNumbers()
    let x = random.floats(101, in: sample.range)
    let kernel = UnaryKernel(sample.function, [101])
    try expectForward(kernel, [.floats(x)], x.map { sample.reference(Double($0)) }, tolerance: 5e-7)
    try expectGradients(kernel, [.floats(x)]) { $0[0].map(sample.reference) }
  }

  @Test("are the same on two threads as on one", arguments: [UnaryFunction.gelu, .relu, .log])
  func threads(function: UnaryFunction) throws {
    var random = RandomNumbers()
    let x = Numbers.floats(random.floats(50_001, in: 0.1...4))
    let kernel = UnaryKernel(function, [50_001])
    #expect(try KernelRun(kernel, [x]).outputs == KernelRun(kernel, [x], threads: 2).outputs)
  }

  /// The distance in floats between a result and the number it stands for.
  private func worstError(
    _ function: UnaryFunction, _ range: ClosedRange<Float>, _ reference: (Double) -> Double
  ) throws -> Double {
    var random = RandomNumbers()
    let x = random.floats(20_000, in: range)
    let y = try #require(try KernelRun(UnaryKernel(function, [x.count]), [.floats(x)]).outputs[0]?.floats)
    return zip(x, y).reduce(0) { worst, pair in
      let expected = reference(Double(pair.0))
      return max(worst, abs(Double(pair.1) - expected) / Double(Float(expected).ulp))
    }
  }

  @Test("are as accurate as they say")
  func accuracy() throws {
    #expect(try worstError(.exp, -103...88, exp) <= 2)
    #expect(try worstError(.tanh, -10...10, tanh) <= 4)
    #expect(try worstError(.tanh, -0.001...0.001, tanh) <= 4)
    #expect(try worstError(.erf, -4.5...4.5, erf) <= 3)
    #expect(try worstError(.erf, -0.001...0.001, erf) <= 3)
    #expect(try worstError(.sigmoid, -80...80) { 1 / (1 + exp(-$0)) } <= 4)
    #expect(try worstError(.softplus, -80...80) { log1p(exp($0)) } <= 4)
    #expect(try worstError(.elu(alpha: 1), -0.01...0) { expm1($0) } <= 4)
  }

  @Test("keep what is not finite")
  func specialValues() throws {
    let x: [Float] = [.nan, .infinity, -.infinity, 0, -0.0, 1e30, -1e30, 0.5, -0.5, 2.5]
    func values(_ function: UnaryFunction) throws -> [Double] {
      try #require(try KernelRun(UnaryKernel(function, [x.count]), [.floats(x)]).outputs[0]).doubles
    }
    expectClose(
      try values(.exp), [.nan, .infinity, 0, 1, 1, .infinity, 0, exp(0.5), exp(-0.5), exp(2.5)], 1e-6)
    expectClose(try values(.relu), [.nan, .infinity, 0, 0, 0, Double(Float(1e30)), 0, 0.5, 0, 2.5], 0)
    expectClose(Array(try values(.round).suffix(5)), [Double(Float(1e30)), -Double(Float(1e30)), 0, 0, 2], 0)
    expectClose(Array(try values(.tanh).prefix(5)), [.nan, 1, -1, 0, 0], 0)
    expectClose(try values(.sign), [.nan, 1, -1, 0, 0, 1, -1, 1, -1, 1], 0)
    expectClose(Array(try values(.floor).suffix(3)), [0, -1, 2], 0)
    expectClose(Array(try values(.ceil).suffix(3)), [1, 0, 3], 0)
  }
}

@Suite("Functions of one integer, and questions about floats")
struct IntegerUnaryKernelTests {
  @Test(
    "have the values of their definitions",
    arguments: [
      (.abs, [5, 0, 7]), (.neg, [5, 0, -7]), (.sign, [-1, 0, 1]), (.relu, [0, 0, 7]), (.not, [0, 1, 0]),
      (.clip(min: -2, max: 3), [-2, 0, 3]), (.bitwiseNot(mask: -1), [4, -1, -8]),
      (.bitwiseNot(mask: 255), [4, 255, 248]),
    ] as [(IntegerUnaryFunction, [Double])])
  func agree(function: IntegerUnaryFunction, expected: [Double]) throws {
    try expectForward(IntegerUnaryKernel(function, [3]), [.integers([-5, 0, 7])], expected, tolerance: 0)
  }

  @Test("questions are answered with 0 and 1")
  func questions() throws {
    let x = Numbers.floats([.nan, .infinity, -.infinity, 1])
    try expectForward(FloatTestKernel(.isNaN, [4]), [x], [1, 0, 0, 0])
    try expectForward(FloatTestKernel(.isInfinite(positive: true, negative: true), [4]), [x], [0, 1, 1, 0])
    try expectForward(FloatTestKernel(.isInfinite(positive: false, negative: true), [4]), [x], [0, 0, 1, 0])
  }
}
