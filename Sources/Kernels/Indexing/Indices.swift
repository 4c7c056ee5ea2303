/// An index that counts from the front, of one that counts from the end where it is negative.
@inline(__always)
func fromFront(_ index: Int64, _ length: Int) -> Int {
  Int(truncatingIfNeeded: index < 0 ? index &+ Int64(truncatingIfNeeded: length) : index)
}

/// Sees to it that an axis has every index.
///
/// - Throws: ``KernelError`` that names the first which it has not.
func checkIndices(_ indices: UnsafePointer<Int64>, _ count: Int, length: Int, axis: Int) throws {
  let (low, high) = (Int64(-length), Int64(length))
  // As unsigned numbers, those below the range lie far above it.
  let (shift, span) = (UInt64(truncatingIfNeeded: length), UInt64(truncatingIfNeeded: 2 * length))
  var faults = 0
  for place in 0..<count { faults |= UInt64(bitPattern: indices[place]) &+ shift < span ? 0 : 1 }
  if faults == 0 { return }
  for place in 0..<count where indices[place] < low || indices[place] >= high {
    throw KernelError(
      "index \(indices[place]) (element \(place)) is out of range: axis \(axis) has \(length)")
  }
}

extension UnsafeMutableRawPointer {
  func asWords<Word>(_ type: Word.Type) -> UnsafeMutablePointer<Word> { assumingMemoryBound(to: type) }
}
