import GraphIR

/// The wire types of protobuf.
///
/// - SeeAlso: <https://protobuf.dev/programming-guides/encoding/>
enum WireType: UInt8 {
  case varint = 0
  case fixed64 = 1
  case lengthDelimited = 2
  case groupStart = 3
  case groupEnd = 4
  case fixed32 = 5
}

/// Reads protobuf's primitives from memory, never past `limit`, and accepts no more than protobuf-c does.
struct WireReader {
  let bytes: UnsafeRawBufferPointer
  var position: Int
  /// End of the innermost message or packed field.
  var limit: Int

  init(_ bytes: UnsafeRawBufferPointer, range: Range<Int>) {
    self.bytes = bytes
    position = range.lowerBound
    limit = range.upperBound
  }

  /// The next varint, at most ten bytes.
  ///
  /// - Throws: `wire-truncated` past the end, `wire-varint` for one that is longer than 64 bits.
  mutating func varint() throws(WireFault) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while position < limit {
      let byte = bytes[position]
      position += 1
      if shift == 63, byte > 1 { throw WireFault.overlongVarint }
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    throw WireFault.truncated("an integer")
  }

  /// The next field's number and wire type.
  mutating func tag() throws(WireFault) -> (field: Int, type: WireType) {
    let start = position
    let value = try varint()
    guard value <= UInt64(UInt32.max), position - start <= 5 else { throw WireFault.invalidTag(value) }
    guard value >> 3 != 0 else { throw WireFault.invalidTag(value) }
    guard let type = WireType(rawValue: UInt8(value & 7)) else { throw WireFault.unknownWireType(value & 7) }
    return (Int(value >> 3), type)
  }

  /// The range of the length-delimited value that follows; `position` is at its begin afterwards.
  mutating func lengthDelimited() throws(WireFault) -> Range<Int> {
    let start = position
    let length = try varint()
    guard position - start <= 5 else { throw WireFault.overlongVarint }
    guard length <= UInt64(limit - position) else {
      throw WireFault.lengthPastEnd(length: length, left: limit - position)
    }
    return position..<position + Int(length)
  }

  /// Steps over a value of a fixed width.
  mutating func skip(_ count: Int) throws(WireFault) {
    guard count <= limit - position else { throw WireFault.truncated("a number of \(count) bytes") }
    position += count
  }

  /// Steps over a value of a field that the format does not name.
  mutating func skipValue(_ type: WireType) throws(WireFault) {
    switch type {
    case .varint: _ = try varint()
    case .fixed64: try skip(8)
    case .fixed32: try skip(4)
    case .lengthDelimited: position = try lengthDelimited().upperBound
    case .groupStart, .groupEnd: throw WireFault.group
    }
  }
}

/// What is wrong with the bytes, before it is known where in the file.
enum WireFault: Error {
  case truncated(String)
  case overlongVarint
  case invalidTag(UInt64)
  case unknownWireType(UInt64)
  case group
  case lengthPastEnd(length: UInt64, left: Int)
  case wrongWireType(field: Int, found: WireType)
  case raggedPacked(field: Int, count: Int)
  case invalidText(field: Int, TextFault)
  case repeatedSingular(field: Int)
  case tooDeep
  case tooMuchMemory(estimate: Int, limit: Int)
}
