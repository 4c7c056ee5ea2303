/// A constant of the network with the bytes, and the way of storing them, that its file has (ONNX `TensorProto`).
///
/// Nothing is converted that a pass does not need to read: a half-precision weight stays two bytes an element.
///
/// - SeeAlso: <https://onnx.ai/onnx/api/classes.html#tensorproto>
package struct Tensor: Sendable, Equatable {
  /// Where the elements lie in the `TensorProto`.
  package enum Payload: Sendable, Equatable {
    /// No field is set: a tensor without elements.
    case none
    /// `raw_data`: little-endian, row-major, sub-byte types packed.
    case raw(Bytes)
    /// One of the repeated fields, as consecutive little-endian values of the field's own type.
    case typed(Field, Bytes)
    /// `string_data`.
    case strings([[UInt8]])
    /// A file beside the model; `bytes` are the tensor's own, laid out as in `raw_data`.
    case external(ExternalReference, bytes: Bytes)
  }

  /// A repeated field of `TensorProto` that holds elements one by one.
  package enum Field: Sendable, Equatable {
    case floatData, int32Data, int64Data, doubleData, uint64Data

    /// Bytes of one value of the field.
    package var stride: Int { self == .floatData || self == .int32Data ? 4 : 8 }
  }

  /// No implementation takes tensors of more axes: files may not store them, and no value has such a shape here.
  package static let rankLimit = 64

  package var name: String?
  package var elementType: ElementType
  package var dims: [Int]
  package var payload: Payload
  package var docString: String?
  package var metadata: [StringEntry] = []
  /// `data_location = DEFAULT` is written out rather than left to the default.
  package var statesDefaultLocation = false
  /// The `segment` message, kept as it is.
  package var segment: OpaqueMessage?
  package var unknownFields: [UInt8] = []

  package init(name: String? = nil, elementType: ElementType, dims: [Int], payload: Payload) {
    self.name = name
    self.elementType = elementType
    self.dims = dims
    self.payload = payload
  }

  /// Number of elements; the reader has checked that the product does not overflow.
  package var count: Int { dims.reduce(1, *) }

  /// The bytes of the elements, however stored; nil for strings.
  package var bytes: Bytes? {
    switch payload {
    case .none, .strings: nil
    case .raw(let bytes), .typed(_, let bytes), .external(_, let bytes): bytes
    }
  }

  /// Bytes from one element to the next in ``bytes``; nil where elements do not begin on a byte.
  package var elementStride: Int? {
    if case .typed(let field, _) = payload {
      switch elementType {
      case .complex64: return 8
      case .complex128: return 16
      case .uint4, .int4, .float4e2m1, .uint2, .int2, .float6e2m3, .float6e3m2: return nil
      default: return field.stride
      }
    }
    guard let bits = elementType.bitWidth, bits % 8 == 0 else { return nil }
    return bits / 8
  }

  /// The same tensor with other dims and elements, stored in the same way (an external one stays external).
  package func replacing(dims: [Int], bytes: Bytes) -> Tensor {
    var tensor = self
    tensor.dims = dims
    switch payload {
    case .typed(let field, _): tensor.payload = .typed(field, bytes)
    case .external(let reference, _): tensor.payload = .external(reference, bytes: bytes)
    case .none, .raw, .strings: tensor.payload = .raw(bytes)
    }
    return tensor
  }
}

/// How a tensor's elements were found outside the model file: the entries of `external_data`, in order.
package struct ExternalReference: Sendable, Equatable {
  package var entries: [StringEntry]

  package init(entries: [StringEntry]) { self.entries = entries }

  /// The value of the first entry with this key: `location`, `offset`, `length`, `checksum`.
  package subscript(key: String) -> String? { entries.first { $0.key == key }?.value }
}

/// A sparse constant (ONNX `SparseTensorProto`), kept as it is.
package struct SparseTensor: Sendable, Equatable {
  package var values: Tensor?
  package var indices: Tensor?
  package var dims: [Int]
  package var unknownFields: [UInt8] = []

  package init(values: Tensor?, indices: Tensor?, dims: [Int]) {
    self.values = values
    self.indices = indices
    self.dims = dims
  }
}
