import COnnx
import GraphIR

/// Reads one `GraphProto` into a ``Graph``: resolves names, those of enclosing graphs too, and checks that every value
/// is defined once and before it is used (model rules 16 to 18).
///
/// - SeeAlso: <https://onnx.ai/onnx/repo-docs/IR.html#graphs>
final class GraphImporter {
  let context: ImportContext
  let proto: Onnx__GraphProto
  let parent: GraphImporter?
  private var graph: Graph
  private var ids: [ExactName: ValueID] = [:]
  /// By value id: something that computes, receives or holds the value has been read.
  private var isDefined: [Bool] = []
  /// A node, or one in a body of a node, needs what is computed further down.
  var isUnsorted = false

  /// Reads a graph.
  ///
  /// Nodes that are not in an order in which they can run are sorted, which is noted.
  ///
  /// - Throws: `duplicate-name`, `dangling-name`, `graph-cycle`, `missing-name`, and what tensors and attributes throw, with
  ///   the node named.
  static func graph(
    _ message: UnsafeMutablePointer<Onnx__GraphProto>, in context: ImportContext,
    inside parent: GraphImporter? = nil
  ) throws -> Graph {
    let importer = GraphImporter(message.pointee, context, parent)
    try importer.read(message)
    return importer.graph
  }

  /// Reads attributes that belong to no node.
  ///
  /// - Throws: what attributes throw.
  static func attributes(
    _ messages: some Sequence<UnsafeMutablePointer<Onnx__AttributeProto>>, in context: ImportContext
  ) throws -> [Attribute] {
    let importer = GraphImporter(Onnx__GraphProto(), context, nil)
    return try messages.map { try importer.attribute($0) }
  }

  private init(_ proto: Onnx__GraphProto, _ context: ImportContext, _ parent: GraphImporter?) {
    self.proto = proto
    self.context = context
    self.parent = parent
    graph = Graph(name: text(proto.name))
    ids.reserveCapacity(proto.n_node + proto.n_initializer)
    isDefined.reserveCapacity(proto.n_node + proto.n_initializer)
  }

  /// A graph that is an attribute of one of this graph's nodes, and sees what this graph has defined so far.
  func subgraph(_ message: UnsafeMutablePointer<Onnx__GraphProto>) throws -> Graph {
    try Self.graph(message, in: context, inside: self)
  }

  private func read(_ message: UnsafeMutablePointer<Onnx__GraphProto>) throws {
    for message in messages(proto.n_initializer, proto.initializer) {
      let tensor = try context.tensor(message)
      let name = try Self.required(tensor.name, "an initializer")
      try define(name, as: "initializer", initializer: tensor)
    }
    for message in messages(proto.n_sparse_initializer, proto.sparse_initializer) {
      let tensor = try context.sparseTensor(message)
      try define(Self.required(tensor.values?.name, "a sparse initializer"), as: "sparse initializer")
      graph.sparseInitializers.append(tensor)
    }
    try readInputs()
    try readNodes(of: message)
    for message in messages(proto.n_output, proto.output) {
      let name = try Self.required(text(message.pointee.name), "a graph output")
      guard let value = resolve(name) else {
        throw CompileError("dangling-name", "graph output '\(name)' is computed by no node")
      }
      graph.outputs.append(valueInfo(message.pointee, of: value))
    }
    for message in messages(proto.n_value_info, proto.value_info) {
      let name = try Self.required(text(message.pointee.name), "a value_info entry")
      graph.valueInfos.append(
        valueInfo(message.pointee, of: ids[ExactName(name)] ?? add(name, isDefined: false)))
    }
    graph.quantizationAnnotations = messages(proto.n_quantization_annotation, proto.quantization_annotation)
      .map {
        var annotation = QuantizationAnnotation(
          tensorName: text($0.pointee.tensor_name),
          parameterTensorNames: entries(
            $0.pointee.n_quant_parameter_tensor_names, $0.pointee.quant_parameter_tensor_names))
        annotation.unknownFields = Serialization.unknownFields(of: $0.pointee.base)
        return annotation
      }
    graph.docString = text(proto.doc_string)
    graph.metadata = entries(proto.n_metadata_props, proto.metadata_props)
    graph.unknownFields = Serialization.unknownFields(of: proto.base)
  }

  private func readInputs() throws {
    var seen: Set<ValueID> = []
    for message in messages(proto.n_input, proto.input) {
      let name = try Self.required(text(message.pointee.name), "a graph input")
      let value: ValueID
      if let initializer = ids[ExactName(name)] {
        value = initializer
      } else {
        value = try define(name, as: "graph input")
      }
      guard seen.insert(value).inserted else {
        throw CompileError("duplicate-name", "two graph inputs are named '\(name)'")
      }
      graph.inputs.append(valueInfo(message.pointee, of: value))
    }
  }

