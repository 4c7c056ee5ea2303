/// Writes one number all over a tensor.
enum Filler {
  private static let grain = 1 << 16

  static func fill(_ target: UnsafeMutableRawPointer, _ count: Int, with value: Double, _ scalar: ScalarType)
  {
    switch scalar {
    case .float: fill(target.assumingMemoryBound(to: Float.self), count, Float(value))
    case .integer: fill(target.assumingMemoryBound(to: Int64.self), count, Int64(clamping: value))
    }
  }

  static func fill(
    _ target: UnsafeMutableRawPointer, _ count: Int, withElementAt value: UnsafeRawPointer,
    _ scalar: ScalarType
  ) {
    switch scalar {
    case .float: fill(target.assumingMemoryBound(to: Float.self), count, value.load(as: Float.self))
    case .integer: fill(target.assumingMemoryBound(to: Int64.self), count, value.load(as: Int64.self))
    }
  }

  private static func fill<Element>(_ target: UnsafeMutablePointer<Element>, _ count: Int, _ value: Element) {
    Parallel.run(count, grain: grain) { range in
      (target + range.lowerBound).update(repeating: value, count: range.count)
    }
  }
}
