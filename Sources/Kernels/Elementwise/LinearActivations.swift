// Activations made of straight lines.

struct Relu: UnaryFloatFunction {
  static let grain = Grain.cheap
  let derivativeReads = DerivativeOperand.output

  @inline(__always)
  func value(_ x: Float) -> Float { x.atLeast(0) }
  @inline(__always)
  func derivative(_ y: Float) -> Float { choose(y > 0, 1, 0) }
}

struct LeakyRelu: UnaryFloatFunction {
  static let grain = Grain.cheap
  let alpha: Float
  // With α ≤ 0 the result does not tell the sign of the argument.
  var derivativeReads: DerivativeOperand { alpha > 0 ? .output : .input }

  @inline(__always)
  func value(_ x: Float) -> Float { choose(x < 0, alpha * x, x) }
  @inline(__always)
  func derivative(_ operand: Float) -> Float { choose(operand < 0, alpha, 1) }
}

struct ThresholdedRelu: UnaryFloatFunction {
  static let grain = Grain.cheap
  let alpha: Float
  let derivativeReads = DerivativeOperand.input

  @inline(__always)
  func value(_ x: Float) -> Float { choose(x > alpha, x, 0) }
  @inline(__always)
  func derivative(_ x: Float) -> Float { choose(x > alpha, 1, 0) }
}

struct Clip: UnaryFloatFunction {
  static let grain = Grain.cheap
  let low: Float
  let high: Float
  let derivativeReads = DerivativeOperand.output

  @inline(__always)
  func value(_ x: Float) -> Float { x.atLeast(low).atMost(high) }
  @inline(__always)
  func derivative(_ y: Float) -> Float { choose((y > low) && (y < high), 1, 0) }
}

struct HardSigmoid: UnaryFloatFunction {
  static let grain = Grain.cheap
  let alpha: Float
  let beta: Float
  let derivativeReads = DerivativeOperand.output

  @inline(__always)
  func value(_ x: Float) -> Float { (alpha * x + beta).atLeast(0).atMost(1) }
  @inline(__always)
  func derivative(_ y: Float) -> Float { choose((y > 0) && (y < 1), alpha, 0) }
}

struct HardSwish: UnaryFloatFunction {
  static let grain = Grain.cheap
  let derivativeReads = DerivativeOperand.input

  @inline(__always)
  func value(_ x: Float) -> Float { x * (x * (1 / 6) + 0.5).atLeast(0).atMost(1) }
  @inline(__always)
  func derivative(_ x: Float) -> Float {
    choose(x < 3, choose(x > -3, x * (1 / 3) + 0.5, 0), 1)
  }
}

struct Shrink: UnaryFloatFunction {
  static let grain = Grain.cheap
  let lambda: Float
  let bias: Float
  let derivativeReads = DerivativeOperand.input

  @inline(__always)
  func value(_ x: Float) -> Float { choose(x < -lambda, x + bias, choose(x > lambda, x - bias, 0)) }
  @inline(__always)
  func derivative(_ x: Float) -> Float { choose((x < -lambda) || (x > lambda), 1, 0) }
}

struct Softsign: UnaryFloatFunction {
  let derivativeReads = DerivativeOperand.input

  @inline(__always)
  func value(_ x: Float) -> Float { x / (1 + abs(x)) }
  @inline(__always)
  func derivative(_ x: Float) -> Float {
    let root = 1 / (1 + abs(x))
    return root * root
  }
}
