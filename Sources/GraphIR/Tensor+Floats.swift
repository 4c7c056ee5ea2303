extension Tensor {
  /// The same tensor, stored in the same way, with other elements: each is rounded to the tensor's type, to nearest and
  /// ties to even.
  ///
  /// - Precondition: as many numbers as elements, and a type that ``ElementType/isRankable`` is true of.
  package func replacing(floats: UnsafeBufferPointer<Float>) throws -> Tensor {
    precondition(floats.count == count && elementType.isRankable)
    let isWidened = if case .typed(.int32Data, _) = payload { true } else { false }
    func stored<Element: BitwiseCopyable>(_ convert: (Float) -> Element) throws -> Tensor {
      let bytes = try Bytes(count: floats.count * MemoryLayout<Element>.stride) { target in
        for (index, value) in floats.enumerated() {
          target.storeBytes(
            of: convert(value), toByteOffset: index * MemoryLayout<Element>.stride, as: Element.self)
        }
      }
      return replacing(dims: dims, bytes: bytes)
    }
    switch elementType {
    case .float:
      let bytes = try Bytes(count: floats.count * MemoryLayout<Float>.stride) { target in
        target.copyMemory(from: UnsafeRawBufferPointer(floats))
      }
      return replacing(dims: dims, bytes: bytes)
    case .double: return try stored { Double($0) }
    case .float16:
      return isWidened ? try stored { Int32(Self.half($0)) } : try stored { Self.half($0) }
    default:
      return isWidened ? try stored { Int32(Self.brainFloat($0)) } : try stored { Self.brainFloat($0) }
    }
  }

  /// IEEE 754 binary16, written out because not every platform of Swift has `Float16`.
  static func half(_ value: Float) -> UInt16 {
    let sign: UInt16 = value.sign == .minus ? 0x8000 : 0
    if value.isNaN { return sign | 0x7e00 }
    let magnitude = value.magnitude
    // The first that rounds to infinity: half-way between the largest number and what would come next.
    if magnitude >= 65520 { return sign | 0x7c00 }
    if magnitude < 0x1p-14 {
      return sign | UInt16((magnitude * 0x1p24).rounded(.toNearestOrEven))
    }
    // 13 bits of the fraction go; a carry moves into the exponent, which is what rounding up means.
    let bits = magnitude.bitPattern
    let rounded = bits + 0x0fff + (bits >> 13 & 1)
    return sign | UInt16((rounded >> 13) - (UInt32(127 - 15) << 10))
  }

  static func brainFloat(_ value: Float) -> UInt16 {
    let bits = value.bitPattern
    if value.isNaN { return UInt16(bits >> 16) | 0x0040 }
    return UInt16((bits + 0x7fff + (bits >> 16 & 1)) >> 16)
  }
}
