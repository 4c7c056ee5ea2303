// Activations made of exponentials.

struct Sigmoid: UnaryFloatFunction {
  let derivativeReads = DerivativeOperand.output

  @inline(__always)
  func value(_ x: Float) -> Float { FloatMath.sigmoid(x) }
  @inline(__always)
  func derivative(_ y: Float) -> Float { y * (1 - y) }
}

struct Swish: UnaryFloatFunction {
  let alpha: Float
  let derivativeReads = DerivativeOperand.input

  @inline(__always)
  func value(_ x: Float) -> Float { x * FloatMath.sigmoid(alpha * x) }
  @inline(__always)
  func derivative(_ x: Float) -> Float {
    let s = FloatMath.sigmoid(alpha * x)
    return s + alpha * x * s * (1 - s)
  }
}

struct Softplus: UnaryFloatFunction {
  let derivativeReads = DerivativeOperand.output

  @inline(__always)
  func value(_ x: Float) -> Float { FloatMath.softplus(x) }
  /// sigmoid(x) = 1 − e⁻ʸ
  @inline(__always)
  func derivative(_ y: Float) -> Float { -FloatMath.expMinusOne(-y) }
}

/// x · tanh(log(1 + eˣ)) = x · (e² + 2e) / (e² + 2e + 2) with e = eˣ.
struct Mish: UnaryFloatFunction {
  let derivativeReads = DerivativeOperand.input

  // Beyond 20 the quotient is 1, and e² a number that a float can hold.
  @inline(__always)
  private func exponential(_ x: Float) -> Float { FloatMath.exp(x.atMost(20)) }

  @inline(__always)
  func value(_ x: Float) -> Float {
    let e = exponential(x)
    let a = e * (e + 2)
    return x * (a / (a + 2))
  }

  @inline(__always)
  func derivative(_ x: Float) -> Float {
    let e = exponential(x)
    let a = e * (e + 2)
    let b = 1 / (a + 2)
    return (a + x * (4 * e * (e + 1)) * b) * b
  }
}

struct Elu: UnaryFloatFunction {
  let alpha: Float
  var derivativeReads: DerivativeOperand { alpha > 0 ? .output : .input }

  @inline(__always)
  func value(_ x: Float) -> Float { choose(x < 0, alpha * FloatMath.expMinusOne(x.atMost(0)), x) }
  @inline(__always)
  func derivative(_ operand: Float) -> Float {
    if alpha > 0 { return choose(operand < 0, operand + alpha, 1) }
    return choose(operand < 0, alpha * FloatMath.exp(operand), 1)
  }
}

struct Selu: UnaryFloatFunction {
  let alpha: Float
  let gamma: Float
  var derivativeReads: DerivativeOperand { alpha > 0 && gamma > 0 ? .output : .input }

  @inline(__always)
  func value(_ x: Float) -> Float {
    gamma * choose(x > 0, x, alpha * FloatMath.expMinusOne(x.atMost(0)))
  }
  @inline(__always)
  func derivative(_ operand: Float) -> Float {
    if alpha > 0 && gamma > 0 { return choose(operand > 0, gamma, operand + alpha * gamma) }
    return choose(operand > 0, gamma, alpha * gamma * FloatMath.exp(operand))
  }
}

struct Celu: UnaryFloatFunction {
  let alpha: Float
  let derivativeReads = DerivativeOperand.input

  // max(x, 0) + min(0, α·(e^(x/α) − 1)); with α < 0 the second part is negative where x/α > 0 too.
  @inline(__always)
  func value(_ x: Float) -> Float {
    x.atLeast(0) + (alpha * FloatMath.expMinusOne(x * (1 / alpha))).atMost(0)
  }
  @inline(__always)
  func derivative(_ x: Float) -> Float {
    let scaled = x * (1 / alpha)
    return choose(x > 0, 1, 0) + choose(alpha * scaled < 0, FloatMath.exp(scaled), 0)
  }
}

/// x·Φ(x) with Φ(x) = (1 + erf(x/√2)) / 2.
struct Gelu: UnaryFloatFunction {
  let derivativeReads = DerivativeOperand.input

  @inline(__always)
  func value(_ x: Float) -> Float { x * FloatMath.normalDistribution(x).cumulative }
  /// Φ(x) + x·e^(−x²/2) / √(2π)
  @inline(__always)
  func derivative(_ x: Float) -> Float {
    let (bell, cumulative) = FloatMath.normalDistribution(x)
    return cumulative + x * bell * 0.398_942_280
  }
}

/// x/2 · (1 + tanh u) = x · sigmoid(2u) with u = √(2/π)·(x + 0.044715·x³).
struct TanhGelu: UnaryFloatFunction {
  let derivativeReads = DerivativeOperand.input

  @inline(__always)
  private func sigmoid(_ x: Float) -> Float {
    FloatMath.sigmoid(1.595_769_122 * (x + 0.044715 * (x * x * x)))
  }

  @inline(__always)
  func value(_ x: Float) -> Float { x * sigmoid(x) }
  @inline(__always)
  func derivative(_ x: Float) -> Float {
    let s = sigmoid(x)
    return s + x * s * (1 - s) * (1.595_769_122 * (1 + 0.134145 * (x * x)))
  }
}

struct HyperbolicTangent: UnaryFloatFunction {
  let derivativeReads = DerivativeOperand.output

  @inline(__always)
  func value(_ x: Float) -> Float { FloatMath.tanh(x) }
  @inline(__always)
  func derivative(_ y: Float) -> Float { 1 - y * y }
}

struct Exponential: UnaryFloatFunction {
  let derivativeReads = DerivativeOperand.output

  @inline(__always)
  func value(_ x: Float) -> Float { FloatMath.exp(x) }
  @inline(__always)
  func derivative(_ y: Float) -> Float { y }
}

struct ErrorFunction: UnaryFloatFunction {
  let derivativeReads = DerivativeOperand.input

  @inline(__always)
  func value(_ x: Float) -> Float { FloatMath.erf(x) }
  /// 2/√π · e^(−x²)
  @inline(__always)
  func derivative(_ x: Float) -> Float { 1.128_379_167 * FloatMath.exp(-x * x) }
}
