/// Why bytes are not a string that the compiler can carry.
enum TextFault {
  case invalidUTF8
  /// C strings end at a NUL, so a name that contains one would be cut silently.
  case containsNUL
}

/// Checks that bytes are UTF-8 without NUL; nil where they are.
func textFault(in bytes: UnsafeRawBufferPointer) -> TextFault? {
  var position = 0
  var isASCII = true
  while position + 8 <= bytes.count {
    let word = bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self)
    let high: UInt64 = 0x8080_8080_8080_8080
    if word & high != 0 { isASCII = false }
    // The classic test for a zero byte in a word; exact in that it never misses one.
    if (word &- 0x0101_0101_0101_0101) & ~word & high != 0 { return .containsNUL }
    position += 8
  }
  while position < bytes.count {
    let byte = bytes[position]
    if byte == 0 { return .containsNUL }
    if byte >= 0x80 { isASCII = false }
    position += 1
  }
  if isASCII { return nil }
  return String(validating: bytes, as: UTF8.self) == nil ? .invalidUTF8 : nil
}
