import GraphIR

/// Replaces calls of local functions by their nodes, from the outermost call inwards.
struct FunctionInliner {
  private let source: Model
  private let functions: [FunctionIdentifier: LocalFunction]
  private var opsetImports: [OpsetImport]
  private var valueNames: UniqueNames
  private var nodeNames: UniqueNames
  /// Nodes that may still be looked at, and bytes of constants that they may store.
  private var budget: (nodes: Int, bytes: Int)
  /// Why calls stay, by function.
  private(set) var refusals: [FunctionIdentifier: String] = [:]
  private(set) var callCount = 0

  private let limit: (nodes: Int, bytes: Int)

  init(_ model: Model) {
    source = model
    functions = Dictionary(
      model.functions.map { ($0.identifier, $0) }, uniquingKeysWith: { first, _ in first })
    opsetImports = model.opsetImports
    valueNames = UniqueNames(ofValuesIn: model.graph)
    nodeNames = UniqueNames(ofNodesIn: model.graph)
    limit = Self.limit(of: model)
    budget = limit
  }

  /// Functions that call others twice, and those again, grow without bounds, and a constant in a function is one more
  /// at each call. Networks of repeated layers have what a file of their size can be expected to describe.
  private static func limit(of model: Model) -> (nodes: Int, bytes: Int) {
    var nodes = 0
    var bytes = model.graph.initializers.reduce(0) {
      $0 + (model.graph[$1].initializer?.storedByteCount ?? 0)
    }
    for graph in [model.graph] + model.functions.compactMap(\.body?.graph) {
      graph.forEachNode { node in
        nodes += 1
        bytes += node.storedByteCount
      }
    }
    return (1_000 + 20 * nodes + bytes / 4_000, 1 << 22 + 4 * bytes)
  }

  /// The model with its calls inlined; nil where none is.
  mutating func inlined() -> Model? {
    var model = source
    expand(&model.graph)
    guard hasBudget else {
      let much = budget.nodes < 0 ? "\(limit.nodes) nodes" : "\(limit.bytes) bytes of constants"
      for callee in called(by: source.graph) {
        refusals[callee] = "the functions that are called expand to more than \(much)"
      }
      return nil
    }
    guard callCount > 0 else { return nil }
    model.opsetImports = opsetImports
    // training_info is kept serialised: what it calls is not known.
    if source.trainingInfos.isEmpty {
      let (before, after) = (called(by: source.graph), called(by: model.graph))
      model.functions.removeAll { before.contains($0.identifier) && !after.contains($0.identifier) }
    }
    return model
  }

  /// Functions that the graph calls, directly or through others.
  private func called(by graph: Graph) -> Set<FunctionIdentifier> {
    var found: Set<FunctionIdentifier> = []
    var open = [graph]
    while let next = open.popLast() {
      next.forEachNode { node in
        guard let function = functions[node.callee], found.insert(node.callee).inserted else { return }
        if let body = function.body { open.append(body.graph) } else { found.formUnion(functions.keys) }
      }
    }
    return found
  }

  private var hasBudget: Bool { budget.nodes >= 0 && budget.bytes >= 0 }

  private mutating func expand(_ graph: inout Graph) {
    var pending = Array(graph.nodes.reversed())
    graph.nodes = []
    while var node = pending.popLast(), hasBudget {
      budget.nodes -= 1
      budget.bytes -= node.storedByteCount
      if let function = functions[node.callee] {
        if let body = usableBody(of: function, for: node) {
          callCount += 1
          pending += instantiate(body, for: node, in: &graph).reversed()
          continue
        }
      }
      for index in node.attributes.indices {
        node.attributes[index].mapGraphs { expand(&$0) }
      }
      graph.nodes.append(node)
    }
  }

  // MARK: - Whether a call can be inlined

