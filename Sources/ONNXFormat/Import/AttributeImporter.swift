import COnnx
import GraphIR

extension GraphImporter {
  /// An `AttributeProto`; a form that no rule foresees is kept serialised.
  ///
  /// - Throws: what its tensors and graphs throw; `attribute-name` where it has none.
  func attribute(_ message: UnsafeMutablePointer<Onnx__AttributeProto>) throws -> Attribute {
    let proto = message.pointee
    guard let name = text(proto.name), !name.isEmpty else {
      throw CompileError("attribute-name", "an attribute has no name")
    }
    let fields = ValueFields(of: proto)
    if let referred = text(proto.ref_attr_name), fields.isEmpty {
      var attribute = Attribute(
        name, .reference(referred, type: proto.has_type != 0 ? proto.type.rawValue : nil))
      attribute.docString = text(proto.doc_string)
      attribute.unknownFields = Serialization.unknownFields(of: proto.base)
      return attribute
    }
    let type = proto.has_type != 0 ? proto.type : fields.impliedType
    guard let type, let value = try value(proto, as: type, fields) else {
      try context.source.refuseExternalData(
        in: message, as: onnx__attribute_proto__init, "an attribute of an unforeseen form")
      return Attribute(name, .other(Serialization.opaque(message)))
    }
    var attribute = Attribute(name, value)
    attribute.statesType = proto.has_type != 0
    attribute.statesValue = !fields.isEmpty
    attribute.docString = text(proto.doc_string)
    attribute.unknownFields = Serialization.unknownFields(of: proto.base)
    return attribute
  }

  /// The value, if the field that goes with the type is the only one that is set.
  private func value(
    _ proto: Onnx__AttributeProto, as type: Onnx__AttributeProto__AttributeType, _ fields: ValueFields
  ) throws -> Attribute.Value? {
    guard proto.ref_attr_name == nil, fields.isSubset(of: ValueFields(of: type)) else { return nil }
    switch type {
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT: return .float(proto.f)
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT: return .int(proto.i)
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING: return .string(array(proto.s))
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR:
      return try proto.t.map { .tensor(try context.tensor($0)) }
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPH: return try proto.g.map { .graph(try subgraph($0)) }
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__SPARSE_TENSOR:
      return try proto.sparse_tensor.map { .sparseTensor(try context.sparseTensor($0)) }
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS: return .floats(numbers(proto.n_floats, proto.floats))
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS: return .ints(numbers(proto.n_ints, proto.ints))
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS:
      return .strings(numbers(proto.n_strings, proto.strings).map(array))
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSORS:
      return .tensors(try messages(proto.n_tensors, proto.tensors).map { try context.tensor($0) })
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPHS:
      return .graphs(try messages(proto.n_graphs, proto.graphs).map { try subgraph($0) })
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__SPARSE_TENSORS:
      return .sparseTensors(
        try messages(proto.n_sparse_tensors, proto.sparse_tensors).map { try context.sparseTensor($0) })
    default: return nil
    }
  }
}

/// Which of an attribute's value fields are set.
private struct ValueFields: OptionSet {
  let rawValue: UInt32

  init(rawValue: UInt32) { self.rawValue = rawValue }

  /// The field that goes with a type: bit n for type n.
  init(of type: Onnx__AttributeProto__AttributeType) {
    rawValue = type.rawValue > 0 && type.rawValue < 32 ? 1 << UInt32(type.rawValue) : 0
  }

  init(of proto: Onnx__AttributeProto) {
    var fields: ValueFields = []
    func add(_ type: Onnx__AttributeProto__AttributeType, if isSet: Bool) {
      if isSet { fields.insert(ValueFields(of: type)) }
    }
    add(ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT, if: proto.has_f != 0)
    add(ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT, if: proto.has_i != 0)
    add(ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING, if: proto.has_s != 0)
    add(ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR, if: proto.t != nil)
    add(ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPH, if: proto.g != nil)
    add(ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__SPARSE_TENSOR, if: proto.sparse_tensor != nil)
    add(ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TYPE_PROTO, if: proto.tp != nil)
    add(ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS, if: proto.n_floats > 0)
    add(ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS, if: proto.n_ints > 0)
    add(ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS, if: proto.n_strings > 0)
    add(ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSORS, if: proto.n_tensors > 0)
    add(ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPHS, if: proto.n_graphs > 0)
    add(ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__SPARSE_TENSORS, if: proto.n_sparse_tensors > 0)
    add(ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TYPE_PROTOS, if: proto.n_type_protos > 0)
    self = fields
  }

  /// The type of the only field that is set, for writers that do not state the type.
  var impliedType: Onnx__AttributeProto__AttributeType? {
    guard rawValue.nonzeroBitCount == 1 else { return nil }
    return Onnx__AttributeProto__AttributeType(UInt32(rawValue.trailingZeroBitCount))
  }
}
