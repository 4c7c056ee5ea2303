import GraphIR
import Kernels

extension NumberFormat {
  /// How kernels hold the numbers of an element type; nil for strings, complex numbers and floats of 8 bits or fewer.
  init?(_ type: ElementType) {
    switch type {
    case .float, .double: self = .float
    case .float16: self = .float16
    case .bfloat16: self = .bfloat16
    case .bool: self = .boolean
    default:
      guard let range = IntegerRange(type) else { return nil }
      self = .integer(range)
    }
  }
}

extension NumberFormat {
  /// The least and the greatest integer; nil for floats.
  var integerLimits: (lowest: Int64, highest: Int64)? {
    switch self {
    case .integer(let range): (range.lowest, range.highest)
    case .boolean: (0, 1)
    case .float, .float16, .bfloat16: nil
    }
  }
}

extension IntegerRange {
  /// Nil for what is no integer.
  init?(_ type: ElementType) {
    switch type {
    case .int2, .int4, .int8, .int16, .int32, .int64: self.init(bitWidth: type.bitWidth ?? 64, signed: true)
    case .uint2, .uint4, .uint8, .uint16, .uint32, .uint64:
      self.init(bitWidth: type.bitWidth ?? 64, signed: false)
    default: return nil
    }
  }
}

extension KernelCall {
  /// The element type of an output, as kernels hold it.
  ///
  /// - Throws: ``KernelError`` if there is no such form.
  func outputFormat(_ output: Int = 0) throws -> NumberFormat {
    try Self.format(signature.output(output)?.elementType)
  }

  /// The same of an input.
  func inputFormat(_ input: Int) throws -> NumberFormat {
    try Self.format(signature.input(input)?.elementType)
  }

  private static func format(_ type: ElementType?) throws -> NumberFormat {
    guard let type, let format = NumberFormat(type) else {
      throw KernelError("elements of type \(type?.name ?? "unknown") cannot be computed with")
    }
    return format
  }
}

extension KernelChain {
  /// Integers of a narrow type as that type holds them, its high bits lost.
  mutating func wrap(_ x: Value, _ format: NumberFormat) throws -> Value {
    guard case .integer(let range) = format, range.bitWidth < 64, x.scalar == .integer else { return x }
    return try cast(x, to: format)
  }
}
