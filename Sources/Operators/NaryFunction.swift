import GraphIR
import Kernels

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The functions of several numbers that ONNX applies element by element with broadcasting.
enum NaryFunction: String, CaseIterable, Sendable {
  case add = "Add"
  case sub = "Sub"
  case mul = "Mul"
  case div = "Div"
  case pow = "Pow"
  case mod = "Mod"
  case min = "Min"
  case max = "Max"
  case mean = "Mean"
  case sum = "Sum"
  case and = "And"
  case or = "Or"
  case xor = "Xor"
  case equal = "Equal"
  case greater = "Greater"
  case greaterOrEqual = "GreaterOrEqual"
  case less = "Less"
  case lessOrEqual = "LessOrEqual"
  case bitShift = "BitShift"
  case bitwiseAnd = "BitwiseAnd"
  case bitwiseOr = "BitwiseOr"
  case bitwiseXor = "BitwiseXor"

  var isVariadic: Bool { self == .min || self == .max || self == .mean || self == .sum }

  var givesBool: Bool {
    switch self {
    case .and, .or, .xor, .equal, .greater, .greaterOrEqual, .less, .lessOrEqual: true
    default: false
    }
  }

  /// Whether a zero in this operand's constant, with zeros in the others, gives zero: then its slots can be zeroed
  /// with the channel. Not so for divisors and exponents.
  func zeroStaysZero(operand: Int) -> Bool {
    switch self {
    case .add, .sub, .mul, .min, .max, .mean, .sum, .and, .or, .xor: true
    case .div: operand == 0
    default: false
    }
  }

  /// The value where every operand is known; nil where it depends on more, such as the width of integers.
  func callAsFunction(_ values: [Double], truncatesModulo: Bool = false) -> Double? {
    if isVariadic {
      guard !values.isEmpty else { return nil }
      switch self {
      case .min: return values.min()
      case .max: return values.max()
      case .mean: return values.reduce(0, +) / Double(values.count)
      default: return values.reduce(0, +)
      }
    }
    guard values.count == 2 else { return nil }
    let (a, b) = (values[0], values[1])
    switch self {
    case .add: return a + b
    case .sub: return a - b
    case .mul: return a * b
    case .div: return b == 0 ? nil : a / b
    case .pow: return power(a, b)
    case .mod:
      guard b != 0 else { return nil }
      let rest = a.truncatingRemainder(dividingBy: b)
      return truncatesModulo || rest == 0 || (rest < 0) == (b < 0) ? rest : rest + b
    case .and: return a != 0 && b != 0 ? 1 : 0
    case .or: return a != 0 || b != 0 ? 1 : 0
    case .xor: return (a != 0) != (b != 0) ? 1 : 0
    case .equal: return a == b ? 1 : 0
    case .greater: return a > b ? 1 : 0
    case .greaterOrEqual: return a >= b ? 1 : 0
    case .less: return a < b ? 1 : 0
    case .lessOrEqual: return a <= b ? 1 : 0
    default: return nil
    }
  }
}

/// The C function, out of reach of ``NaryFunction``'s case of that name.
private func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }

extension NaryFunction {
  /// The same for kernels, of two floats.
  func binary(truncatesModulo: Bool) -> BinaryFunction? {
    switch self {
    case .add: .add
    case .sub: .sub
    case .mul: .mul
    case .div: .div
    case .pow: .pow
    case .mod: truncatesModulo ? .mod : .floorMod
    default: nil
    }
  }

  /// The same for kernels, of any number of floats.
  var variadic: VariadicFunction? {
    switch self {
    case .sum: .sum
    case .mean: .mean
    case .max: .max
    case .min: .min
    default: nil
    }
  }

  var comparison: Comparison? {
    switch self {
    case .equal: .equal
    case .less: .less
    case .lessOrEqual: .lessOrEqual
    case .greater: .greater
    case .greaterOrEqual: .greaterOrEqual
    default: nil
    }
  }

  /// The same for kernels, of two integers.
  ///
  /// - Parameter isSigned: whether a shift to the right moves the sign in.
  func integer(truncatesModulo: Bool, shiftsLeft: Bool, isSigned: Bool) -> IntegerBinaryFunction? {
    switch self {
    case .add, .sum: .add
    case .sub: .sub
    case .mul: .mul
    case .div: .div
    case .mod: truncatesModulo ? .truncatedMod : .floorMod
    case .pow: .pow
    case .min: .min
    case .max: .max
    case .and, .bitwiseAnd: .and
    case .or, .bitwiseOr: .or
    case .xor, .bitwiseXor: .xor
    case .bitShift: shiftsLeft ? .shiftLeft : isSigned ? .arithmeticShiftRight : .shiftRight
    default: nil
    }
  }
}
