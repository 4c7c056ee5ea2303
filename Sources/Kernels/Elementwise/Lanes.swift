/// Eight floats that are added or compared together: what sums over floats are written in, since the order of
/// additions is part of the result and no compiler may change it.
typealias Lanes = SIMD8<Float>

extension SIMD8<Float> {
  @inline(__always) static var width: Int { 8 }

  @inline(__always)
  init(_ source: UnsafePointer<Float>) { self = UnsafeRawPointer(source).loadUnaligned(as: Lanes.self) }

  /// The sum of all lanes, always in the same order.
  @inline(__always)
  var total: Float {
    let four = lowHalf + highHalf
    let two = four.lowHalf + four.highHalf
    return two.x + two.y
  }
}
