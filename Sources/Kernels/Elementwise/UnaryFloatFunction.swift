/// A function of one float: what ``UnaryKernel`` applies to every element.
protocol UnaryFloatFunction: Sendable {
  /// What ``derivative(_:)`` is a function of.
  var derivativeReads: DerivativeOperand { get }
  /// Elements that are worth a thread.
  static var grain: Int { get }

  func value(_ x: Float) -> Float
  /// f′(x), from the operand that ``derivativeReads`` names.
  func derivative(_ operand: Float) -> Float

  /// y = f(x) for `count` elements; y may be x. A requirement, so that each function has a loop of its own.
  func map(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ count: Int)
  /// dx = dy · f′ for `count` elements.
  func pullBack(
    _ operand: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, _ dx: UnsafeMutablePointer<Float>,
    _ count: Int)
}

enum DerivativeOperand: Sendable {
  /// The derivative is the same everywhere.
  case nothing
  case input
  case output
}

extension UnaryFloatFunction {
  static var grain: Int { Grain.costly }

  func map(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ count: Int) {
    if x == UnsafePointer(y) {
      for index in 0..<count { y[index] = value(y[index]) }
    } else {
      for index in 0..<count { y[index] = value(x[index]) }
    }
  }

  func pullBack(
    _ operand: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, _ dx: UnsafeMutablePointer<Float>,
    _ count: Int
  ) {
    for index in 0..<count { dx[index] = dy[index] * derivative(operand[index]) }
  }
}
