import Kernels
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The C library's functions, whose names are cases here.
private func power(_ x: Double) -> Double { exp(x) }
private func logarithm(_ x: Double) -> Double { log(x) }
private func tangent(_ x: Double) -> Double { tanh(x) }

extension Activation {
  /// What the activation is, in Double.
  func value(_ x: Double) -> Double {
    func logistic(_ x: Double) -> Double { 1 / (1 + power(-x)) }
    switch self {
    case .relu: return max(x, 0)
    case .leakyRelu(let alpha): return x < 0 ? Double(alpha) * x : x
    case .clip(let low, let high): return min(max(x, Double(low)), Double(high))
    case .sigmoid: return logistic(x)
    case .tanh: return tangent(x)
    case .elu(let alpha): return x < 0 ? Double(alpha) * (power(x) - 1) : x
    case .hardSwish: return x * min(max(x / 6 + 0.5, 0), 1)
    case .swish(let alpha): return x * logistic(Double(alpha) * x)
    case .gelu: return x / 2 * (1 + erf(x / 2.0.squareRoot()))
    case .tanhGelu:
      return x / 2 * (1 + tangent((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    case .softPlus: return log1p(power(x))
    case .exp: return power(x)
    case .log: return logarithm(x)
    case .abs: return Swift.abs(x)
    case .sqrt: return x.squareRoot()
    case .linear(let alpha, let beta): return Double(alpha) * x + Double(beta)
    }
  }

  /// Its slope, from values nearby.
  func slope(_ x: Double) -> Double { (value(x + 1e-6) - value(x - 1e-6)) / 2e-6 }

  var isForPositiveNumbers: Bool { self == .log || self == .sqrt }
}

@Suite("Activations")
struct ActivationTests {
  private static let all: [Activation] = [
    .relu, .leakyRelu(alpha: 0.01), .leakyRelu(alpha: 0.3), .clip(min: 0, max: 6), .clip(min: -1, max: 1.5),
    .clip(min: 2, max: 2), .sigmoid, .tanh, .elu(alpha: 1), .elu(alpha: 0.7), .hardSwish, .swish(alpha: 1),
    .swish(alpha: 1.702), .gelu, .tanhGelu, .softPlus, .exp, .log, .abs, .sqrt,
    .linear(alpha: -1.5, beta: 0.25),
  ]

  /// From −9 to 9, none of them where a slope jumps.
  private static func numbers(_ activation: Activation) -> [Float] {
    let steps = (0..<2 * 11 * 5 * 3).map { (Float($0) - 164.6) * 0.0547 }
    return activation.isForPositiveNumbers ? steps.map { Swift.abs($0) + 0.1 } : steps
  }

  private static func layouts() throws -> [TensorLayout] {
    let convolution = NaiveConvolution((3, 11), [5, 3], [1, 1])
    return [
      TensorLayout([2, 11, 5, 3]), TensorLayout([330]), TensorLayout([10, 33]),
      try #require(try convolution.kernel().outputs[0]),
    ]
  }

  @Test("Each is its formula, in training and in inference", arguments: all)
  func values(_ activation: Activation) throws {
    let x = Self.numbers(activation)
    for layout in try Self.layouts() {
      for mode in [KernelMode.training, .inference] {
        let y = try NativeKernel(ActivationKernel(activation, input: layout, mode: mode), [x]).forward()
        expectEach(y, x.map { activation.value(Double($0)) })
      }
    }
  }

  @Test("Each has its formula's slope", arguments: all)
  func slopes(_ activation: Activation) throws {
    let x = Self.numbers(activation)
    let gradient = randomFloats(x.count, seed: 4)
    let expected = zip(x, gradient).map { activation.slope(Double($0)) * Double($1) }
    for layout in try Self.layouts() {
      let bound = try NativeKernel(ActivationKernel(activation, input: layout, mode: .training), [x])
      _ = try bound.forward()
      expectEach(try #require(try bound.backward(gradient)[0]), expected)
      expectEach(try #require(try bound.backward(gradient, inPlace: true)[0]), expected)
    }
  }

  @Test("Where the input may be overwritten, the result is the same", arguments: all)
  func inPlace(_ activation: Activation) throws {
    let x = Self.numbers(activation)
    for mode in [KernelMode.training, .inference] {
      let kernel = try ActivationKernel(activation, input: TensorLayout([2, 11, 15]), mode: mode)
      if mode == .inference { #expect(kernel.overwritableInputs == [0]) }
      for input in kernel.overwritableInputs {
        let (bound, apart) = (try NativeKernel(kernel, [x]), try NativeKernel(kernel, [x]))
        #expect(try bound.forward(inPlaceOf: input).bits == apart.forward().bits)
      }
      // A gradient that follows from the result needs no input.
      let reads = kernel.backwardReads
      #expect(reads == BackwardReads(inputs: [0]) || reads == BackwardReads(outputs: [0]))
      if mode == .training { #expect(kernel.overwritableInputs == reads.outputs) }
    }
  }

  @Test("Far from 0 nothing overflows that need not")
  func farAway() throws {
    let x: [Float] = [-100, -40, 40, 100]
    let activations: [Activation] = [
      .sigmoid, .tanh, .elu(alpha: 1), .hardSwish, .swish(alpha: 1), .gelu, .tanhGelu, .softPlus,
    ]
    for activation in activations {
      let bound = try NativeKernel(
        ActivationKernel(activation, input: TensorLayout([4]), mode: .training), [x])
      let y = try bound.forward()
      for (value, number) in zip(y, x) {
        // 1 + eˣ is infinite in Float, ln(1 + eˣ) is not.
        let expected =
          activation == .softPlus && number > 0 ? Double(number) : activation.value(Double(number))
        #expect(abs(Double(value) - expected) <= 1e-6 * max(1, abs(expected)), "\(activation) of \(number)")
      }
      #expect(try bound.backward([1, 1, 1, 1])[0]?.allSatisfy(\.isFinite) == true)
    }
  }

  /// Close each by itself: relative to it, or to 1 where it is small.
  private func expectEach(
    _ values: [Float], _ expected: [Double], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(values.count == expected.count, sourceLocation: sourceLocation)
    let wrong = zip(values, expected).enumerated().first {
      !(abs(Double($0.element.0) - $0.element.1) <= 1e-5 * max(1, abs($0.element.1)))
    }
    #expect(wrong == nil, sourceLocation: sourceLocation)
  }
}
