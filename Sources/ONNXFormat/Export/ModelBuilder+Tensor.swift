import COnnx
import GraphIR

extension ModelBuilder {
  /// A `TensorProto` that points to the tensor's bytes.
  func tensor(_ tensor: Tensor) throws -> UnsafeMutablePointer<Onnx__TensorProto> {
    let message = arena.make(onnx__tensor_proto__init)
    message.pointee.n_dims = tensor.dims.count
    message.pointee.dims = arena.array(tensor.dims) { Int64($0) }
    message.pointee.has_data_type = 1
    message.pointee.data_type = tensor.elementType.rawValue
    message.pointee.name = arena.string(tensor.name)
    message.pointee.doc_string = arena.string(tensor.docString)
    message.pointee.segment = try tensor.segment.map {
      try arena.unpack($0, onnx__tensor_proto__segment__init)
    }
    message.pointee.n_metadata_props = tensor.metadata.count
    message.pointee.metadata_props = try entries(tensor.metadata)
    if tensor.statesDefaultLocation {
      message.pointee.has_data_location = 1
      message.pointee.data_location = ONNX__TENSOR_PROTO__DATA_LOCATION__DEFAULT
    }
    try setPayload(tensor, of: message)
    try arena.setUnknownFields(tensor.unknownFields, of: &message.pointee.base)
    return message
  }

  /// A `SparseTensorProto`.
  func sparseTensor(_ tensor: SparseTensor) throws -> UnsafeMutablePointer<Onnx__SparseTensorProto> {
    let message = arena.make(onnx__sparse_tensor_proto__init)
    message.pointee.values = try tensor.values.map { try self.tensor($0) }
    message.pointee.indices = try tensor.indices.map { try self.tensor($0) }
    message.pointee.n_dims = tensor.dims.count
    message.pointee.dims = arena.array(tensor.dims) { Int64($0) }
    try arena.setUnknownFields(tensor.unknownFields, of: &message.pointee.base)
    return message
  }

  private func setPayload(_ tensor: Tensor, of message: UnsafeMutablePointer<Onnx__TensorProto>) throws {
    switch tensor.payload {
    case .none: break
    case .raw(let bytes):
      if goesOutside(bytes) {
        try setExternal(ExternalReference(entries: []), bytes, of: message)
      } else {
        setRaw(bytes, of: message)
      }
    case .typed(let field, let bytes):
      if tensor.elementType.isStoredAsRaw(in: field), goesOutside(bytes) {
        try setExternal(ExternalReference(entries: []), bytes, of: message)
      } else {
        setTyped(field, bytes, of: message)
      }
    case .strings(let strings):
      message.pointee.n_string_data = strings.count
      message.pointee.string_data = arena.array(strings) { arena.binary($0) }
    case .external(let reference, let bytes):
      if blob == nil { setRaw(bytes, of: message) } else { try setExternal(reference, bytes, of: message) }
    }
  }

  private func goesOutside(_ bytes: Bytes) -> Bool {
    guard blob != nil, let externalFrom else { return false }
    return bytes.count >= externalFrom
  }

  private func setRaw(_ bytes: Bytes, of message: UnsafeMutablePointer<Onnx__TensorProto>) {
    message.pointee.has_raw_data = 1
    message.pointee.raw_data = ProtobufCBinaryData(len: bytes.count, data: pointer(to: bytes, as: UInt8.self))
  }

  private func setTyped(
    _ field: Tensor.Field, _ bytes: Bytes, of message: UnsafeMutablePointer<Onnx__TensorProto>
  ) {
    let count = bytes.count / field.stride
    switch field {
    case .floatData:
      message.pointee.n_float_data = count
      message.pointee.float_data = pointer(to: bytes, as: Float.self)
    case .int32Data:
      message.pointee.n_int32_data = count
      message.pointee.int32_data = pointer(to: bytes, as: Int32.self)
    case .int64Data:
      message.pointee.n_int64_data = count
      message.pointee.int64_data = pointer(to: bytes, as: Int64.self)
    case .doubleData:
      message.pointee.n_double_data = count
      message.pointee.double_data = pointer(to: bytes, as: Double.self)
    case .uint64Data:
      message.pointee.n_uint64_data = count
      message.pointee.uint64_data = pointer(to: bytes, as: UInt64.self)
    }
  }

  /// A pointer into the IR's buffer, which protobuf-c only reads. It copies floats and doubles whatever their alignment;
  /// integers lie in buffers of their own.
  private func pointer<Element>(to bytes: Bytes, as type: Element.Type) -> UnsafeMutablePointer<Element>? {
    bytes.buffer.pointer.baseAddress.map {
      UnsafeMutableRawPointer(mutating: $0 + bytes.range.lowerBound).assumingMemoryBound(to: type)
    }
  }

  /// Sends the bytes to the blob; the entries keep their order, and others than place and size their values.
  private func setExternal(
    _ reference: ExternalReference, _ bytes: Bytes, of message: UnsafeMutablePointer<Onnx__TensorProto>
  ) throws {
    guard let blob else { return }
    message.pointee.has_data_location = 1
    message.pointee.data_location = ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL
    let offset = blob.add(bytes)
    var entries = reference.entries
    for key in ["location", "offset", "length"] where !entries.contains(where: { $0.key == key }) {
      entries.append(StringEntry(key: key, value: ""))
    }
    message.pointee.n_external_data = entries.count
    message.pointee.external_data = try arena.array(entries) { item in
      let entry = try self.entry(item)
      switch item.key {
      case "location": blob.nameLater(entry)
      case "offset": entry.pointee.value = arena.string("\(offset)")
      case "length": entry.pointee.value = arena.string("\(bytes.count)")
      case "checksum": blob.checksumLater(entry)
      default: break
      }
      return entry
    }
  }
}

extension ElementType {
  /// Whether the values of a field are, on a little-endian machine, what `raw_data` would hold.
  func isStoredAsRaw(in field: Tensor.Field) -> Bool {
    switch (self, field) {
    case (.float, .floatData), (.complex64, .floatData), (.double, .doubleData), (.complex128, .doubleData),
      (.int32, .int32Data), (.int64, .int64Data), (.uint64, .uint64Data):
      true
    default: false
    }
  }
}
