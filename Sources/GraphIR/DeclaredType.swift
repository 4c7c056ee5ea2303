/// The type that a file states for a value (ONNX `TypeProto`), with everything it states.
package struct DeclaredType: Sendable, Equatable {
  package enum Kind: Sendable, Equatable {
    case tensor(DeclaredTensorType)
    /// A sequence, map, optional, opaque or sparse tensor type, or none: the whole `TypeProto`, serialised.
    case other(OpaqueMessage)
  }

  package var kind: Kind
  /// Belong to a tensor type; those of any other kind are inside its serialised form.
  package var denotation: String?
  package var unknownFields: [UInt8] = []

  package init(_ kind: Kind) { self.kind = kind }

  package var tensor: DeclaredTensorType? {
    if case .tensor(let type) = kind { type } else { nil }
  }
}

/// `TypeProto.Tensor`: element type and, where stated, shape.
package struct DeclaredTensorType: Sendable, Equatable {
  /// The number as the file has it; nil where the file has none.
  package var elementTypeNumber: Int32?
  /// Nil where the rank is not stated.
  package var dims: [DeclaredDimension]?
  package var shapeUnknownFields: [UInt8] = []
  package var unknownFields: [UInt8] = []

  package init(elementTypeNumber: Int32?, dims: [DeclaredDimension]?) {
    self.elementTypeNumber = elementTypeNumber
    self.dims = dims
  }

  package var elementType: ElementType? { elementTypeNumber.flatMap(ElementType.init(rawValue:)) }
}

/// `TensorShapeProto.Dimension`: a length, a name, or nothing.
package struct DeclaredDimension: Sendable, Equatable {
  package enum Extent: Sendable, Equatable {
    case unstated
    case value(Int64)
    case parameter(String)
  }

  package var extent: Extent
  package var denotation: String?
  package var unknownFields: [UInt8] = []

  package init(_ extent: Extent) { self.extent = extent }

  /// Says something: some exporters write -1 for a length that is open.
  package var isStated: Bool {
    switch extent {
    case .unstated: false
    case .value(let length): length >= 0
    case .parameter: true
    }
  }
}

/// A graph input, output or `value_info` entry (ONNX `ValueInfoProto`).
package struct ValueInfo: Sendable, Equatable {
  package var value: ValueID
  package var type: DeclaredType?
  package var docString: String?
  package var metadata: [StringEntry] = []
  package var unknownFields: [UInt8] = []

  package init(value: ValueID, type: DeclaredType?) {
    self.value = value
    self.type = type
  }
}
