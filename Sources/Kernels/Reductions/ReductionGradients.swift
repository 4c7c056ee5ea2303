/// What each element of a tensor gets from the numbers that there is one of for each of its reductions.
protocol SpreadFunction {
  static func value(_ x: Float, _ y: Float, _ dy: Float, _ other: Float) -> Float
}

extension BroadcastPlan {
  /// target = f(x, y, dy, other), where x is operand 0 and the others lie as operand 1.
  func forEachElement<F: SpreadFunction>(
    _ function: F.Type, _ x: UnsafeMutablePointer<Float>, _ y: UnsafeMutablePointer<Float>,
    _ dy: UnsafeMutablePointer<Float>, _ other: UnsafeMutablePointer<Float>,
    into target: UnsafeMutablePointer<Float>
  ) {
    Parallel.run(count, grain: Grain.costly) { range in
      forEachRow(in: range) { row, column, count in
        let x = x + (row * rowLength + column)
        let target = target + (row * rowLength + column)
        let start = offset(1, row: row, column: column)
        if steps[1] == 0 {
          let (y, dy, other) = (y[start], dy[start], other[start])
          for index in 0..<count { target[index] = F.value(x[index], y, dy, other) }
        } else {
          let (y, dy, other) = (y + start, dy + start, other + start)
          for index in 0..<count { target[index] = F.value(x[index], y[index], dy[index], other[index]) }
        }
      }
    }
  }
}

/// e^(x − m), where y is m.
enum ShiftedPower: SpreadFunction {
  @inline(__always)
  static func value(_ x: Float, _ m: Float, _: Float, _: Float) -> Float { FloatMath.exp(x - m) }
}

/// Whether x is its maximum, or minimum, y.
enum IsEqual: SpreadFunction {
  @inline(__always)
  static func value(_ x: Float, _ y: Float, _: Float, _: Float) -> Float { choose(x == y, 1, 0) }
}

enum SumGradient: SpreadFunction {
  @inline(__always)
  static func value(_: Float, _: Float, _ dy: Float, _: Float) -> Float { dy }
}

/// Equal parts for all that are the maximum.
enum TieGradient: SpreadFunction {
  @inline(__always)
  static func value(_ x: Float, _ y: Float, _ dy: Float, _ count: Float) -> Float {
    choose(x == y, dy / count, 0)
  }
}

/// dy · the product of all others: of all that are not 0 by x, or of these where x is the only 0.
enum ProductGradient: SpreadFunction {
  @inline(__always)
  static func value(_ x: Float, _ product: Float, _ dy: Float, _ zeros: Float) -> Float {
    let others = choose(zeros == 0, product / x, choose(zeros == 1, choose(x == 0, product, 0), 0))
    return dy * others
  }
}

enum MagnitudeGradient: SpreadFunction {
  @inline(__always)
  static func value(_ x: Float, _: Float, _ dy: Float, _: Float) -> Float {
    choose(x > 0, dy, choose(x < 0, -dy, 0))
  }
}

/// x / ‖x‖, and 0 where there is no direction.
enum NormGradient: SpreadFunction {
  @inline(__always)
  static func value(_ x: Float, _ y: Float, _ dy: Float, _: Float) -> Float { choose(y == 0, 0, dy * x / y) }
}

enum SquareGradient: SpreadFunction {
  @inline(__always)
  static func value(_ x: Float, _: Float, _ dy: Float, _: Float) -> Float { 2 * x * dy }
}

/// 1 / Σ x = e^(−y)
enum LogarithmGradient: SpreadFunction {
  @inline(__always)
  static func value(_: Float, _ y: Float, _ dy: Float, _: Float) -> Float { dy * FloatMath.exp(-y) }
}

/// eˣ / Σ eˣ = e^(x − y)
enum SoftmaxGradient: SpreadFunction {
  @inline(__always)
  static func value(_ x: Float, _ y: Float, _ dy: Float, _: Float) -> Float { dy * FloatMath.exp(x - y) }
}
