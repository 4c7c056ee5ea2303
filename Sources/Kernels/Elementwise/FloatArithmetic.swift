#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

// Functions of two floats and their partial derivatives.

enum Addition: DifferentiableBinaryFunction {
  static let backwardReads = BackwardReads()
  static let passesOn = [true, true]

  @inline(__always)
  static func value(_ a: Float, _ b: Float) -> Float { a + b }
  @inline(__always)
  static func gradientOfA(_ dy: Float, _: Float, _: Float, _: Float) -> Float { dy }
  @inline(__always)
  static func gradientOfB(_ dy: Float, _: Float, _: Float, _: Float) -> Float { dy }
}

enum Subtraction: DifferentiableBinaryFunction {
  static let backwardReads = BackwardReads()
  static let passesOn = [true, false]

  @inline(__always)
  static func value(_ a: Float, _ b: Float) -> Float { a - b }
  @inline(__always)
  static func gradientOfA(_ dy: Float, _: Float, _: Float, _: Float) -> Float { dy }
  @inline(__always)
  static func gradientOfB(_ dy: Float, _: Float, _: Float, _: Float) -> Float { -dy }
}

enum Multiplication: DifferentiableBinaryFunction {
  static let backwardReads = BackwardReads(inputs: [0, 1])

  @inline(__always)
  static func value(_ a: Float, _ b: Float) -> Float { a * b }
  @inline(__always)
  static func gradientOfA(_ dy: Float, _: Float, _ b: Float, _: Float) -> Float { dy * b }
  @inline(__always)
  static func gradientOfB(_ dy: Float, _ a: Float, _: Float, _: Float) -> Float { dy * a }
}

enum Division: DifferentiableBinaryFunction {
  static let backwardReads = BackwardReads(inputs: [1], outputs: [0])

  @inline(__always)
  static func value(_ a: Float, _ b: Float) -> Float { a / b }
  @inline(__always)
  static func gradientOfA(_ dy: Float, _: Float, _ b: Float, _: Float) -> Float { dy / b }
  @inline(__always)
  static func gradientOfB(_ dy: Float, _: Float, _ b: Float, _ y: Float) -> Float { -dy * y / b }
}

enum Power: DifferentiableBinaryFunction {
  static let backwardReads = BackwardReads(inputs: [0, 1], outputs: [0])
  static let grain = 1024

  /// The exponents that networks have do without the C library.
  @inline(__always)
  static func value(_ a: Float, _ b: Float) -> Float {
    switch b {
    case 1: a
    case 2: a * a
    case 3: a * a * a
    case 0.5: a < 0 ? .nan : a.squareRoot()
    case -1: 1 / a
    default: powf(a, b)
    }
  }
  /// b·a^(b−1)
  @inline(__always)
  static func gradientOfA(_ dy: Float, _ a: Float, _ b: Float, _: Float) -> Float {
    b == 0 ? 0 : dy * b * value(a, b - 1)
  }
  /// aᵇ·log a, and 0 at the corner a = 0 where the power is 0 too
  @inline(__always)
  static func gradientOfB(_ dy: Float, _ a: Float, _ b: Float, _ y: Float) -> Float {
    a == 0 && b >= 0 ? 0 : dy * y * logf(a)
  }
}

enum Remainder: DifferentiableBinaryFunction {
  static let backwardReads = BackwardReads(inputs: [0, 1])
  static let passesOn = [true, false]
  static let grain = Grain.costly

  @inline(__always)
  static func value(_ a: Float, _ b: Float) -> Float { fmodf(a, b) }
  @inline(__always)
  static func gradientOfA(_ dy: Float, _: Float, _: Float, _: Float) -> Float { dy }
  @inline(__always)
  static func gradientOfB(_ dy: Float, _ a: Float, _ b: Float, _: Float) -> Float { -dy * truncf(a / b) }
}

/// a − ⌊a/b⌋·b
enum RemainderOfFloor: DifferentiableBinaryFunction {
  static let backwardReads = BackwardReads(inputs: [0, 1])
  static let passesOn = [true, false]
  static let grain = Grain.costly

  @inline(__always)
  static func value(_ a: Float, _ b: Float) -> Float {
    let rest = fmodf(a, b)
    if rest == 0 { return copysignf(0, b) }
    return (rest < 0) != (b < 0) ? rest + b : rest
  }
  @inline(__always)
  static func gradientOfA(_ dy: Float, _: Float, _: Float, _: Float) -> Float { dy }
  @inline(__always)
  static func gradientOfB(_ dy: Float, _ a: Float, _ b: Float, _: Float) -> Float { -dy * floorf(a / b) }
}

/// The operand that is taken gets the gradient; both get half of it where they are equal.
enum Minimum: DifferentiableBinaryFunction {
  static let backwardReads = BackwardReads(inputs: [0, 1])

  @inline(__always)
  static func value(_ a: Float, _ b: Float) -> Float { choose(b < a || b != b, b, a) }
  @inline(__always)
  static func gradientOfA(_ dy: Float, _ a: Float, _ b: Float, _: Float) -> Float {
    dy * choose(a < b, 1, choose(a == b, 0.5, 0))
  }
  @inline(__always)
  static func gradientOfB(_ dy: Float, _ a: Float, _ b: Float, _: Float) -> Float {
    dy * choose(b < a, 1, choose(a == b, 0.5, 0))
  }
}

/// The operand that is taken gets the gradient; both get half of it where they are equal.
enum Maximum: DifferentiableBinaryFunction {
  static let backwardReads = BackwardReads(inputs: [0, 1])

  @inline(__always)
  static func value(_ a: Float, _ b: Float) -> Float { choose(b > a || b != b, b, a) }
  @inline(__always)
  static func gradientOfA(_ dy: Float, _ a: Float, _ b: Float, _: Float) -> Float {
    dy * choose(a > b, 1, choose(a == b, 0.5, 0))
  }
  @inline(__always)
  static func gradientOfB(_ dy: Float, _ a: Float, _ b: Float, _: Float) -> Float {
    dy * choose(b > a, 1, choose(a == b, 0.5, 0))
  }
}

enum SlopedRelu: DifferentiableBinaryFunction {
  static let backwardReads = BackwardReads(inputs: [0, 1])

  @inline(__always)
  static func value(_ a: Float, _ b: Float) -> Float { choose(a < 0, b * a, a) }
  @inline(__always)
  static func gradientOfA(_ dy: Float, _ a: Float, _ b: Float, _: Float) -> Float { choose(a < 0, b, 1) * dy }
  @inline(__always)
  static func gradientOfB(_ dy: Float, _ a: Float, _: Float, _: Float) -> Float { choose(a < 0, a, 0) * dy }
}
