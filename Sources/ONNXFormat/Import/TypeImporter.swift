import COnnx
import GraphIR

/// Reads `TypeProto` and what it is made of.
enum TypeImporter {
  /// A value's stated type; one that is not a tensor's is kept serialised.
  static func type(_ message: UnsafeMutablePointer<Onnx__TypeProto>) -> DeclaredType {
    let proto = message.pointee
    guard proto.value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE, let tensor = proto.tensor_type else {
      return DeclaredType(.other(Serialization.opaque(message)))
    }
    var type = DeclaredType(.tensor(tensorType(tensor.pointee)))
    type.denotation = text(proto.denotation)
    type.unknownFields = Serialization.unknownFields(of: proto.base)
    return type
  }

  private static func tensorType(_ proto: Onnx__TypeProto__Tensor) -> DeclaredTensorType {
    var type = DeclaredTensorType(
      elementTypeNumber: proto.has_elem_type != 0 ? proto.elem_type : nil, dims: nil)
    if let shape = proto.shape?.pointee {
      type.dims = messages(shape.n_dim, shape.dim).map { dimension($0.pointee) }
      type.shapeUnknownFields = Serialization.unknownFields(of: shape.base)
    }
    type.unknownFields = Serialization.unknownFields(of: proto.base)
    return type
  }

  private static func dimension(_ proto: Onnx__TensorShapeProto__Dimension) -> DeclaredDimension {
    let extent: DeclaredDimension.Extent
    switch proto.value_case {
    case ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE: extent = .value(proto.dim_value)
    case ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM:
      extent = .parameter(text(proto.dim_param) ?? "")
    default: extent = .unstated
    }
    var dimension = DeclaredDimension(extent)
    dimension.denotation = text(proto.denotation)
    dimension.unknownFields = Serialization.unknownFields(of: proto.base)
    return dimension
  }
}
