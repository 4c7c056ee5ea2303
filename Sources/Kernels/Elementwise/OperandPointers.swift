extension [UnsafeMutableRawPointer?] {
  /// Where operand `index` lies.
  func floats(_ index: Int) throws -> UnsafeMutablePointer<Float> { try bound(index, Float.self) }

  /// Where operand `index` lies.
  func integers(_ index: Int) throws -> UnsafeMutablePointer<Int64> { try bound(index, Int64.self) }
}

extension UnsafeMutableRawPointer? {
  /// Workspace or scratch memory as floats.
  func floats() throws -> UnsafeMutablePointer<Float> {
    guard let self else { throw KernelError("a kernel's own memory is missing") }
    return self.assumingMemoryBound(to: Float.self)
  }
}

/// The least number of elements that is worth a thread of its own.
enum Grain {
  /// For additions, multiplications and the like.
  static let cheap = 16384
  /// For exponentials and divisions.
  static let costly = 4096
}
