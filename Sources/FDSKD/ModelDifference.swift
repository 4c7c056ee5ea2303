/// What sets two models apart: `fdskd-compile diff a.onnx b.onnx`.
public struct ModelDifference: Codable, Sendable, Equatable {
  public var a: Report.File
  public var b: Report.File
  /// `before` is of ``a``, `after` of ``b``.
  public var totals: Report.Totals
  /// The nodes of ``a`` that ``b`` has too, by name, and whose shapes or figures differ.
  public var layers: [Report.Layer]
  /// Nodes of ``a`` that ``b`` does not have, in the order of the graph.
  public var removedNodes: [NodeName]
  /// Nodes of ``b`` that ``a`` does not have, in the order of the graph.
  public var addedNodes: [NodeName]
  /// Constants of the same name, type and shape whose values differ.
  public var changedTensors: [String]

  public init(
    a: Report.File, b: Report.File, totals: Report.Totals, layers: [Report.Layer] = [],
    removedNodes: [NodeName] = [], addedNodes: [NodeName] = [], changedTensors: [String] = []
  ) {
    self.a = a
    self.b = b
    self.totals = totals
    self.layers = layers
    self.removedNodes = removedNodes
    self.addedNodes = addedNodes
    self.changedTensors = changedTensors
  }

  /// Neither a node, a shape nor a value differs.
  public var isEmpty: Bool {
    layers.isEmpty && removedNodes.isEmpty && addedNodes.isEmpty && changedTensors.isEmpty
  }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case a, b, totals, layers
    case removedNodes = "removed_nodes"
    case addedNodes = "added_nodes"
    case changedTensors = "changed_tensors"
  }

  /// A node, by the name that the report gives it.
  public struct NodeName: Codable, Sendable, Equatable {
    /// The node's name; that of its first output where it has none.
    public var name: String
    public var op: String

    public init(name: String, op: String) {
      self.name = name
      self.op = op
    }

    enum CodingKeys: String, CodingKey, CaseIterable { case name, op }
  }
}
