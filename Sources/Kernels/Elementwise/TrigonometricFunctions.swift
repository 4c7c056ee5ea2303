// Trigonometric and hyperbolic functions and their inverses, as the C library computes them.

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

struct Sine: UnaryFloatFunction {
  let derivativeReads = DerivativeOperand.input
  @inline(__always)
  func value(_ x: Float) -> Float { sinf(x) }
  @inline(__always)
  func derivative(_ x: Float) -> Float { cosf(x) }
}

struct Cosine: UnaryFloatFunction {
  let derivativeReads = DerivativeOperand.input
  @inline(__always)
  func value(_ x: Float) -> Float { cosf(x) }
  @inline(__always)
  func derivative(_ x: Float) -> Float { -sinf(x) }
}

struct Tangent: UnaryFloatFunction {
  let derivativeReads = DerivativeOperand.output
  @inline(__always)
  func value(_ x: Float) -> Float { tanf(x) }
  @inline(__always)
  func derivative(_ y: Float) -> Float { 1 + y * y }
}

struct ArcSine: UnaryFloatFunction {
  let derivativeReads = DerivativeOperand.input
  @inline(__always)
  func value(_ x: Float) -> Float { asinf(x) }
  @inline(__always)
  func derivative(_ x: Float) -> Float { 1 / ((1 - x) * (1 + x)).squareRoot() }
}

struct ArcCosine: UnaryFloatFunction {
  let derivativeReads = DerivativeOperand.input
  @inline(__always)
  func value(_ x: Float) -> Float { acosf(x) }
  @inline(__always)
  func derivative(_ x: Float) -> Float { -1 / ((1 - x) * (1 + x)).squareRoot() }
}

struct ArcTangent: UnaryFloatFunction {
  let derivativeReads = DerivativeOperand.input
  @inline(__always)
  func value(_ x: Float) -> Float { atanf(x) }
  @inline(__always)
  func derivative(_ x: Float) -> Float { 1 / (1 + x * x) }
}

struct HyperbolicSine: UnaryFloatFunction {
  let derivativeReads = DerivativeOperand.output
  @inline(__always)
  func value(_ x: Float) -> Float { sinhf(x) }
  /// cosh x
  @inline(__always)
  func derivative(_ y: Float) -> Float { (1 + y * y).squareRoot() }
}

struct HyperbolicCosine: UnaryFloatFunction {
  let derivativeReads = DerivativeOperand.input
  @inline(__always)
  func value(_ x: Float) -> Float { coshf(x) }
  @inline(__always)
  func derivative(_ x: Float) -> Float { sinhf(x) }
}

struct HyperbolicAreaSine: UnaryFloatFunction {
  let derivativeReads = DerivativeOperand.input
  @inline(__always)
  func value(_ x: Float) -> Float { asinhf(x) }
  @inline(__always)
  func derivative(_ x: Float) -> Float { 1 / (x * x + 1).squareRoot() }
}

struct HyperbolicAreaCosine: UnaryFloatFunction {
  let derivativeReads = DerivativeOperand.input
  @inline(__always)
  func value(_ x: Float) -> Float { acoshf(x) }
  @inline(__always)
  func derivative(_ x: Float) -> Float { 1 / ((x - 1) * (x + 1)).squareRoot() }
}

struct HyperbolicAreaTangent: UnaryFloatFunction {
  let derivativeReads = DerivativeOperand.input
  @inline(__always)
  func value(_ x: Float) -> Float { atanhf(x) }
  @inline(__always)
  func derivative(_ x: Float) -> Float { 1 / ((1 - x) * (1 + x)) }
}
