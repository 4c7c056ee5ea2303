/// What several floats are made one by: terms, how two of them are combined, and what is done at the end.
protocol Reducer {
  /// What combining starts from; combined with anything it changes nothing.
  static var start: Float { get }
  static func term(_ x: Float) -> Float
  static func merge(_ a: Float, _ b: Float) -> Float
  static func finish(_ total: Float, _ count: Float) -> Float
}

extension Reducer {
  @inline(__always)
  static func term(_ x: Float) -> Float { x }
  @inline(__always)
  static func merge(_ a: Float, _ b: Float) -> Float { a + b }
  @inline(__always)
  static func finish(_ total: Float, _ count: Float) -> Float { total }

  /// Makes neighbours in memory one: sixteen running results, combined at the end in one order.
  static func reduce(_ x: UnsafePointer<Float>, _ count: Int) -> Float {
    var a = Lanes(repeating: start)
    var b = a
    var index = 0
    while index &+ 2 &* Lanes.width <= count {
      let first = Lanes(x + index)
      let second = Lanes(x + (index &+ Lanes.width))
      for lane in 0..<Lanes.width { a[lane] = merge(a[lane], term(first[lane])) }
      for lane in 0..<Lanes.width { b[lane] = merge(b[lane], term(second[lane])) }
      index &+= 2 &* Lanes.width
    }
    var total = start
    while index < count {
      total = merge(total, term(x[index]))
      index &+= 1
    }
    for lane in 0..<Lanes.width { total = merge(total, merge(a[lane], b[lane])) }
    return total
  }

  /// Combines each of `count` running results with a float of its own.
  static func reduce(_ x: UnsafePointer<Float>, into totals: UnsafeMutablePointer<Float>, _ count: Int) {
    for index in 0..<count { totals[index] = merge(totals[index], term(x[index])) }
  }
}

enum Sum: Reducer {
  static let start: Float = 0

  /// Σ x over neighbours, however many: short sums lose less.
  static func total(_ x: UnsafePointer<Float>, _ count: Int) -> Float {
    var total: Float = 0
    var start = 0
    while start < count {
      let length = min(count - start, 4096)
      total += reduce(x + start, length)
      start += length
    }
    return total
  }

  static func mean(_ x: UnsafePointer<Float>, _ count: Int) -> Float { total(x, count) / Float(count) }
}

enum Mean: Reducer {
  static let start: Float = 0
  @inline(__always)
  static func finish(_ total: Float, _ count: Float) -> Float { total / count }
}

enum Largest: Reducer {
  static let start = -Float.infinity
  @inline(__always)
  static func merge(_ a: Float, _ b: Float) -> Float { choose(b > a || b != b, b, a) }
}

enum Smallest: Reducer {
  static let start = Float.infinity
  @inline(__always)
  static func merge(_ a: Float, _ b: Float) -> Float { choose(b < a || b != b, b, a) }
}

enum Product: Reducer {
  static let start: Float = 1
  @inline(__always)
  static func merge(_ a: Float, _ b: Float) -> Float { a * b }
}

/// The product of what is not 0.
enum ProductOfNonzeros: Reducer {
  static let start: Float = 1
  @inline(__always)
  static func term(_ x: Float) -> Float { choose(x == 0, 1, x) }
  @inline(__always)
  static func merge(_ a: Float, _ b: Float) -> Float { a * b }
}

enum CountOfZeros: Reducer {
  static let start: Float = 0
  @inline(__always)
  static func term(_ x: Float) -> Float { choose(x == 0, 1, 0) }
}

enum SumOfMagnitudes: Reducer {
  static let start: Float = 0
  @inline(__always)
  static func term(_ x: Float) -> Float { abs(x) }
}

enum SumOfSquares: Reducer {
  static let start: Float = 0
  @inline(__always)
  static func term(_ x: Float) -> Float { x * x }
}

enum EuclideanNorm: Reducer {
  static let start: Float = 0
  @inline(__always)
  static func term(_ x: Float) -> Float { x * x }
  @inline(__always)
  static func finish(_ total: Float, _ count: Float) -> Float { total.squareRoot() }
}

enum LogarithmOfSum: Reducer {
  static let start: Float = 0
  @inline(__always)
  static func finish(_ total: Float, _ count: Float) -> Float { FloatMath.log(total) }
}
