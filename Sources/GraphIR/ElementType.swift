/// The element type of a tensor, with ONNX's numbers (`TensorProto.DataType`).
///
/// - SeeAlso: <https://onnx.ai/onnx/api/classes.html#tensorproto>
package enum ElementType: Int32, Sendable, CaseIterable {
  case undefined = 0
  case float, uint8, int8, uint16, int16, int32, int64, string, bool
  case float16, double, uint32, uint64, complex64, complex128, bfloat16
  case float8e4m3fn, float8e4m3fnuz, float8e5m2, float8e5m2fnuz
  case uint4, int4, float4e2m1, float8e8m0, uint2, int2, float6e2m3, float6e3m2

  /// ONNX's own spelling, as in `tensor(float16)`.
  package var name: String { String(describing: self) }

  /// Bits of one element in `raw_data`; nil for strings and the undefined type.
  package var bitWidth: Int? {
    switch self {
    case .undefined, .string: nil
    case .uint2, .int2: 2
    case .uint4, .int4, .float4e2m1: 4
    case .float6e2m3, .float6e3m2: 6
    case .uint8, .int8, .bool, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .float8e8m0: 8
    case .uint16, .int16, .float16, .bfloat16: 16
    case .float, .int32, .uint32: 32
    case .int64, .double, .uint64, .complex64: 64
    case .complex128: 128
    }
  }

  /// Whether filters of this type can be ranked: each value converts to Double exactly.
  package var isRankable: Bool {
    switch self {
    case .float, .double, .float16, .bfloat16: true
    default: false
    }
  }

  package var isFloatingPoint: Bool {
    switch self {
    case .float, .double, .float16, .bfloat16, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz,
      .float8e8m0, .float6e2m3, .float6e3m2, .float4e2m1:
      true
    default: false
    }
  }
}