  private func readNodes(of message: UnsafeMutablePointer<Onnx__GraphProto>) throws {
    graph.nodes.reserveCapacity(proto.n_node)
    // What is read a second time, since the graph around it is, is known to need an order.
    var order = context.nodeOrders[message]
    if order == nil {
      let before = (graph, ids, isDefined)
      do { return try readNodes(messages(proto.n_node, proto.node)) } catch {
        guard isUnsorted else { throw error }
        (graph, ids, isDefined) = before
      }
      order = try NodeOrder.order(of: proto)
      context.nodeOrders[message] = order
      let place = graph.name.map { " of graph '\($0)'" } ?? ""
      context.note("unsorted-nodes", "the nodes\(place) stand before others that they need; they were sorted")
    }
    let nodes = Array(messages(proto.n_node, proto.node))
    try readNodes((order ?? []).lazy.map { nodes[$0] })
  }

  private func readNodes(_ nodes: some Sequence<UnsafeMutablePointer<Onnx__NodeProto>>) throws {
    for node in nodes { try readNode(node.pointee) }
  }

  private func readNode(_ proto: Onnx__NodeProto) throws {
    let id = graph.makeNodeID()
    var node = Node(
      id: id, name: text(proto.name), opType: text(proto.op_type) ?? "", domain: text(proto.domain),
      inputs: [],
      outputs: [])
    do {
      guard !node.opType.isEmpty else { throw CompileError("missing-name", "a node has no op_type") }
      node.overload = text(proto.overload)
      node.docString = text(proto.doc_string)
      node.inputs = try strings(proto.n_input, proto.input).map { name in
        if name.isEmpty { return nil }
        guard let value = resolve(name) else { throw explainMissing(name) }
        return value
      }
      node.attributes = try messages(proto.n_attribute, proto.attribute).map { try attribute($0) }
      if let twice = Self.firstDuplicate(node.attributes.map(\.name)) {
        throw CompileError("duplicate-name", "attribute '\(twice)' is given twice")
      }
      node.outputs = try strings(proto.n_output, proto.output).map { name in
        name.isEmpty ? nil : try define(name, as: "output of \(node.label)")
      }
      node.metadata = entries(proto.n_metadata_props, proto.metadata_props)
      node.deviceConfigurations = messages(proto.n_device_configurations, proto.device_configurations).map {
        Serialization.opaque($0)
      }
      node.unknownFields = Serialization.unknownFields(of: proto.base)
    } catch let error as CompileError {
      throw error.at(node.label)
    }
    graph.nodes.append(node)
  }

  private func valueInfo(_ proto: Onnx__ValueInfoProto, of value: ValueID) -> ValueInfo {
    var info = ValueInfo(value: value, type: proto.type.map { TypeImporter.type($0) })
    info.docString = text(proto.doc_string)
    info.metadata = entries(proto.n_metadata_props, proto.metadata_props)
    info.unknownFields = Serialization.unknownFields(of: proto.base)
    return info
  }

  // MARK: Names

  private func add(_ name: String, initializer: Tensor? = nil, isDefined defined: Bool) -> ValueID {
    let value = graph.addValue(name, initializer: initializer)
    isDefined.append(defined)
    ids[ExactName(name)] = value
    return value
  }

  @discardableResult
  private func define(_ name: String, as role: String, initializer: Tensor? = nil) throws -> ValueID {
    guard ids[ExactName(name)] == nil else {
      throw CompileError("duplicate-name", "'\(name)' (\(role)) is defined a second time")
    }
    return add(name, initializer: initializer, isDefined: true)
  }

  /// The value of a name: this graph's own, or one that is captured from a graph around it.
  private func resolve(_ name: String) -> ValueID? {
    if let value = ids[ExactName(name)] { return isDefined[value.index] ? value : nil }
    guard let parent, parent.resolve(name) != nil else { return nil }
    let value = add(name, isDefined: true)
    graph.captures.append(value)
    return value
  }

  private static func required(_ name: String?, _ what: String) throws -> String {
    guard let name, !name.isEmpty else { throw CompileError("missing-name", "\(what) has no name") }
    return name
  }

  private static func firstDuplicate(_ names: [String]) -> String? {
    // Nodes have a handful of attributes: no set is built for the usual case.
    if names.count < 16 {
      for (index, name) in names.enumerated() {
        if names[..<index].contains(where: { ExactName($0) == ExactName(name) }) { return name }
      }
      return nil
    }
    var seen: Set<ExactName> = []
    return names.first { !seen.insert(ExactName($0)).inserted }
  }
}
