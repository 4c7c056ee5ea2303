import COnnx
import GraphIR

extension ImportContext {
  /// A `TensorProto` with its elements checked against its type and dims (model rules 19 to 22).
  ///
  /// - Throws: `tensor-…` naming the tensor; `external-…` for external data.
  func tensor(_ message: UnsafeMutablePointer<Onnx__TensorProto>) throws -> Tensor {
    let proto = message.pointee
    let name = text(proto.name)
    do {
      return try tensor(proto, name: name)
    } catch let error as CompileError {
      throw error.at(name.map { "tensor '\($0)'" } ?? "tensor without a name")
    }
  }

  private func tensor(_ proto: Onnx__TensorProto, name: String?) throws -> Tensor {
    let elementType = try Self.elementType(of: proto)
    let dims = try Self.dims(numbers(proto.n_dims, proto.dims))
    let count = try Self.elementCount(dims, elementType)
    var extra = Serialization.unknownFields(of: proto.base)
    var tensor = Tensor(name: name, elementType: elementType, dims: dims, payload: .none)
    if proto.has_data_location != 0, proto.data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL {
      tensor.payload = try external(proto, elementType, count: count, keeping: &extra)
    } else {
      if proto.has_data_location != 0 {
        guard proto.data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__DEFAULT else {
          throw CompileError("tensor-location", "data_location \(proto.data_location.rawValue) is not known")
        }
        tensor.statesDefaultLocation = true
      }
      // Entries that nothing refers to: kept behind the fields that the IR has a place for.
      for entry in messages(proto.n_external_data, proto.external_data) {
        Serialization.appendField(13, Serialization.opaque(entry).bytes, to: &extra)
      }
      tensor.payload = try payload(proto, elementType, count: count)
    }
    tensor.docString = text(proto.doc_string)
    tensor.metadata = entries(proto.n_metadata_props, proto.metadata_props)
    tensor.segment = proto.segment.map { Serialization.opaque($0) }
    tensor.unknownFields = extra
    return tensor
  }

  /// A sparse tensor, with both parts checked like any tensor.
  func sparseTensor(_ message: UnsafeMutablePointer<Onnx__SparseTensorProto>) throws -> SparseTensor {
    let proto = message.pointee
    var tensor = SparseTensor(
      values: try proto.values.map { try self.tensor($0) },
      indices: try proto.indices.map { try self.tensor($0) },
      dims: try Self.dims(numbers(proto.n_dims, proto.dims)))
    tensor.unknownFields = Serialization.unknownFields(of: proto.base)
    return tensor
  }

  private static func elementType(of proto: Onnx__TensorProto) throws -> ElementType {
    let number = proto.has_data_type != 0 ? proto.data_type : 0
    guard let type = ElementType(rawValue: number) else {
      throw CompileError(
        "tensor-type", "data_type \(number) is not known",
        hint: "ONNX 1.23 defines 1 to \(ElementType.allCases.count - 1)")
    }
    guard type != .undefined else { throw CompileError("tensor-type", "the data_type is undefined") }
    return type
  }

  private static func dims(_ dims: [Int64]) throws -> [Int] {
    guard dims.count <= Tensor.rankLimit else {
      throw CompileError("tensor-dims", "\(dims.count) dimensions; at most \(Tensor.rankLimit) are accepted")
    }
    if let negative = dims.first(where: { $0 < 0 }) {
      throw CompileError("tensor-dims", "a dimension is \(negative)")
    }
    return dims.map { Int($0) }
  }

  /// The number of elements; no product on the way to it, nor that with the width, may overflow.
  private static func elementCount(_ dims: [Int], _ type: ElementType) throws -> Int {
    var count = 1
    for dim in dims {
      let (product, overflow) = count.multipliedReportingOverflow(by: dim)
      guard !overflow else {
        throw CompileError("tensor-dims", "the dims \(dims) multiply to more than 2^63")
      }
      count = product
    }
    guard !count.multipliedReportingOverflow(by: 128).overflow else {
      throw CompileError("tensor-dims", "the dims \(dims) ask for \(count) elements")
    }
    return count
  }

  /// Bytes that elements take in `raw_data` and in external data.
  static func byteCount(_ type: ElementType, count: Int) -> Int? {
    type.bitWidth.map { ($0 * count + 7) / 8 }
  }

