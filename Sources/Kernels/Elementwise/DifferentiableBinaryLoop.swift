/// A function of two floats with its partial derivatives.
protocol DifferentiableBinaryFunction: BinaryFunctionOfNumbers, DifferentiableBinaryLoop
where Operand == Float, Result == Float {
  /// dy · ∂f/∂a
  static func gradientOfA(_ dy: Float, _ a: Float, _ b: Float, _ y: Float) -> Float
  /// dy · ∂f/∂b
  static func gradientOfB(_ dy: Float, _ a: Float, _ b: Float, _ y: Float) -> Float
}

/// The loop over a row of gradients; a requirement, so that each function has a loop of its own.
protocol DifferentiableBinaryLoop: BinaryLoop {
  static var backwardReads: BackwardReads { get }
  /// For each operand, whether its gradient is dy itself.
  static var passesOn: [Bool] { get }

  static func gradientRow(
    of operand: Int, _ dy: UnsafePointer<Float>, _ a: UnsafePointer<Float>, step aStep: Int,
    _ b: UnsafePointer<Float>, step bStep: Int, _ y: UnsafePointer<Float>,
    _ target: UnsafeMutablePointer<Float>, _ count: Int)
}

extension DifferentiableBinaryFunction {
  static var passesOn: [Bool] { [false, false] }

  static func gradientRow(
    of operand: Int, _ dy: UnsafePointer<Float>, _ a: UnsafePointer<Float>, step aStep: Int,
    _ b: UnsafePointer<Float>, step bStep: Int, _ y: UnsafePointer<Float>,
    _ target: UnsafeMutablePointer<Float>, _ count: Int
  ) {
    switch (operand, aStep, bStep) {
    case (0, 0, _):
      let a = a.pointee
      for index in 0..<count { target[index] = gradientOfA(dy[index], a, b[index], y[index]) }
    case (0, _, 0):
      let b = b.pointee
      for index in 0..<count { target[index] = gradientOfA(dy[index], a[index], b, y[index]) }
    case (0, _, _):
      for index in 0..<count { target[index] = gradientOfA(dy[index], a[index], b[index], y[index]) }
    case (_, 0, _):
      let a = a.pointee
      for index in 0..<count { target[index] = gradientOfB(dy[index], a, b[index], y[index]) }
    case (_, _, 0):
      let b = b.pointee
      for index in 0..<count { target[index] = gradientOfB(dy[index], a[index], b, y[index]) }
    default:
      for index in 0..<count { target[index] = gradientOfB(dy[index], a[index], b[index], y[index]) }
    }
  }
}
