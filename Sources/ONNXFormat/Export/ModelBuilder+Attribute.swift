import COnnx
import GraphIR

extension ModelBuilder {
  /// An `AttributeProto`.
  func attribute(_ attribute: Attribute) throws -> UnsafeMutablePointer<Onnx__AttributeProto> {
    if case .other(let opaque) = attribute.value {
      return try arena.unpack(opaque, onnx__attribute_proto__init)
    }
    let message = arena.make(onnx__attribute_proto__init)
    message.pointee.name = arena.string(attribute.name)
    message.pointee.doc_string = arena.string(attribute.docString)
    let type = try setValue(attribute, of: message)
    if attribute.statesType, let type {
      message.pointee.has_type = 1
      message.pointee.type = type
    }
    try arena.setUnknownFields(attribute.unknownFields, of: &message.pointee.base)
    return message
  }

  /// Sets the field that goes with the value; returns the type that goes with it, if any.
  private func setValue(
    _ attribute: Attribute, of message: UnsafeMutablePointer<Onnx__AttributeProto>
  ) throws -> Onnx__AttributeProto__AttributeType? {
    switch attribute.value {
    case .float(let value):
      message.pointee.has_f = attribute.statesValue || value.bitPattern != 0 ? 1 : 0
      message.pointee.f = value
      return ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT
    case .int(let value):
      message.pointee.has_i = attribute.statesValue || value != 0 ? 1 : 0
      message.pointee.i = value
      return ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT
    case .string(let value):
      message.pointee.has_s = attribute.statesValue || !value.isEmpty ? 1 : 0
      message.pointee.s = arena.binary(value)
      return ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING
    case .tensor(let value):
      message.pointee.t = try tensor(value)
      return ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR
    case .graph(let value):
      message.pointee.g = try graph(value)
      return ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPH
    case .sparseTensor(let value):
      message.pointee.sparse_tensor = try sparseTensor(value)
      return ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__SPARSE_TENSOR
    case .floats(let values):
      message.pointee.n_floats = values.count
      message.pointee.floats = arena.array(values) { $0 }
      return ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS
    case .ints(let values):
      message.pointee.n_ints = values.count
      message.pointee.ints = arena.array(values) { $0 }
      return ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS
    case .strings(let values):
      message.pointee.n_strings = values.count
      message.pointee.strings = arena.array(values) { arena.binary($0) }
      return ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS
    case .tensors(let values):
      message.pointee.n_tensors = values.count
      message.pointee.tensors = try arena.array(values) { try tensor($0) }
      return ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSORS
    case .graphs(let values):
      message.pointee.n_graphs = values.count
      message.pointee.graphs = try arena.array(values) { try graph($0) }
      return ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPHS
    case .sparseTensors(let values):
      message.pointee.n_sparse_tensors = values.count
      message.pointee.sparse_tensors = try arena.array(values) { try sparseTensor($0) }
      return ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__SPARSE_TENSORS
    case .reference(let name, let type):
      message.pointee.ref_attr_name = arena.string(name)
      return type.map { Onnx__AttributeProto__AttributeType($0) }
    case .other:
      return ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__UNDEFINED
    }
  }
}
