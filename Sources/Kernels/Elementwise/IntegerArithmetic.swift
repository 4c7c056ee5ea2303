// Functions of two integers.

protocol IntegerFunction: BinaryFunctionOfNumbers where Operand == Int64, Result == Int64 {}

enum IntegerAddition: IntegerFunction {
  @inline(__always)
  static func value(_ a: Int64, _ b: Int64) -> Int64 { a &+ b }
}

enum IntegerSubtraction: IntegerFunction {
  @inline(__always)
  static func value(_ a: Int64, _ b: Int64) -> Int64 { a &- b }
}

enum IntegerMultiplication: IntegerFunction {
  @inline(__always)
  static func value(_ a: Int64, _ b: Int64) -> Int64 { a &* b }
}

enum IntegerMinimum: IntegerFunction {
  @inline(__always)
  static func value(_ a: Int64, _ b: Int64) -> Int64 { Swift.min(a, b) }
}

enum IntegerMaximum: IntegerFunction {
  @inline(__always)
  static func value(_ a: Int64, _ b: Int64) -> Int64 { Swift.max(a, b) }
}

enum BitwiseAnd: IntegerFunction {
  @inline(__always)
  static func value(_ a: Int64, _ b: Int64) -> Int64 { a & b }
}

enum BitwiseOr: IntegerFunction {
  @inline(__always)
  static func value(_ a: Int64, _ b: Int64) -> Int64 { a | b }
}

enum BitwiseXor: IntegerFunction {
  @inline(__always)
  static func value(_ a: Int64, _ b: Int64) -> Int64 { a ^ b }
}

// A shift by a negative number of places is one by more places than there are.

enum ShiftLeft: IntegerFunction {
  @inline(__always)
  static func value(_ a: Int64, _ b: Int64) -> Int64 { b < 0 ? 0 : a << b }
}

enum ShiftRight: IntegerFunction {
  @inline(__always)
  static func value(_ a: Int64, _ b: Int64) -> Int64 {
    b < 0 ? 0 : Int64(bitPattern: UInt64(bitPattern: a) >> b)
  }
}

enum ArithmeticShiftRight: IntegerFunction {
  @inline(__always)
  static func value(_ a: Int64, _ b: Int64) -> Int64 { b < 0 ? a >> 63 : a >> b }
}

// Divisors are known not to be 0. The one quotient that overflows, that of the least number and −1, wraps.

enum IntegerDivision: IntegerFunction {
  @inline(__always)
  static func value(_ a: Int64, _ b: Int64) -> Int64 { b == -1 ? 0 &- a : a / b }
}

enum TruncatedRemainder: IntegerFunction {
  @inline(__always)
  static func value(_ a: Int64, _ b: Int64) -> Int64 { b == -1 ? 0 : a % b }
}

enum FloorRemainder: IntegerFunction {
  @inline(__always)
  static func value(_ a: Int64, _ b: Int64) -> Int64 {
    let rest = TruncatedRemainder.value(a, b)
    return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest
  }
}

/// aᵇ by squaring; for a negative exponent what is left of 1 / a⁻ᵇ without its fraction.
enum IntegerPower: IntegerFunction {
  @inline(__always)
  static func value(_ a: Int64, _ b: Int64) -> Int64 {
    guard b >= 0 else { return a == 1 ? 1 : a == -1 ? (b & 1 == 0 ? 1 : -1) : 0 }
    var (result, factor, rest) = (Int64(1), a, b)
    while rest > 0 {
      if rest & 1 == 1 { result = result &* factor }
      factor = factor &* factor
      rest >>= 1
    }
    return result
  }
}
