extension Tensor {
  /// The elements of an integer or bool tensor, row-major; nil for other types and for strings.
  package var integers: [Int]? {
    guard let bytes else { return count == 0 && elementType != .string ? [] : nil }
    if case .typed(let field, _) = payload {
      switch (field, elementType) {
      case (.int32Data, .int32), (.int32Data, .int8), (.int32Data, .int16), (.int32Data, .uint8),
        (.int32Data, .uint16), (.int32Data, .bool):
        return bytes.elements(as: Int32.self).map { Int($0) }
      case (.int64Data, .int64): return bytes.elements(as: Int64.self).map { Int($0) }
      case (.uint64Data, .uint32), (.uint64Data, .uint64):
        return bytes.elements(as: UInt64.self).map { Int(truncatingIfNeeded: $0) }
      default: return nil
      }
    }
    switch elementType {
    case .int64: return bytes.elements(as: Int64.self).map { Int($0) }
    case .int32: return bytes.elements(as: Int32.self).map { Int($0) }
    case .int16: return bytes.elements(as: Int16.self).map { Int($0) }
    case .int8: return bytes.elements(as: Int8.self).map { Int($0) }
    case .uint8, .bool: return bytes.elements(as: UInt8.self).map { Int($0) }
    case .uint16: return bytes.elements(as: UInt16.self).map { Int($0) }
    case .uint32: return bytes.elements(as: UInt32.self).map { Int($0) }
    case .uint64: return bytes.elements(as: UInt64.self).map { Int(truncatingIfNeeded: $0) }
    default: return nil
    }
  }

  /// The elements of a tensor of integers of 2 or 4 bits, several of which share a byte, the first in its low bits; nil
  /// for other types.
  package var packedIntegers: [Int]? {
    let isSigned: Bool
    switch elementType {
    case .int2, .int4: isSigned = true
    case .uint2, .uint4: isSigned = false
    default: return nil
    }
    guard let width = elementType.bitWidth, let bytes else { return count == 0 ? [] : nil }
    // Typed, every byte is widened to four.
    let isWidened = if case .typed(.int32Data, _) = payload { true } else { false }
    let stored =
      isWidened
      ? bytes.elements(as: Int32.self).map { UInt8(truncatingIfNeeded: $0) } : bytes.elements(as: UInt8.self)
    guard stored.count * 8 / width >= count else { return nil }
    let (mask, sign) = (1 << width - 1, 1 << (width - 1))
    return (0..<count).map { index in
      let bits = Int(stored[index * width / 8]) >> (index * width % 8) & mask
      return isSigned && bits & sign != 0 ? bits - 2 * sign : bits
    }
  }

  /// The elements of a float, double, float16 or bfloat16 tensor as Double, exactly; nil for other types.
  package var doubles: [Double]? {
    guard elementType.isRankable else { return nil }
    guard let bytes else { return count == 0 ? [] : nil }
    let isWidened = if case .typed(.int32Data, _) = payload { true } else { false }
    switch elementType {
    case .float: return bytes.elements(as: Float.self).map { Double($0) }
    case .double: return bytes.elements(as: Double.self)
    case .float16: return Self.halves(bytes, isWidened).map(Self.double(fromHalf:))
    default: return Self.halves(bytes, isWidened).map { Double(Float(bitPattern: UInt32($0) << 16)) }
    }
  }

  /// A tensor of doubles in `raw_data`.
  package init(doubles: [Double], dims: [Int]) throws {
    self.init(elementType: .double, dims: dims, payload: .raw(try Bytes(copying: doubles)))
  }

  /// The 16-bit patterns, which `int32_data` holds one in four bytes.
  private static func halves(_ bytes: Bytes, _ isWidened: Bool) -> [UInt16] {
    isWidened
      ? bytes.elements(as: Int32.self).map { UInt16(truncatingIfNeeded: $0) }
      : bytes.elements(as: UInt16.self)
  }

  /// IEEE 754 binary16, written out because not every platform of Swift has `Float16`.
  private static func double(fromHalf bits: UInt16) -> Double {
    let sign: Double = bits & 0x8000 == 0 ? 1 : -1
    let exponent = Int(bits >> 10 & 0x1f)
    let fraction = Double(bits & 0x3ff)
    switch exponent {
    case 0: return sign * fraction * 0x1p-24
    case 31: return fraction == 0 ? sign * .infinity : .nan
    default:
      return sign * (1 + fraction / 1024) * Double(sign: .plus, exponent: exponent - 15, significand: 1)
    }
  }
}
