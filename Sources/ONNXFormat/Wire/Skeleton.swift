#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A model's message without its weights: what the wire scan writes and protobuf-c unpacks.
///
/// The elements of a tensor are replaced by an index into ``payloads``, so that unpacking does not copy them.
struct Skeleton {
  /// Elements of a tensor, where they lie in the file.
  struct Payload {
    enum Kind { case raw, floatData, doubleData }

    let kind: Kind
    let range: Range<Int>
  }

  private(set) var bytes = GrowingBytes()
  private(set) var payloads: [Payload] = []

  /// Bytes of a length that is written before it is known.
  private static let paddedLengthSize = 5

  mutating func append(_ source: UnsafeRawBufferPointer) { bytes.append(source) }

  /// Appends room for a length; returns where it is.
  mutating func openLength() -> Int {
    let slot = bytes.count
    for _ in 0..<Self.paddedLengthSize { bytes.append(0) }
    return slot
  }

  /// Fills the room at `slot` with the number of bytes that followed it, as a varint padded to five bytes.
  mutating func closeLength(at slot: Int) {
    var length = bytes.count - slot - Self.paddedLengthSize
    for index in 0..<Self.paddedLengthSize {
      bytes[slot + index] = UInt8(length & 0x7f) | (index < Self.paddedLengthSize - 1 ? 0x80 : 0)
      length >>= 7
    }
  }

  /// Appends, after the tag of a bytes field, an index in place of the payload.
  mutating func appendIndex(of payload: Payload) {
    bytes.append(8)
    withUnsafeBytes(of: UInt64(payloads.count).littleEndian) { bytes.append($0) }
    payloads.append(payload)
  }
}

/// Bytes in native memory that grow at the end.
final class GrowingBytes {
  private var base: UnsafeMutableRawPointer
  private var capacity: Int
  private(set) var count = 0

  init() {
    capacity = 1 << 16
    base = .allocate(byteCount: capacity, alignment: 8)
  }

  deinit { base.deallocate() }

  var pointer: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

  subscript(index: Int) -> UInt8 {
    get { base.load(fromByteOffset: index, as: UInt8.self) }
    set { base.storeBytes(of: newValue, toByteOffset: index, as: UInt8.self) }
  }

  func append(_ byte: UInt8) {
    reserve(1)
    self[count] = byte
    count += 1
  }

  func append(_ source: UnsafeRawBufferPointer) {
    guard let start = source.baseAddress, source.count > 0 else { return }
    reserve(source.count)
    (base + count).copyMemory(from: start, byteCount: source.count)
    count += source.count
  }

  private func reserve(_ more: Int) {
    guard count + more > capacity else { return }
    capacity = max(capacity * 2, count + more)
    let grown = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 8)
    grown.copyMemory(from: base, byteCount: count)
    base.deallocate()
    base = grown
  }
}
