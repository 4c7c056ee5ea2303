/// The type of an `.npy` array's elements, such as `<f4`.
struct NPYElement {
  private enum Kind: Character {
    case boolean = "b"
    case signed = "i"
    case unsigned = "u"
    case real = "f"
  }

  private let kind: Kind
  /// Bytes of an element.
  let size: Int
  private let isBigEndian: Bool

  /// nil for types that are no numbers, or none that samples have.
  init?(_ descr: String) {
    let characters = Array(descr)
    guard characters.count == 3, let kind = Kind(rawValue: characters[1]),
      let size = characters[2].wholeNumberValue
    else { return nil }
    let sizes: [Int] =
      switch kind {
      case .boolean: [1]
      case .signed, .unsigned: [1, 2, 4, 8]
      case .real: [2, 4, 8]
      }
    guard sizes.contains(size) else { return nil }
    switch characters[0] {
    case "<", "=": isBigEndian = false
    case ">": isBigEndian = true
    case "|" where size == 1: isBigEndian = false
    default: return nil
    }
    self.kind = kind
    self.size = size
  }

  /// Whether the elements are uint8, which stay as they are.
  var isByte: Bool { kind == .unsigned && size == 1 }

  /// Elements as floats, in their order; integers and doubles are rounded to the nearest.
  func decode(_ source: UnsafeRawBufferPointer, into target: UnsafeMutableBufferPointer<Float>) {
    switch (kind, size) {
    case (.boolean, _): convert(source, into: target) { (bits: UInt8) in bits == 0 ? 0 : 1 }
    case (.signed, 1): convert(source, into: target) { Float(Int8(bitPattern: $0)) }
    case (.signed, 2): convert(source, into: target) { Float(Int16(bitPattern: $0)) }
    case (.signed, 4): convert(source, into: target) { Float(Int32(bitPattern: $0)) }
    case (.signed, _): convert(source, into: target) { Float(Int64(bitPattern: $0)) }
    case (.unsigned, 1): convert(source, into: target) { (bits: UInt8) in Float(bits) }
    case (.unsigned, 2): convert(source, into: target) { (bits: UInt16) in Float(bits) }
    case (.unsigned, 4): convert(source, into: target) { (bits: UInt32) in Float(bits) }
    case (.unsigned, _): convert(source, into: target) { (bits: UInt64) in Float(bits) }
    case (.real, 2): convert(source, into: target) { Float(Float16(bitPattern: $0)) }
    case (.real, 4): convert(source, into: target) { Float(bitPattern: $0) }
    case (.real, _): convert(source, into: target) { Float(Double(bitPattern: $0)) }
    }
  }

  @inline(__always)
  private func convert<Bits: FixedWidthInteger & BitwiseCopyable>(
    _ source: UnsafeRawBufferPointer, into target: UnsafeMutableBufferPointer<Float>, _ value: (Bits) -> Float
  ) {
    for index in target.indices {
      let bits = source.loadUnaligned(fromByteOffset: index * MemoryLayout<Bits>.size, as: Bits.self)
      target[index] = value(isBigEndian ? Bits(bigEndian: bits) : Bits(littleEndian: bits))
    }
  }
}
