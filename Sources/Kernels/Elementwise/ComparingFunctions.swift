// Comparisons of floats and of integers: types of their own, since only for these a loop is compiled that compares
// several numbers at once.

protocol FloatComparison: BinaryFunctionOfNumbers where Operand == Float, Result == Int64 {}

protocol IntegerComparison: BinaryFunctionOfNumbers where Operand == Int64, Result == Int64 {}

enum FloatEqual: FloatComparison {
  @inline(__always)
  static func value(_ a: Float, _ b: Float) -> Int64 { a == b ? 1 : 0 }
}

enum FloatLess: FloatComparison {
  @inline(__always)
  static func value(_ a: Float, _ b: Float) -> Int64 { a < b ? 1 : 0 }
}

enum FloatLessOrEqual: FloatComparison {
  @inline(__always)
  static func value(_ a: Float, _ b: Float) -> Int64 { a <= b ? 1 : 0 }
}

enum FloatGreater: FloatComparison {
  @inline(__always)
  static func value(_ a: Float, _ b: Float) -> Int64 { a > b ? 1 : 0 }
}

enum FloatGreaterOrEqual: FloatComparison {
  @inline(__always)
  static func value(_ a: Float, _ b: Float) -> Int64 { a >= b ? 1 : 0 }
}

enum IntegerEqual: IntegerComparison {
  @inline(__always)
  static func value(_ a: Int64, _ b: Int64) -> Int64 { a == b ? 1 : 0 }
}

enum IntegerLess: IntegerComparison {
  @inline(__always)
  static func value(_ a: Int64, _ b: Int64) -> Int64 { a < b ? 1 : 0 }
}

enum IntegerLessOrEqual: IntegerComparison {
  @inline(__always)
  static func value(_ a: Int64, _ b: Int64) -> Int64 { a <= b ? 1 : 0 }
}

enum IntegerGreater: IntegerComparison {
  @inline(__always)
  static func value(_ a: Int64, _ b: Int64) -> Int64 { a > b ? 1 : 0 }
}

enum IntegerGreaterOrEqual: IntegerComparison {
  @inline(__always)
  static func value(_ a: Int64, _ b: Int64) -> Int64 { a >= b ? 1 : 0 }
}
