import GraphIR

/// What is known of every value of a graph before anything runs: types, symbolic shapes, contents of shape
/// computations, constants; and the decoded operator of every node that the registry knows.
///
/// One walk in node order. Where inference knows less than the file states, the file is believed; where it knows
/// better, a stale `value_info` is ignored.
///
/// Passes edit graphs, and facts are those of one state of a graph. So values and nodes are asked for by their ids,
/// which are never reused, and a node is what it was when it was inferred: ``signature(of:)`` speaks of the operands that
/// it had then. What another state of the graph added is unknown here.
package struct GraphFacts: Sendable {
  /// By ``ValueID``.
  package private(set) var values: [ValueFact]
  /// By ``NodeID``; nil for a node that was not inferred.
  private var nodes: [InferredNode?]

  /// A node as it was inferred.
  private struct InferredNode {
    /// Nil where the registry does not know it.
    var known: (any Operator)?
    var inputs: [ValueID?]
    var outputs: [ValueID?]
  }
  /// Why weights that are computed from constants have to stay as they are; `fold-constants`.
  package var fixedWeights: [ValueID: String] = [:]

  /// - Parameter inputShapes: lengths for graph inputs whose dims the file leaves open, by input name.
  /// - Throws: `shape-mismatch` and the like where a node contradicts its operator's rules, with the node named;
  ///   `input-shape` where `inputShapes` does not fit the model.
  package init(of model: Model, registry: OperatorRegistry, inputShapes: [String: [Int]] = [:]) throws {
    try self.init(of: model, registry: registry, inputShapes: inputShapes, given: [:])
  }

  /// - Parameter given: what is known of values that the graph reads from outside, or of which it does not say enough.
  init(
    of model: Model, registry: OperatorRegistry, inputShapes: [String: [Int]], given: [ValueID: ValueFact]
  ) throws {
    let graph = model.graph
    values = [ValueFact](repeating: .unknown, count: graph.values.count)
    nodes = [InferredNode?](repeating: nil, count: graph.nodeIndexLimit)
    let bodyTypes = OpenedBodyTypes(graph)
    let declared = Self.declaredTypes(graph).merging(bodyTypes.outputs) { stated, _ in stated }
    for input in graph.inputs + graph.opened.inputs {
      values[input.value.index] = try Self.fact(ofInput: input, named: graph[input.value].name, inputShapes)
    }
    try Self.checkNames(inputShapes, graph)
    let overridable = model.overridableInitializers
    for id in graph.initializers {
      guard let tensor = graph[id].initializer else { continue }
      values[id.index] = Self.fact(of: tensor, at: id)
      values[id.index].isConstantDerived = !overridable.contains(id)
    }
    for (id, fact) in given { values[id.index] = fact }
    for node in graph.nodes {
      bodyTypes.begin(node, &values)
      do {
        let stated = node.subgraphs.isEmpty ? node : statingBodies(of: node, model, registry)
        try infer(node, try registry.decode(stated, in: model), model, declared)
      } catch  where graph.opened.bodyOfNode[node.id] != nil {
        // Exporters leave branches in that are never taken, and that contradict the shapes around them.
        try infer(node, nil, model, declared)
      }
    }
  }

  /// What is known of a value; nothing of one that was added since.
  package subscript(id: ValueID) -> ValueFact {
    values.indices.contains(id.index) ? values[id.index] : .unknown
  }

  /// The decoded operator of a node; nil where the registry does not know it, or the node was added since.
  package func known(_ id: NodeID) -> (any Operator)? { inferred(id)?.known }

  /// What is known of the operands that the node had when it was inferred, and of its results. Of a node that was added
  /// since, there are none.
  package func signature(of id: NodeID) -> Signature {
    guard let node = inferred(id) else { return Signature(inputs: [], outputs: []) }
    return Signature(
      inputs: node.inputs.map { $0.map { self[$0] } }, outputs: node.outputs.map { $0.map { self[$0] } })
  }

  private func inferred(_ id: NodeID) -> InferredNode? {
    nodes.indices.contains(id.index) ? nodes[id.index] : nil
  }

  /// Whether the node computes a constant from constants: a transposed or cast weight, say.
  package func isDerived(_ node: Node) -> Bool {
    node.outputs.contains { $0.map { self[$0].isConstantDerived } ?? false }
  }

  /// Takes over a constant that was added or changed.
  package mutating func setConstant(_ id: ValueID, _ tensor: Tensor) {
    var fact = Self.fact(of: tensor, at: id)
    fact.isConstantDerived = true
    set(fact, id)
  }

  /// Takes over a shape that is known better than by inference.
  package mutating func setShape(_ id: ValueID, _ shape: [Dimension]) {
    var fact = self[id]
    fact.shape = shape
    set(fact, id)
  }

  /// Takes over other operands of a node, of which the same is known as of those that it had.
  package mutating func setInputs(of node: Node) {
    guard nodes.indices.contains(node.id.index) else { return }
    nodes[node.id.index]?.inputs = node.inputs
  }

  private mutating func set(_ fact: ValueFact, _ id: ValueID) {
    let missing = id.index + 1 - values.count
    if missing > 0 { values += repeatElement(.unknown, count: missing) }
    values[id.index] = fact
  }

  private mutating func set(_ node: InferredNode, _ id: NodeID) {
    let missing = id.index + 1 - nodes.count
    if missing > 0 { nodes += repeatElement(nil, count: missing) }
    nodes[id.index] = node
  }

  /// Infers one node anew, from the facts that its inputs have now.
  package mutating func infer(
    _ node: Node, _ decoded: (any Operator)?, _ model: Model, _ declared: [ValueID: DeclaredTensorType] = [:]
  ) throws {
    set(InferredNode(known: decoded, inputs: node.inputs, outputs: node.outputs), node.id)
    let inputs = node.inputs.map { $0.map { self[$0] } }
    var results = [ValueFact](repeating: .unknown, count: node.outputs.count)
    if let decoded {
      let label = node.outputs.lazy.compactMap(\.self).first.map { model.graph[$0].name } ?? ""
      let operands = Operands(
        inputs, outputCount: node.outputs.count,
        opsetVersion: model.opsetVersion(domain: node.canonicalDomain) ?? 1, label: label)
      do { results = try decoded.inferFacts(operands) } catch {
        throw (error as? CompileError)?.at(node.label) ?? error
      }
    }
    let isConstantDerived =
      decoded != nil && node.subgraphs.isEmpty
      && (inputs.isEmpty ? node.opType == "Constant" : inputs.allSatisfy { $0?.isConstantDerived ?? true })
    for (position, output) in node.outputs.enumerated() {
      guard let output else { continue }
      var fact = results.indices.contains(position) ? results[position] : .unknown
      if fact.constant != nil, let content = fact.content {
        fact.content = content.indices.map {
          ContentElement(content[$0].value, source: .init(value: output, index: $0))
        }
      } else if fact.content?.count ?? 0 > ValueFact.computedContentLimit {
        fact.content = nil
      }
      fact.isConstantDerived = isConstantDerived
      fact = Self.merge(fact, declared[output])
      if fact.rank ?? 0 > Tensor.rankLimit { fact.shape = nil }
      set(fact, output)
    }
  }

  // MARK: - Where facts begin

  /// An initializer's or Constant's fact, with the integers read where there are few.
  private static func fact(of tensor: Tensor, at id: ValueID) -> ValueFact {
    var fact = ValueFact(elementType: tensor.elementType, shape: tensor.dims.map { Dimension($0) })
    fact.constant = tensor
    if tensor.count <= ValueFact.contentLimit, let integers = tensor.integers {
      fact.content = integers.indices.map {
        ContentElement(Dimension(integers[$0]), source: .init(value: id, index: $0))
      }
    }
    return fact
  }

  private static func fact(
    ofInput input: ValueInfo, named name: String, _ inputShapes: [String: [Int]]
  ) throws -> ValueFact {
    guard let type = input.type?.tensor else { return .unknown }
    var fact = ValueFact(elementType: type.elementType)
    fact.shape = type.dims?.enumerated().map { axis, dim in
      switch dim.extent {
      case .value(let length) where length >= 0: Dimension(Int(length))
      case .parameter(let parameter): Dimension(symbol: parameter)
      // PaddlePaddle's exporter writes -1 for a length that is open.
      case .value, .unstated: Dimension(symbol: "?\(name).\(axis)")
      }
    }
    if fact.rank ?? 0 > Tensor.rankLimit { fact.shape = nil }
    guard let lengths = inputShapes[name] else { return fact }
    if let shape = fact.shape {
      let fits =
        shape.count == lengths.count && zip(shape, lengths).allSatisfy { $0.known == nil || $0.known == $1 }
      guard fits else {
        let stated = shape.map(\.description).joined(separator: ",")
        throw CompileError(
          "input-shape", "--input-shape gives '\(name)' \(lengths), but the model states [\(stated)]",
          exit: .usage)
      }
    }
    fact.shape = lengths.map { Dimension($0) }
    return fact
  }

  private static func checkNames(_ inputShapes: [String: [Int]], _ graph: Graph) throws {
    if inputShapes.isEmpty { return }
    let names = graph.inputs.map { graph[$0.value].name }
    let known = Set(names)
    for name in inputShapes.keys.sorted() where !known.contains(name) {
      throw CompileError(
        "input-shape", "--input-shape names '\(name)', which is no input of the model", exit: .usage,
        hint: "its inputs are \(names.joined(separator: ", "))")
    }
  }

  private static func declaredTypes(_ graph: Graph) -> [ValueID: DeclaredTensorType] {
    var types: [ValueID: DeclaredTensorType] = [:]
    for info in graph.valueInfos + graph.outputs {
      if let type = info.type?.tensor { types[info.value] = type }
    }
    return types
  }

  /// Fills in from the file what inference left open; never overrules it.
  private static func merge(_ inferred: ValueFact, _ declared: DeclaredTensorType?) -> ValueFact {
    guard let declared else { return inferred }
    var fact = inferred
    fact.elementType = fact.elementType ?? declared.elementType
    guard let dims = declared.dims else { return fact }
    guard let shape = fact.shape else {
      if dims.allSatisfy(\.isStated) { fact.shape = dims.map(dimension) }
      return fact
    }
    guard shape.count == dims.count else { return fact }
    fact.shape = zip(shape, dims).map { known, stated in
      let isOpen = known.symbols.count == 1 && known.coefficient == 1 && known.symbols[0].hasPrefix("?")
      return isOpen && stated.isStated ? dimension(stated) : known
    }
    return fact
  }

  private static func dimension(_ declared: DeclaredDimension) -> Dimension {
    switch declared.extent {
    case .value(let length): Dimension(Int(length))
    case .parameter(let name): Dimension(symbol: name)
    case .unstated: Dimension(symbol: "?")
    }
  }
}
