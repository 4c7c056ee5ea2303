extension Model {
  /// The network as text, for people and for comparisons: one line a value or node, weights as type and shape alone.
  ///
  ///     model ir 8, ai.onnx 17
  ///     graph main
  ///       input image: float[batch, 3, 32, 32]
  ///       constant conv1.weight: float[16, 3, 3, 3]
  ///       conv1 = Conv(image, conv1.weight) {pads = [1, 1, 1, 1]} -> features: float[batch, 16, 32, 32]
  ///       output logits: float[batch, 10]
  ///
  /// - Parameters:
  ///   - fact: what is known of a value of the main graph, written where a node computes it; nil leaves it out.
  ///   - digest: a word on a tensor's elements, appended to its line; nil leaves it out.
  package func text(
    fact: @escaping (ValueID) -> ValueFact? = { _ in nil },
    digest: @escaping (Tensor) -> String? = { _ in nil }
  ) -> String {
    let opsets = opsetImports.map {
      "\($0.domain.flatMap { $0.isEmpty ? nil : $0 } ?? "ai.onnx") \($0.version)"
    }
    var writer = GraphText(fact: fact, digest: digest)
    writer.add("model ir \(irVersion), \(opsets.joined(separator: ", "))")
    for function in functions { writer.add("function \(function.identifier)") }
    writer.add(graph, indent: 0, isMain: true)
    for entry in metadata { writer.add("metadata \(entry.key ?? "") = \(entry.value ?? "")") }
    return writer.lines.joined(separator: "\n") + "\n"
  }
}

private struct GraphText {
  private(set) var lines: [String] = []
  let fact: (ValueID) -> ValueFact?
  let digest: (Tensor) -> String?

  init(fact: @escaping (ValueID) -> ValueFact?, digest: @escaping (Tensor) -> String?) {
    self.fact = fact
    self.digest = digest
  }

  mutating func add(_ line: String, indent: Int = 0) {
    lines.append(String(repeating: " ", count: indent) + line)
  }

  mutating func add(_ graph: Graph, indent: Int, isMain: Bool = false) {
    add("graph \(graph.name ?? "")", indent: indent)
    let inner = indent + 2
    for input in graph.inputs { add("input \(graph[input.value].name): \(type(input.type))", indent: inner) }
    for input in graph.opened.inputs {
      add("body input \(graph[input.value].name): \(type(input.type))", indent: inner)
    }
    for id in graph.captures { add("capture \(graph[id].name)", indent: inner) }
    for id in graph.initializers {
      guard let tensor = graph[id].initializer else { continue }
      add("constant \(graph[id].name): \(text(tensor))", indent: inner)
    }
    for sparse in graph.sparseInitializers {
      add("sparse \(sparse.values?.name ?? ""): [\(list(sparse.dims))]", indent: inner)
    }
    for node in graph.nodes { add(node, graph, indent: inner, isMain: isMain) }
    for output in graph.outputs {
      add("output \(graph[output.value].name): \(type(output.type))", indent: inner)
    }
  }

  private mutating func add(_ node: Node, _ graph: Graph, indent: Int, isMain: Bool) {
    func name(_ id: ValueID?) -> String { id.map { graph[$0].name } ?? "_" }
    let inputs = node.inputs.map(name).joined(separator: ", ")
    let outputs = node.outputs.map { id in
      let known = isMain ? id.flatMap(fact) : nil
      return known.map { "\(name(id)): \(text($0))" } ?? name(id)
    }
    let domain = node.canonicalDomain.isEmpty ? "" : node.canonicalDomain + "."
    var line = node.name.map { $0.isEmpty ? "" : "\($0) = " } ?? ""
    line += "\(domain)\(node.opType)(\(inputs))"
    let attributes = node.attributes.map { "\($0.name) = \(text($0.value))" }
    if !attributes.isEmpty { line += " {\(attributes.joined(separator: ", "))}" }
    add(line + " -> \(outputs.joined(separator: ", "))", indent: indent)
    for body in node.subgraphs { add(body, indent: indent + 2) }
  }

  private func list<Element: CustomStringConvertible>(_ values: [Element]) -> String {
    values.map(\.description).joined(separator: ", ")
  }

  private func type(_ declared: DeclaredType?) -> String {
    guard let declared else { return "?" }
    guard case .tensor(let tensor) = declared.kind else { return "other" }
    let dims = tensor.dims?.map { dim in
      switch dim.extent {
      case .value(let length): String(length)
      case .parameter(let name): name
      case .unstated: "?"
      }
    }
    return (tensor.elementType?.name ?? "?") + (dims.map { "[\($0.joined(separator: ", "))]" } ?? "")
  }

  /// Lengths of which nothing is known are all alike.
  private func text(_ fact: ValueFact) -> String {
    if let element = fact.element { return "container of \(text(element))" }
    let dims = fact.shape?.map { $0.symbols.contains { $0.contains("?") } ? "?" : $0.description }
    return (fact.elementType?.name ?? "?") + (dims.map { "[\($0.joined(separator: ", "))]" } ?? "")
  }

  /// Small integer tensors are shapes, and shown; of others only type and shape.
  private func text(_ tensor: Tensor) -> String {
    let head = "\(tensor.elementType.name)[\(list(tensor.dims))]"
    if tensor.count <= 16, tensor.elementType == .int64 || tensor.elementType == .int32,
      let integers = tensor.integers
    {
      return "\(head) {\(list(integers))}"
    }
    return digest(tensor).map { "\(head) \($0)" } ?? head
  }

  private func text(_ value: Attribute.Value) -> String {
    switch value {
    case .float(let number): "\(number)"
    case .int(let number): "\(number)"
    case .string(let bytes): "\"\(String(decoding: bytes, as: UTF8.self))\""
    case .tensor(let tensor): text(tensor)
    case .graph: "graph"
    case .sparseTensor(let tensor): "sparse[\(list(tensor.dims))]"
    case .floats(let numbers): "[\(list(numbers))]"
    case .ints(let numbers): "[\(list(numbers))]"
    case .strings(let strings):
      "[\(strings.map { "\"\(String(decoding: $0, as: UTF8.self))\"" }.joined(separator: ", "))]"
    case .tensors(let tensors): "[\(tensors.map(text).joined(separator: ", "))]"
    case .graphs(let graphs): "\(graphs.count) graphs"
    case .sparseTensors(let tensors): "\(tensors.count) sparse tensors"
    case .reference(let name, _): "@\(name)"
    case .other(let message): "\(message.bytes.count) bytes"
    }
  }
}
