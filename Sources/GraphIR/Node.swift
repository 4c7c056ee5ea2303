/// A value of a graph; stable, never reused.
package struct ValueID: Hashable, Sendable, Comparable {
  package let index: Int

  package init(_ index: Int) { self.index = index }

  package static func < (a: ValueID, b: ValueID) -> Bool { a.index < b.index }
}

/// A node of a graph; stable, never reused.
package struct NodeID: Hashable, Sendable, Comparable {
  package let index: Int

  package init(_ index: Int) { self.index = index }

  package static func < (a: NodeID, b: NodeID) -> Bool { a.index < b.index }
}

/// One operation (ONNX `NodeProto`). An omitted optional input or output is nil.
package struct Node: Sendable, Equatable {
  package private(set) var id: NodeID
  package var name: String?
  package var opType: String
  /// Nil and "" both mean ONNX's own operators, `ai.onnx`.
  package var domain: String?
  package var overload: String?
  package var inputs: [ValueID?]
  package var outputs: [ValueID?]
  package var attributes: [Attribute]
  package var docString: String?
  package var metadata: [StringEntry] = []
  package var deviceConfigurations: [OpaqueMessage] = []
  package var unknownFields: [UInt8] = []

  package init(
    id: NodeID, name: String?, opType: String, domain: String? = nil, inputs: [ValueID?], outputs: [ValueID?],
    attributes: [Attribute] = []
  ) {
    self.id = id
    self.name = name
    self.opType = opType
    self.domain = domain
    self.inputs = inputs
    self.outputs = outputs
    self.attributes = attributes
  }

  /// The same node, to stand in another graph.
  package func renumbered(_ id: NodeID) -> Node {
    var node = self
    node.id = id
    return node
  }

  package func attribute(_ name: String) -> Attribute? { attributes.first { $0.name == name } }

  package var subgraphs: [Graph] { attributes.flatMap(\.graphs) }

  /// The domain with `ai.onnx` written as the empty string, so that equal domains compare equal.
  package var canonicalDomain: String { domain == "ai.onnx" ? "" : domain ?? "" }
}
