import COnnx
import GraphIR

/// Builds protobuf-c's structures from the IR, with pointers straight into the IR's tensors.
///
/// The model has to outlive the structures.
final class ModelBuilder {
  let arena = MessageArena()
  /// Tensors that go into a file of their own; nil where all are written into the model.
  let blob: ExternalBlob?
  /// Tensors from this many bytes on go into the blob, even if they were in the model.
  let externalFrom: Int?

  init(blob: ExternalBlob?, externalFrom: Int?) {
    self.blob = blob
    self.externalFrom = externalFrom
  }

  /// A `ModelProto`.
  ///
  /// - Throws: `opaque-message` (internal).
  func model(_ model: Model) throws -> UnsafeMutablePointer<Onnx__ModelProto> {
    let message = arena.make(onnx__model_proto__init)
    message.pointee.has_ir_version = 1
    message.pointee.ir_version = model.irVersion
    message.pointee.producer_name = arena.string(model.producerName)
    message.pointee.producer_version = arena.string(model.producerVersion)
    message.pointee.domain = arena.string(model.domain)
    if let version = model.modelVersion {
      message.pointee.has_model_version = 1
      message.pointee.model_version = version
    }
    message.pointee.doc_string = arena.string(model.docString)
    message.pointee.graph = try graph(model.graph)
    message.pointee.n_opset_import = model.opsetImports.count
    message.pointee.opset_import = try arena.array(model.opsetImports) { try opsetImport($0) }
    message.pointee.n_metadata_props = model.metadata.count
    message.pointee.metadata_props = try entries(model.metadata)
    message.pointee.n_training_info = model.trainingInfos.count
    message.pointee.training_info = try arena.array(model.trainingInfos) {
      try arena.unpack($0, onnx__training_info_proto__init)
    }
    message.pointee.n_functions = model.functions.count
    message.pointee.functions = try arena.array(model.functions) {
      try arena.unpack($0.message, onnx__function_proto__init)
    }
    message.pointee.n_configuration = model.configurations.count
    message.pointee.configuration = try arena.array(model.configurations) {
      try arena.unpack($0, onnx__device_configuration_proto__init)
    }
    try arena.setUnknownFields(model.unknownFields, of: &message.pointee.base)
    return message
  }

  /// A list of `StringStringEntryProto`.
  func entries(
    _ entries: [StringEntry]
  ) throws -> UnsafeMutablePointer<UnsafeMutablePointer<Onnx__StringStringEntryProto>?>? {
    try arena.array(entries) { try entry($0) }
  }

  func entry(_ entry: StringEntry) throws -> UnsafeMutablePointer<Onnx__StringStringEntryProto> {
    let message = arena.make(onnx__string_string_entry_proto__init)
    message.pointee.key = arena.string(entry.key)
    message.pointee.value = arena.string(entry.value)
    try arena.setUnknownFields(entry.unknownFields, of: &message.pointee.base)
    return message
  }

  private func opsetImport(_ opset: OpsetImport) throws -> UnsafeMutablePointer<Onnx__OperatorSetIdProto> {
    let message = arena.make(onnx__operator_set_id_proto__init)
    message.pointee.domain = arena.string(opset.domain)
    if opset.statesVersion || opset.version != 0 {
      message.pointee.has_version = 1
      message.pointee.version = opset.version
    }
    try arena.setUnknownFields(opset.unknownFields, of: &message.pointee.base)
    return message
  }
}