  /// The function's body; nil, with the reason noted, where the call has to stay.
  private mutating func usableBody(of function: LocalFunction, for call: Node) -> FunctionBody? {
    guard let body = function.body, let imports = imports(of: body, function.identifier) else {
      if function.body == nil { refuse(function, "its nodes break the rules of graphs") }
      return nil
    }
    let (inputs, outputs) = (body.graph.inputs, body.graph.outputs)
    guard call.inputs.count <= inputs.count, call.outputs.count <= outputs.count else {
      refuse(function, "\(call.label) has more inputs or outputs than the function")
      return nil
    }
    let omitted = Set(
      inputs.indices.filter { !call.inputs.indices.contains($0) || call.inputs[$0] == nil }
        .map { inputs[$0].value })
    // An omitted input has no name that a body could read it by, or that an output could pass on.
    let needed = Set(GraphIndex(body.graph).captured.keys).union(outputs.map(\.value))
    guard omitted.isDisjoint(with: needed) else {
      refuse(function, "\(call.label) leaves out an input that the function needs by name")
      return nil
    }
    opsetImports += imports
    return body
  }

  private mutating func refuse(_ function: LocalFunction, _ reason: String) {
    refusals[function.identifier] = refusals[function.identifier] ?? reason
  }

  /// Operator sets that the model has to import for the body's nodes; nil where it imports another version.
  private mutating func imports(of body: FunctionBody, _ identifier: FunctionIdentifier) -> [OpsetImport]? {
    var missing: [OpsetImport] = []
    var reason: String?
    body.graph.forEachNode { node in
      let domain = node.canonicalDomain
      guard missing.version(of: domain) == nil else { return }
      let shown = domain.isEmpty ? "ai.onnx" : domain
      guard let wanted = body.opsetImports.version(of: domain) else {
        reason = reason ?? "it imports no version of operator set \(shown)"
        return
      }
      if let present = opsetImports.version(of: domain) {
        if present != wanted, functions[node.callee] == nil {
          reason =
            reason ?? "it is written for version \(wanted) of operator set \(shown), the model for \(present)"
        }
      } else {
        missing.append(OpsetImport(domain: node.domain, version: wanted))
      }
    }
    if let reason { refusals[identifier] = refusals[identifier] ?? reason }
    return reason == nil ? missing : nil
  }

  // MARK: - The nodes of a call

  private mutating func instantiate(_ body: FunctionBody, for call: Node, in graph: inout Graph) -> [Node] {
    let prefix = call.name.flatMap { $0.isEmpty ? nil : $0 } ?? call.firstOutputName(in: graph) ?? call.opType
    var values = [ValueID?](repeating: nil, count: body.graph.values.count)
    var isInput = [Bool](repeating: false, count: body.graph.values.count)
    for (index, input) in body.graph.inputs.enumerated() {
      isInput[input.value.index] = true
      if call.inputs.indices.contains(index) { values[input.value.index] = call.inputs[index] }
    }
    // An output that is an input, or another output too, is handed on by a node of its own.
    var copies: [(from: ValueID, to: ValueID)] = []
    for (formal, actual) in zip(body.graph.outputs.map(\.value), call.outputs) {
      guard let actual else { continue }
      if let present = values[formal.index] {
        copies.append((present, actual))
      } else {
        values[formal.index] = actual
      }
    }
    for value in body.graph.nodes.flatMap(\.outputs).compactMap({ $0 }) where values[value.index] == nil {
      values[value.index] = graph.addValue(valueNames.claim("\(prefix)/\(body.graph[value].name)"))
    }
    state(body.graph, values, isInput, in: &graph)
    let attributes = Dictionary(
      (call.attributes + body.defaults).map { ($0.name, $0) }, uniquingKeysWith: { given, _ in given })
    var scope: [String: String] = [:]
    if body.graph.nodes.contains(where: { !$0.subgraphs.isEmpty }) {
      for (index, value) in values.enumerated() {
        if let value { scope[body.graph.values[index].name] = graph[value].name }
      }
    }
    let site = Site(prefix: prefix, attributes: attributes)
    let nodes = body.graph.nodes.map { node in
      var copy = node.renumbered(graph.makeNodeID())
      copy.inputs = node.inputs.map { $0.flatMap { values[$0.index] } }
      copy.outputs = node.outputs.map { $0.flatMap { values[$0.index] } }
      while copy.inputs.last == .some(nil) { copy.inputs.removeLast() }
      bind(&copy, at: site, scope)
      return copy
    }
    return nodes
      + copies.map { source, result in
        Node(
          id: graph.makeNodeID(), name: nodeNames.claim("\(prefix)/\(graph[result].name)"),
          opType: "Identity",
          inputs: [source], outputs: [result])
      }
  }

