import COnnx
import GraphIR

/// Reads a `ModelProto` that was unpacked into a ``Model`` and checks the rules for a whole model (12, 13, 15, 16).
enum ModelImporter {
  /// IR versions that are read; 3 is the first with operator sets.
  static let irVersions: ClosedRange<Int64> = 3...14

  /// The newest version of each operator set of ONNX 1.23.
  static let newestOpsets: [String: Int64] = [
    "": 28, "ai.onnx.ml": 5, "ai.onnx.training": 1, "ai.onnx.preview.training": 1, "ai.onnx.preview": 1,
  ]

  /// The model.
  ///
  /// - Throws: `no-graph`, `no-ir-version`, `no-opset`, `ir-version`, `opset-version`, `duplicate-name` and what its parts
  ///   throw.
  static func model(_ context: ImportContext) throws -> Model {
    let proto = context.source.message.pointee
    guard proto.has_ir_version != 0 else {
      throw CompileError("no-ir-version", "the model states no ir_version", hint: "is it an ONNX model?")
    }
    guard irVersions.contains(proto.ir_version) else {
      throw CompileError(
        "ir-version",
        "IR version \(proto.ir_version) is not read; versions \(irVersions.lowerBound) to "
          + "\(irVersions.upperBound) are",
        hint: "convert the model with onnx.version_converter or export it anew")
    }
    guard let graphMessage = proto.graph else { throw CompileError("no-graph", "the model has no graph") }
    let opsets = try opsetImports(proto)
    let functions = try FunctionImporter.functions(proto, in: context)
    for info in messages(proto.n_training_info, proto.training_info) {
      try context.source.refuseExternalData(in: info, as: onnx__training_info_proto__init, "training_info")
    }
    var model = Model(
      irVersion: proto.ir_version, opsetImports: opsets,
      graph: try GraphImporter.graph(graphMessage, in: context))
    try requireOpset(of: model, functions)
    model.producerName = text(proto.producer_name)
    model.producerVersion = text(proto.producer_version)
    model.domain = text(proto.domain)
    model.modelVersion = proto.has_model_version != 0 ? proto.model_version : nil
    model.docString = text(proto.doc_string)
    model.metadata = entries(proto.n_metadata_props, proto.metadata_props)
    model.functions = functions
    model.trainingInfos = messages(proto.n_training_info, proto.training_info).map {
      Serialization.opaque($0)
    }
    model.configurations = messages(proto.n_configuration, proto.configuration).map {
      Serialization.opaque($0)
    }
    model.unknownFields = Serialization.unknownFields(of: proto.base)
    return model
  }

  /// What a node of ONNX's own means is not said without a version of its operator set.
  private static func requireOpset(of model: Model, _ functions: [LocalFunction]) throws {
    guard model.opsetVersion(domain: "") == nil else { return }
    let own = Set(functions.map(\.identifier))
    var found: Node?
    model.graph.forEachNode { node in
      if found == nil, node.canonicalDomain.isEmpty, !own.contains(node.callee) { found = node }
    }
    if let found {
      throw CompileError("no-opset", "the model imports no version of operator set ai.onnx").at(found.label)
    }
  }

  private static func opsetImports(_ proto: Onnx__ModelProto) throws -> [OpsetImport] {
    var seen: Set<ExactName> = []
    let imports = try messages(proto.n_opset_import, proto.opset_import).map { message in
      var opset = OpsetImport(domain: text(message.pointee.domain), version: message.pointee.version)
      opset.statesVersion = message.pointee.has_version != 0
      opset.unknownFields = Serialization.unknownFields(of: message.pointee.base)
      let domain = opset.domain == "ai.onnx" ? "" : opset.domain ?? ""
      guard seen.insert(ExactName(domain)).inserted else {
        throw CompileError("duplicate-name", "opset domain '\(domain)' is imported twice")
      }
      if let newest = newestOpsets[domain], !(1...newest).contains(opset.version) {
        throw CompileError(
          "opset-version",
          "opset \(opset.version) of domain '\(domain.isEmpty ? "ai.onnx" : domain)' is not known; "
            + "versions 1 to \(newest) are", hint: "convert the model with onnx.version_converter")
      }
      return opset
    }
    guard !imports.isEmpty else {
      throw CompileError("no-opset", "the model states no opset_import", hint: "is it an ONNX model?")
    }
    return imports
  }
}
