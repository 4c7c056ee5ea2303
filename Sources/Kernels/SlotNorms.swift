/// What the norm of every slice of a tensor across one axis is made of, [FD-SKD] Eq. 5.
///
///     ‖w_i‖₁ = Σ |w|        ‖w_i‖₂ = (Σ w²)^½
///
/// Sums run in Double, in one fixed order, so that the result is the same on every machine and at every
/// optimisation level: no library, no fused multiply-add, no number of threads has a say in it.
///
/// ## Shapes    values [outer, count, inner], row-major, at any alignment; result [count]
package enum SlotNorms {
  /// Σ |w| of each slice of floats.
  package static func magnitudes(
    floats values: UnsafeRawBufferPointer, outer: Int, count: Int, inner: Int
  ) -> [Double] {
    sums(values, Float.self, outer, count, inner, magnitude)
  }

  /// Σ |w| of each slice of doubles.
  package static func magnitudes(
    doubles values: UnsafeRawBufferPointer, outer: Int, count: Int, inner: Int
  ) -> [Double] {
    sums(values, Double.self, outer, count, inner, magnitude)
  }

  /// Σ w² of each slice of floats; the caller takes the root after it has added what belongs together.
  package static func squares(
    floats values: UnsafeRawBufferPointer, outer: Int, count: Int, inner: Int
  ) -> [Double] {
    sums(values, Float.self, outer, count, inner, square)
  }

  /// Σ w² of each slice of doubles.
  package static func squares(
    doubles values: UnsafeRawBufferPointer, outer: Int, count: Int, inner: Int
  ) -> [Double] {
    sums(values, Double.self, outer, count, inner, square)
  }

  @inline(__always)
  private static func magnitude(_ value: Double) -> Double { abs(value) }

  @inline(__always)
  private static func square(_ value: Double) -> Double { value * value }

  @inline(__always)
  private static func sums<Element: BinaryFloatingPoint & BitwiseCopyable>(
    _ values: UnsafeRawBufferPointer, _ type: Element.Type, _ outer: Int, _ count: Int, _ inner: Int,
    _ term: (Double) -> Double
  ) -> [Double] {
    precondition(values.count == outer * count * inner * MemoryLayout<Element>.stride)
    var result = [Double](repeating: 0, count: count)
    guard let base = values.baseAddress else { return result }
    result.withUnsafeMutableBufferPointer { result in
      for row in 0..<outer {
        for index in 0..<count {
          let start = base + (row * count + index) * inner * MemoryLayout<Element>.stride
          result[index] += sum(start, inner, type, term)
        }
      }
    }
    return result
  }

  /// Four running sums, added up in one order at the end: the processor can overlap the additions.
  @inline(__always)
  private static func sum<Element: BinaryFloatingPoint & BitwiseCopyable>(
    _ values: UnsafeRawPointer, _ count: Int, _ type: Element.Type, _ term: (Double) -> Double
  ) -> Double {
    let stride = MemoryLayout<Element>.stride
    @inline(__always) func value(_ index: Int) -> Double {
      term(Double(values.loadUnaligned(fromByteOffset: index &* stride, as: type)))
    }
    var (a, b, c, d) = (0.0, 0.0, 0.0, 0.0)
    var index = 0
    while index &+ 4 <= count {
      a += value(index)
      b += value(index &+ 1)
      c += value(index &+ 2)
      d += value(index &+ 3)
      index &+= 4
    }
    while index < count {
      a += value(index)
      index &+= 1
    }
    return (a + b) + (c + d)
  }
}