  /// Hands on what the function states of its inner values. Names of lengths are the function's own: they may stand
  /// for another length at each call.
  private func state(_ body: Graph, _ values: [ValueID?], _ isInput: [Bool], in graph: inout Graph) {
    let outputs = Set(body.outputs.map(\.value))
    for info in body.valueInfos {
      guard let value = values[info.value.index], !isInput[info.value.index], !outputs.contains(info.value)
      else { continue }
      var info = info
      info.value = value
      if case .tensor(var type)? = info.type?.kind {
        for axis in type.dims?.indices ?? 0..<0 {
          if case .parameter? = type.dims?[axis].extent { type.dims?[axis].extent = .unstated }
        }
        info.type?.kind = .tensor(type)
      }
      graph.valueInfos.append(info)
    }
  }

  /// Where a function is called: what its names begin with, and what its attributes are.
  private struct Site {
    let prefix: String
    let attributes: [String: Attribute]
  }

  /// Gives a function's node its name and attributes at a place of call.
  private mutating func bind(_ node: inout Node, at site: Site, _ scope: [String: String]) {
    if let name = node.name, !name.isEmpty { node.name = nodeNames.claim("\(site.prefix)/\(name)") }
    node.attributes = node.attributes.compactMap { attribute in
      if case .reference(let name, _) = attribute.value {
        var bound = site.attributes[name]
        bound?.name = attribute.name
        bound?.docString = attribute.docString
        return bound
      }
      var attribute = attribute
      attribute.mapGraphs { rename(&$0, at: site, scope) }
      return attribute
    }
  }

  /// Gives the values of a body inside a function names of their own at a place of call.
  ///
  /// - Parameter scope: new names, by old, of what the body sees.
  private mutating func rename(_ body: inout Graph, at site: Site, _ scope: [String: String]) {
    var scope = scope
    let captured = Set(body.captures)
    for index in body.values.indices {
      let (id, name) = (ValueID(index), body.values[index].name)
      if !captured.contains(id) { scope[name] = valueNames.claim("\(site.prefix)/\(name)") }
      body[id].name = scope[name] ?? name
    }
    func renamed(_ name: String?) -> String? { name.map { scope[$0] ?? $0 } }
    body.sparseInitializers = body.sparseInitializers.map { tensor in
      var tensor = tensor
      let name = renamed(tensor.values?.name)
      tensor.values?.name = name
      return tensor
    }
    body.quantizationAnnotations = body.quantizationAnnotations.map { annotation in
      var annotation = annotation
      annotation.tensorName = renamed(annotation.tensorName)
      annotation.parameterTensorNames = annotation.parameterTensorNames.map { entry in
        var entry = entry
        entry.value = renamed(entry.value)
        return entry
      }
      return annotation
    }
    for index in body.nodes.indices { bind(&body.nodes[index], at: site, scope) }
  }
}

extension Node {
  /// Bytes of the numbers and texts in its attributes, less those of bodies.
  fileprivate var storedByteCount: Int {
    attributes.reduce(0) { sum, attribute in
      switch attribute.value {
      case .tensor(let tensor): sum + tensor.storedByteCount
      case .tensors(let tensors): sum + tensors.reduce(0) { $0 + $1.storedByteCount }
      case .string(let text): sum + text.count
      case .strings(let texts): sum + texts.reduce(0) { $0 + $1.count }
      case .floats(let numbers): sum + numbers.count * MemoryLayout<Float>.stride
      case .ints(let numbers): sum + numbers.count * MemoryLayout<Int64>.stride
      default: sum
      }
    }
  }

  func firstOutputName(in graph: Graph) -> String? {
    outputs.lazy.compactMap { $0 }.first.map { graph[$0].name }
  }
}

extension Tensor {
  fileprivate var storedByteCount: Int {
    switch payload {
    case .none: 0
    case .raw(let bytes), .typed(_, let bytes), .external(_, let bytes): bytes.count
    case .strings(let texts): texts.reduce(0) { $0 + $1.count }
    }
  }
}