  private func payload(_ proto: Onnx__TensorProto, _ type: ElementType, count: Int) throws -> Tensor.Payload {
    let payload = try storedPayload(proto)
    switch payload {
    case .none:
      // ONNX Runtime and others take a string tensor without strings for one of empty strings; ONNX does not.
      if count > 0 { throw CompileError("tensor-length", "\(count) elements are stated, none are there") }
    case .raw(let bytes):
      guard let expected = Self.byteCount(type, count: count) else {
        throw CompileError("tensor-type", "strings cannot be stored in raw_data")
      }
      guard bytes.count == expected else {
        throw CompileError(
          "tensor-length",
          "raw_data has \(bytes.count) bytes; \(count) elements of \(type.name) take \(expected)")
      }
    case .typed(let field, let bytes):
      guard type.typedField == field else {
        throw CompileError("tensor-type", "elements of type \(type.name) cannot be stored in \(field.name)")
      }
      let expected = type.typedCount(of: count)
      guard bytes.count / field.stride == expected else {
        throw CompileError(
          "tensor-length",
          "\(field.name) has \(bytes.count / field.stride) values; \(count) elements of "
            + "\(type.name) take \(expected)")
      }
    case .strings(let strings):
      guard type == .string else {
        throw CompileError("tensor-type", "elements of type \(type.name) cannot be stored in string_data")
      }
      guard strings.count == count else {
        throw CompileError("tensor-length", "string_data has \(strings.count) strings, the dims say \(count)")
      }
    case .external:
      break
    }
    return payload
  }

  /// The one field that holds elements.
  private func storedPayload(_ proto: Onnx__TensorProto) throws -> Tensor.Payload {
    var found: [Tensor.Payload] = []
    func typed(_ field: Tensor.Field, _ count: Int, _ start: UnsafeRawPointer?) throws {
      if count > 0 { found.append(.typed(field, try source.bytes(at: start, count: count * field.stride))) }
    }
    if proto.has_raw_data != 0 {
      found.append(.raw(try source.bytes(at: proto.raw_data.data, count: proto.raw_data.len)))
    }
    try typed(.floatData, proto.n_float_data, proto.float_data)
    try typed(.int32Data, proto.n_int32_data, proto.int32_data)
    try typed(.int64Data, proto.n_int64_data, proto.int64_data)
    try typed(.doubleData, proto.n_double_data, proto.double_data)
    try typed(.uint64Data, proto.n_uint64_data, proto.uint64_data)
    if proto.n_string_data > 0 {
      found.append(.strings(numbers(proto.n_string_data, proto.string_data).map(array)))
    }
    guard found.count <= 1 else {
      throw CompileError("tensor-two-payloads", "elements are stored in more than one field")
    }
    return found.first ?? .none
  }

  private func external(
    _ proto: Onnx__TensorProto, _ type: ElementType, count: Int, keeping extra: inout [UInt8]
  ) throws -> Tensor.Payload {
    switch try storedPayload(proto) {
    case .none:
      break
    case .raw(let bytes) where bytes.count == 0:
      Serialization.appendField(TensorField.rawData, [], to: &extra)
    default:
      throw CompileError("tensor-two-payloads", "elements are stored in the model and outside of it")
    }
    guard let byteCount = Self.byteCount(type, count: count) else {
      throw CompileError("tensor-type", "strings cannot be stored as external data")
    }
    let reference = ExternalReference(entries: entries(proto.n_external_data, proto.external_data))
    let bytes = try externalData.read(reference, byteCount: byteCount) { self.note($0, $1) }
    return .external(reference, bytes: bytes)
  }
}

extension Tensor.Field {
  var name: String {
    switch self {
    case .floatData: "float_data"
    case .int32Data: "int32_data"
    case .int64Data: "int64_data"
    case .doubleData: "double_data"
    case .uint64Data: "uint64_data"
    }
  }
}

extension ElementType {
  /// The repeated field of `TensorProto` for elements of this type; nil for strings.
  ///
  /// - SeeAlso: the comments on the fields in <https://onnx.ai/onnx/api/classes.html#tensorproto>
  var typedField: Tensor.Field? {
    switch self {
    case .undefined, .string: nil
    case .float, .complex64: .floatData
    case .double, .complex128: .doubleData
    case .int64: .int64Data
    case .uint32, .uint64: .uint64Data
    default: .int32Data
    }
  }

  /// How many values of that field `count` elements take.
  func typedCount(of count: Int) -> Int {
    switch self {
    case .complex64, .complex128: 2 * count
    case .uint4, .int4, .float4e2m1: (count + 1) / 2
    case .uint2, .int2: (count + 3) / 4
    default: count
    }
  }
}
