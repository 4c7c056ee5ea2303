/// The functions of two floats that ONNX has and that have a gradient.
package enum BinaryFunction: Sendable, Hashable, CaseIterable {
  case add
  case sub
  case mul
  case div
  case pow
  /// The remainder with the dividend's sign, ONNX `Mod` with `fmod = 1`.
  case mod
  /// The remainder with the divisor's sign.
  case floorMod
  case min
  case max
  /// a, or b·a where a < 0: b is the slope.
  case prelu

  var loop: any DifferentiableBinaryLoop.Type {
    switch self {
    case .add: Addition.self
    case .sub: Subtraction.self
    case .mul: Multiplication.self
    case .div: Division.self
    case .pow: Power.self
    case .mod: Remainder.self
    case .floorMod: RemainderOfFloor.self
    case .min: Minimum.self
    case .max: Maximum.self
    case .prelu: SlopedRelu.self
    }
  }
}

/// Functions of two integers; what overflows wraps.
package enum IntegerBinaryFunction: Sendable, Hashable, CaseIterable {
  case add
  case sub
  case mul
  /// The quotient without its fraction.
  case div
  /// The remainder with the divisor's sign.
  case floorMod
  /// The remainder with the dividend's sign, `fmod = 1`.
  case truncatedMod
  case pow
  case min
  case max
  /// Of bits, and of truth values 0 and 1.
  case and
  case or
  case xor
  /// Bits move to higher places; what a narrow type does not hold is the caller's to mask.
  case shiftLeft
  /// Of unsigned numbers.
  case shiftRight
  /// Of signed numbers, the sign moves in.
  case arithmeticShiftRight

  var loop: any BinaryLoop.Type {
    switch self {
    case .add: IntegerAddition.self
    case .sub: IntegerSubtraction.self
    case .mul: IntegerMultiplication.self
    case .div: IntegerDivision.self
    case .floorMod: FloorRemainder.self
    case .truncatedMod: TruncatedRemainder.self
    case .pow: IntegerPower.self
    case .min: IntegerMinimum.self
    case .max: IntegerMaximum.self
    case .and: BitwiseAnd.self
    case .or: BitwiseOr.self
    case .xor: BitwiseXor.self
    case .shiftLeft: ShiftLeft.self
    case .shiftRight: ShiftRight.self
    case .arithmeticShiftRight: ArithmeticShiftRight.self
    }
  }

  var divides: Bool { self == .div || self == .floorMod || self == .truncatedMod }
}

/// Comparisons; the result is an integer, 0 or 1.
package enum Comparison: Sendable, Hashable, CaseIterable {
  case equal
  case less
  case lessOrEqual
  case greater
  case greaterOrEqual

  func loop(_ scalar: ScalarType) -> any BinaryLoop.Type {
    switch (self, scalar) {
    case (.equal, .float): FloatEqual.self
    case (.less, .float): FloatLess.self
    case (.lessOrEqual, .float): FloatLessOrEqual.self
    case (.greater, .float): FloatGreater.self
    case (.greaterOrEqual, .float): FloatGreaterOrEqual.self
    case (.equal, .integer): IntegerEqual.self
    case (.less, .integer): IntegerLess.self
    case (.lessOrEqual, .integer): IntegerLessOrEqual.self
    case (.greater, .integer): IntegerGreater.self
    case (.greaterOrEqual, .integer): IntegerGreaterOrEqual.self
    }
  }
}
