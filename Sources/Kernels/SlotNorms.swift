/// What the norm of every slice of a tensor across one axis is made of, [FD-SKD] Eq. 5.
///
///     ‖w_i‖₁ = Σ |w|        ‖w_i‖₂ = (Σ w²)^½
///
/// Sums run in Double, in one fixed order, so that the result is the same on every machine and at every
/// optimisation level: no library, no fused multiply-add, no number of threads has a say in it.
///
/// ## Shapes    values [outer, count, inner], row-major, at any alignment; result [count]
package enum SlotNorms {
  /// Σ |w| of each slice.
  package static func magnitudes<Element: BinaryFloatingPoint & BitwiseCopyable>(
    _ values: UnsafeRawBufferPointer, of type: Element.Type, outer: Int, count: Int, inner: Int
  ) -> [Double] {
    sums(values, type, outer, count, inner) { $0.replacing(with: -$0, where: $0 .< 0) }
  }

  /// Σ w² of each slice; the caller takes the root after it has added what belongs together.
  package static func squares<Element: BinaryFloatingPoint & BitwiseCopyable>(
    _ values: UnsafeRawBufferPointer, of type: Element.Type, outer: Int, count: Int, inner: Int
  ) -> [Double] {
    sums(values, type, outer, count, inner) { $0 * $0 }
  }

  @inline(__always)
  private static func sums<Element: BinaryFloatingPoint & BitwiseCopyable>(
    _ values: UnsafeRawBufferPointer, _ type: Element.Type, _ outer: Int, _ count: Int, _ inner: Int,
    _ term: (SIMD8<Double>) -> SIMD8<Double>
  ) -> [Double] {
    precondition(values.count == outer * count * inner * MemoryLayout<Element>.stride)
    var result = [Double](repeating: 0, count: count)
    for row in 0..<outer {
      for index in 0..<count {
        result[index] += sum(values, from: (row * count + index) * inner, count: inner, type, term)
      }
    }
    return result
  }

  /// Eight running sums, added up in one order at the end: the processor can overlap the additions.
  @inline(__always)
  private static func sum<Element: BinaryFloatingPoint & BitwiseCopyable>(
    _ values: UnsafeRawBufferPointer, from start: Int, count: Int, _ type: Element.Type,
    _ term: (SIMD8<Double>) -> SIMD8<Double>
  ) -> Double {
    var lanes = SIMD8<Double>.zero
    var index = 0
    while index + 8 <= count {
      var part = SIMD8<Double>.zero
      for lane in 0..<8 { part[lane] = load(values, start + index + lane, type) }
      lanes += term(part)
      index += 8
    }
    var rest = SIMD8<Double>.zero
    for lane in 0..<count - index { rest[lane] = load(values, start + index + lane, type) }
    lanes += term(rest)
    var total = 0.0
    for lane in 0..<8 { total += lanes[lane] }
    return total
  }

  @inline(__always)
  private static func load<Element: BinaryFloatingPoint & BitwiseCopyable>(
    _ values: UnsafeRawBufferPointer, _ index: Int, _ type: Element.Type
  ) -> Double {
    Double(values.loadUnaligned(fromByteOffset: index * MemoryLayout<Element>.stride, as: type))
  }
}
