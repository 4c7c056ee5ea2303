// Signs, roots, quotients and roundings.

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

struct AbsoluteValue: UnaryFloatFunction {
  static let grain = Grain.cheap
  let derivativeReads = DerivativeOperand.input

  @inline(__always)
  func value(_ x: Float) -> Float { Swift.abs(x) }
  @inline(__always)
  func derivative(_ x: Float) -> Float { Signum().value(x) }
}

struct Negation: UnaryFloatFunction {
  static let grain = Grain.cheap
  let derivativeReads = DerivativeOperand.nothing

  @inline(__always)
  func value(_ x: Float) -> Float { -x }
  @inline(__always)
  func derivative(_: Float) -> Float { -1 }
}

struct Reciprocal: UnaryFloatFunction {
  let derivativeReads = DerivativeOperand.output

  @inline(__always)
  func value(_ x: Float) -> Float { 1 / x }
  @inline(__always)
  func derivative(_ y: Float) -> Float { -(y * y) }
}

struct SquareRoot: UnaryFloatFunction {
  let derivativeReads = DerivativeOperand.output

  @inline(__always)
  func value(_ x: Float) -> Float { x.squareRoot() }
  @inline(__always)
  func derivative(_ y: Float) -> Float { 0.5 / y }
}

struct Logarithm: UnaryFloatFunction {
  let derivativeReads = DerivativeOperand.input

  @inline(__always)
  func value(_ x: Float) -> Float { logf(x) }
  @inline(__always)
  func derivative(_ x: Float) -> Float { 1 / x }
}

/// A function of steps: its derivative is 0 where it has one.
protocol StepFunction: UnaryFloatFunction {}

extension StepFunction {
  static var grain: Int { Grain.cheap }
  var derivativeReads: DerivativeOperand { .nothing }
  @inline(__always)
  func derivative(_: Float) -> Float { Float() }
}

struct Signum: StepFunction {
  @inline(__always)
  func value(_ x: Float) -> Float { choose(x == 0, 0, choose(x == x, FloatMath.signed(1, like: x), x)) }
}

struct Rounding: StepFunction {
  /// Adding 2²³ leaves no place for halves; larger numbers have none.
  @inline(__always)
  func value(_ x: Float) -> Float {
    let t = abs(x)
    let rounded = FloatMath.signed((t + 8_388_608) - 8_388_608, like: x)
    return choose(t < 8_388_608, rounded, x)
  }
}

struct Floor: StepFunction {
  @inline(__always)
  func value(_ x: Float) -> Float {
    let near = Rounding().value(x)
    return choose(near > x, near - 1, near)
  }
}

struct Ceiling: StepFunction {
  @inline(__always)
  func value(_ x: Float) -> Float {
    let near = Rounding().value(x)
    return choose(near < x, FloatMath.signed(near + 1, like: x), near)
  }
}
