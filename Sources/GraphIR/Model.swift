/// A whole ONNX file (`ModelProto`): the graph, and everything around it that an output must keep.
///
/// - SeeAlso: <https://onnx.ai/onnx/repo-docs/IR.html>
package struct Model: Sendable, Equatable {
  package var irVersion: Int64
  package var opsetImports: [OpsetImport]
  package var producerName: String?
  package var producerVersion: String?
  package var domain: String?
  package var modelVersion: Int64?
  package var docString: String?
  package var graph: Graph
  package var metadata: [StringEntry] = []
  package var functions: [LocalFunction] = [] {
    didSet { ownOperators = Set(functions.map(\.identifier)) }
  }
  /// What ``functions`` defines, for quick questions.
  package private(set) var ownOperators: Set<FunctionIdentifier> = []
  /// `training_info` messages, serialised.
  package var trainingInfos: [OpaqueMessage] = []
  /// `DeviceConfigurationProto` messages, serialised.
  package var configurations: [OpaqueMessage] = []
  package var unknownFields: [UInt8] = []

  package init(irVersion: Int64, opsetImports: [OpsetImport], graph: Graph) {
    self.irVersion = irVersion
    self.opsetImports = opsetImports
    self.graph = graph
  }

  /// The opset version that the model imports for a domain ("" is `ai.onnx`); nil where it imports none.
  package func opsetVersion(domain: String) -> Int? { opsetImports.version(of: domain).map { Int($0) } }
}

/// ONNX `OperatorSetIdProto`.
package struct OpsetImport: Sendable, Equatable {
  package var domain: String?
  package var version: Int64
  package var statesVersion = true
  package var unknownFields: [UInt8] = []

  package init(domain: String?, version: Int64) {
    self.domain = domain
    self.version = version
  }
}

extension [OpsetImport] {
  /// The version that is imported for a domain ("" is `ai.onnx`); nil where none is.
  package func version(of domain: String) -> Int64? {
    let wanted = domain == "ai.onnx" ? "" : domain
    return first { ($0.domain == "ai.onnx" ? "" : $0.domain ?? "") == wanted }?.version
  }
}

extension Model {
  /// Initializers that are graph inputs too. Since IR version 4 such a one is only a default, which the caller may
  /// replace; before, every initializer had to be listed so, and it is a constant like any other.
  package var overridableInitializers: Set<ValueID> {
    irVersion < 4 ? [] : Set(graph.inputs.map(\.value)).intersection(graph.initializers)
  }
}
