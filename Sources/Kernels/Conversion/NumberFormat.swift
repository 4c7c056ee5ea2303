/// The numbers that an element type of a model can hold, where a kernel computes in Float or Int64.
package enum NumberFormat: Sendable, Equatable {
  /// 32 bits, or more than that.
  case float
  case float16
  case bfloat16
  case integer(IntegerRange)
  case boolean

  package var scalar: ScalarType {
    switch self {
    case .float, .float16, .bfloat16: .float
    case .integer, .boolean: .integer
    }
  }
}

/// Integers of a number of bits.
package struct IntegerRange: Sendable, Equatable {
  package let bitWidth: Int
  package let isSigned: Bool

  package init(bitWidth: Int, signed: Bool) {
    precondition((1...64).contains(bitWidth), "\(bitWidth) bits")
    self.bitWidth = bitWidth
    isSigned = signed
  }

  package static let int8 = IntegerRange(bitWidth: 8, signed: true)
  package static let uint8 = IntegerRange(bitWidth: 8, signed: false)
  package static let int16 = IntegerRange(bitWidth: 16, signed: true)
  package static let uint16 = IntegerRange(bitWidth: 16, signed: false)
  package static let int32 = IntegerRange(bitWidth: 32, signed: true)
  package static let uint32 = IntegerRange(bitWidth: 32, signed: false)
  package static let int64 = IntegerRange(bitWidth: 64, signed: true)

  /// The least number, and the greatest that an Int64 holds.
  package var lowest: Int64 { isSigned ? Int64.min >> Int64(64 - bitWidth) : 0 }
  package var highest: Int64 {
    isSigned || bitWidth == 64 ? Int64.max >> Int64(isSigned ? 64 - bitWidth : 0) : 1 << Int64(bitWidth) - 1
  }

  /// The nearest number of the range.
  @inline(__always)
  func saturating(_ value: Int64) -> Int64 { min(max(value, lowest), highest) }

  /// What is left of a number when its high bits are lost.
  @inline(__always)
  func wrapping(_ value: Int64) -> Int64 {
    let shift = Int64(64 - bitWidth)
    if isSigned { return (value &<< shift) &>> shift }
    return Int64(bitPattern: (UInt64(bitPattern: value) &<< UInt64(shift)) &>> UInt64(shift))
  }
}

extension Float {
  /// The nearest number with 11 bits of precision and exponents of −14 to 15, ties to even: IEEE 754 binary16.
  @inline(__always)
  var roundedToFloat16: Float {
    guard isFinite else { return self }
    let size = magnitude
    if size >= 65520 { return sign == .minus ? -.infinity : .infinity }
    // Below 2⁻¹⁴ numbers are 2⁻²⁴ apart, as floats between ½ and 1 are.
    if size < 0x1p-14 { return Float(sign: sign, exponent: 0, significand: (size + 0.5) - 0.5) }
    return rounded(droppingBits: 13)
  }

  /// The nearest number with 8 bits of precision, ties to even.
  @inline(__always)
  var roundedToBFloat16: Float { isNaN ? self : rounded(droppingBits: 16) }

  @inline(__always)
  private func rounded(droppingBits count: UInt32) -> Float {
    let last = (bitPattern &>> count) & 1
    let half = (1 &<< (count &- 1)) &- 1 as UInt32
    return Float(bitPattern: (bitPattern &+ half &+ last) & (UInt32.max &<< count))
  }
}

extension Int64 {
  /// The whole part of a number, or the nearest that there is; 0 for what is no number.
  @inline(__always)
  init(clamping value: Double) {
    if value >= -0x1p63, value < 0x1p63 {
      self.init(value)
    } else {
      self = value.isNaN ? 0 : value < 0 ? .min : .max
    }
  }
}
