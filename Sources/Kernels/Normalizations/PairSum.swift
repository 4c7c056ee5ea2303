/// Sums over two rows of floats, of terms that also depend on a number of the row.
protocol PairTerm {
  static func term(_ a: Float, _ b: Float, _ shift: Float) -> Float
}

extension PairTerm {
  /// Σ term: sixteen running sums, added up in one order.
  static func sum(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, shift: Float, _ count: Int
  ) -> Float {
    var total: Float = 0
    var start = 0
    // Short sums lose less.
    while start < count {
      let length = min(count &- start, 4096)
      total += block(a + start, b + start, shift, length)
      start &+= length
    }
    return total
  }

  @inline(__always)
  private static func block(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ shift: Float, _ count: Int
  ) -> Float {
    var even = Lanes()
    var odd = Lanes()
    var index = 0
    while index &+ 2 &* Lanes.width <= count {
      for lane in 0..<Lanes.width {
        even[lane] += term(a[index &+ lane], b[index &+ lane], shift)
        odd[lane] += term(a[index &+ Lanes.width &+ lane], b[index &+ Lanes.width &+ lane], shift)
      }
      index &+= 2 &* Lanes.width
    }
    var rest: Float = 0
    while index < count {
      rest += term(a[index], b[index], shift)
      index &+= 1
    }
    return (even + odd).total + rest
  }
}

/// Σ a·(b − shift)
enum ShiftedProduct: PairTerm {
  @inline(__always)
  static func term(_ a: Float, _ b: Float, _ shift: Float) -> Float { a * (b - shift) }
}

/// Σ (a − shift)²
enum ShiftedSquare: PairTerm {
  @inline(__always)
  static func term(_ a: Float, _: Float, _ shift: Float) -> Float { (a - shift) * (a - shift) }
}
