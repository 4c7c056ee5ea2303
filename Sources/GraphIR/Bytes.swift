/// A view of some bytes of a ``ByteBuffer``: copied freely, copies no content.
package struct Bytes: Sendable {
  package let buffer: ByteBuffer
  package let range: Range<Int>

  /// The bytes `range` of `buffer`; the range must lie inside it.
  package init(_ buffer: ByteBuffer, _ range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= buffer.count)
    self.buffer = buffer
    self.range = range
  }

  /// A new buffer of `count` bytes written by `fill`.
  package init(count: Int, filledBy fill: (UnsafeMutableRawBufferPointer) throws -> Void) throws {
    self.init(try ByteBuffer(count: count, filledBy: fill), 0..<count)
  }

  /// A new buffer that holds the elements of `array`, as they lie in memory.
  package init<Element: BitwiseCopyable>(copying array: [Element]) throws {
    try self.init(count: array.count * MemoryLayout<Element>.stride) { target in
      array.withUnsafeBytes { target.copyMemory(from: $0) }
    }
  }

  package var count: Int { range.count }

  /// Calls `body` with the bytes; the pointer is valid during the call alone.
  package func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    try withExtendedLifetime(buffer) { try body(UnsafeRawBufferPointer(rebasing: buffer.pointer[range])) }
  }

  /// The bytes read as elements of a fixed-width type, whatever their alignment; a rest that fills none is left out.
  package func elements<Element: BitwiseCopyable>(as type: Element.Type) -> [Element] {
    let stride = MemoryLayout<Element>.stride
    return withUnsafeBytes { source in
      (0..<source.count / stride).map { source.loadUnaligned(fromByteOffset: $0 * stride, as: type) }
    }
  }
}

extension Bytes: Equatable {
  package static func == (a: Bytes, b: Bytes) -> Bool {
    guard a.count == b.count else { return false }
    return a.withUnsafeBytes { left in b.withUnsafeBytes { right in left.elementsEqual(right) } }
  }
}
