extension [UnsafeMutableRawPointer?] {
  /// The memory of an operand; nil where it has none.
  func element(_ index: Int) -> UnsafeMutableRawPointer? { indices.contains(index) ? self[index] : nil }

  /// The memory of an operand that must have some.
  ///
  /// - Throws: ``KernelError`` where the caller gave none.
  func bound(_ index: Int) throws -> UnsafeMutableRawPointer {
    guard let address = element(index) else { throw KernelError("operand \(index) has no memory") }
    return address
  }

  /// The same, as elements of one type.
  func bound<Scalar>(_ index: Int, _ type: Scalar.Type) throws -> UnsafeMutablePointer<Scalar> {
    try bound(index).assumingMemoryBound(to: type)
  }
}
