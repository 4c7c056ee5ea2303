import COnnx
import GraphIR

extension ModelBuilder {
  /// A `GraphProto`.
  func graph(_ graph: Graph) throws -> UnsafeMutablePointer<Onnx__GraphProto> {
    let message = arena.make(onnx__graph_proto__init)
    message.pointee.name = arena.string(graph.name)
    message.pointee.doc_string = arena.string(graph.docString)
    message.pointee.n_node = graph.nodes.count
    message.pointee.node = try arena.array(graph.nodes) { try node($0, in: graph) }
    let initializers = graph.initializers.compactMap { id in
      graph[id].initializer.map { (graph[id].name, $0) }
    }
    message.pointee.n_initializer = initializers.count
    message.pointee.initializer = try arena.array(initializers) { name, tensor in
      let proto = try self.tensor(tensor)
      proto.pointee.name = arena.string(name)
      return proto
    }
    message.pointee.n_sparse_initializer = graph.sparseInitializers.count
    message.pointee.sparse_initializer = try arena.array(graph.sparseInitializers) { try sparseTensor($0) }
    message.pointee.n_input = graph.inputs.count
    message.pointee.input = try arena.array(graph.inputs) { try valueInfo($0, in: graph) }
    message.pointee.n_output = graph.outputs.count
    message.pointee.output = try arena.array(graph.outputs) { try valueInfo($0, in: graph) }
    message.pointee.n_value_info = graph.valueInfos.count
    message.pointee.value_info = try arena.array(graph.valueInfos) { try valueInfo($0, in: graph) }
    message.pointee.n_quantization_annotation = graph.quantizationAnnotations.count
    message.pointee.quantization_annotation = try arena.array(graph.quantizationAnnotations) {
      try annotation($0)
    }
    message.pointee.n_metadata_props = graph.metadata.count
    message.pointee.metadata_props = try entries(graph.metadata)
    try arena.setUnknownFields(graph.unknownFields, of: &message.pointee.base)
    return message
  }

  private func node(_ node: Node, in graph: Graph) throws -> UnsafeMutablePointer<Onnx__NodeProto> {
    let message = arena.make(onnx__node_proto__init)
    message.pointee.n_input = node.inputs.count
    message.pointee.input = arena.array(node.inputs) { arena.string($0.map { graph[$0].name } ?? "") }
    message.pointee.n_output = node.outputs.count
    message.pointee.output = arena.array(node.outputs) { arena.string($0.map { graph[$0].name } ?? "") }
    message.pointee.name = arena.string(node.name)
    message.pointee.op_type = arena.string(node.opType)
    message.pointee.domain = arena.string(node.domain)
    message.pointee.overload = arena.string(node.overload)
    message.pointee.n_attribute = node.attributes.count
    message.pointee.attribute = try arena.array(node.attributes) { try attribute($0) }
    message.pointee.doc_string = arena.string(node.docString)
    message.pointee.n_metadata_props = node.metadata.count
    message.pointee.metadata_props = try entries(node.metadata)
    message.pointee.n_device_configurations = node.deviceConfigurations.count
    message.pointee.device_configurations = try arena.array(node.deviceConfigurations) {
      try arena.unpack($0, onnx__node_device_configuration_proto__init)
    }
    try arena.setUnknownFields(node.unknownFields, of: &message.pointee.base)
    return message
  }

  private func annotation(
    _ annotation: QuantizationAnnotation
  ) throws -> UnsafeMutablePointer<Onnx__TensorAnnotation> {
    let message = arena.make(onnx__tensor_annotation__init)
    message.pointee.tensor_name = arena.string(annotation.tensorName)
    message.pointee.n_quant_parameter_tensor_names = annotation.parameterTensorNames.count
    message.pointee.quant_parameter_tensor_names = try entries(annotation.parameterTensorNames)
    try arena.setUnknownFields(annotation.unknownFields, of: &message.pointee.base)
    return message
  }

  private func valueInfo(
    _ info: ValueInfo, in graph: Graph
  ) throws -> UnsafeMutablePointer<Onnx__ValueInfoProto> {
    let message = arena.make(onnx__value_info_proto__init)
    message.pointee.name = arena.string(graph[info.value].name)
    message.pointee.type = try info.type.map { try type($0) }
    message.pointee.doc_string = arena.string(info.docString)
    message.pointee.n_metadata_props = info.metadata.count
    message.pointee.metadata_props = try entries(info.metadata)
    try arena.setUnknownFields(info.unknownFields, of: &message.pointee.base)
    return message
  }

  private func type(_ type: DeclaredType) throws -> UnsafeMutablePointer<Onnx__TypeProto> {
    switch type.kind {
    case .other(let opaque):
      return try arena.unpack(opaque, onnx__type_proto__init)
    case .tensor(let tensor):
      let message = arena.make(onnx__type_proto__init)
      message.pointee.value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE
      message.pointee.tensor_type = try tensorType(tensor)
      message.pointee.denotation = arena.string(type.denotation)
      try arena.setUnknownFields(type.unknownFields, of: &message.pointee.base)
      return message
    }
  }

  private func tensorType(_ type: DeclaredTensorType) throws -> UnsafeMutablePointer<Onnx__TypeProto__Tensor>
  {
    let message = arena.make(onnx__type_proto__tensor__init)
    if let number = type.elementTypeNumber {
      message.pointee.has_elem_type = 1
      message.pointee.elem_type = number
    }
    if let dims = type.dims {
      let shape = arena.make(onnx__tensor_shape_proto__init)
      shape.pointee.n_dim = dims.count
      shape.pointee.dim = try arena.array(dims) { try dimension($0) }
      try arena.setUnknownFields(type.shapeUnknownFields, of: &shape.pointee.base)
      message.pointee.shape = shape
    }
    try arena.setUnknownFields(type.unknownFields, of: &message.pointee.base)
    return message
  }

  private func dimension(
    _ dimension: DeclaredDimension
  ) throws -> UnsafeMutablePointer<Onnx__TensorShapeProto__Dimension> {
    let message = arena.make(onnx__tensor_shape_proto__dimension__init)
    switch dimension.extent {
    case .unstated: break
    case .value(let value):
      message.pointee.value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE
      message.pointee.dim_value = value
    case .parameter(let name):
      message.pointee.value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM
      message.pointee.dim_param = arena.string(name)
    }
    message.pointee.denotation = arena.string(dimension.denotation)
    try arena.setUnknownFields(dimension.unknownFields, of: &message.pointee.base)
    return message
  }
}
