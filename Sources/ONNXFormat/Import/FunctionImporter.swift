import COnnx
import GraphIR

/// Reads a model's local functions, after a check that none calls itself (model rules 15 and 16).
///
/// - SeeAlso: <https://onnx.ai/onnx/repo-docs/IR.html#functions>
enum FunctionImporter {
  /// What tells a function from others.
  private struct Identity: Hashable {
    let domain: ExactName
    let name: ExactName
    let overload: ExactName

    init(domain: String?, name: String?, overload: String?) {
      self.domain = ExactName(domain == "ai.onnx" ? "" : domain ?? "")
      self.name = ExactName(name ?? "")
      self.overload = ExactName(overload ?? "")
    }

    var label: String { "function '\(domain.text.isEmpty ? "" : domain.text + ".")\(name.text)'" }
  }

  /// The functions of a model.
  ///
  /// - Throws: `duplicate-name`, `missing-name`, `recursive-function`, `external-place`.
  static func functions(_ proto: Onnx__ModelProto, in context: ImportContext) throws -> [LocalFunction] {
    if proto.n_functions == 0 { return [] }
    let protos = Array(messages(proto.n_functions, proto.functions))
    var indices: [Identity: Int] = [:]
    let identities = protos.map {
      Identity(
        domain: text($0.pointee.domain), name: text($0.pointee.name), overload: text($0.pointee.overload))
    }
    for (index, identity) in identities.enumerated() {
      guard !identity.name.text.isEmpty else { throw CompileError("missing-name", "a function has no name") }
      guard indices.updateValue(index, forKey: identity) == nil else {
        throw CompileError("duplicate-name", "\(identity.label) is defined twice")
      }
    }
    let calls = protos.map { function in
      var called: Set<Int> = []
      collectCalls(messages(function.pointee.n_node, function.pointee.node), indices, into: &called)
      return called.sorted()
    }
    if let caller = firstOnCycle(calls) {
      throw CompileError(
        "recursive-function", "\(identities[caller].label) calls itself, directly or through others")
    }
    return try protos.map { function in
      let name = text(function.pointee.name) ?? ""
      try context.source.refuseExternalData(
        in: function, as: onnx__function_proto__init, "the body of function '\(name)'")
      return LocalFunction(
        identifier: FunctionIdentifier(
          domain: text(function.pointee.domain), name: name, overload: text(function.pointee.overload)),
        message: Serialization.opaque(function), body: try body(function.pointee, in: context))
    }
  }

  /// The body as a graph whose inputs and outputs are the formal parameters; nil where it breaks a rule.
  private static func body(_ function: Onnx__FunctionProto, in context: ImportContext) throws -> FunctionBody?
  {
    let arena = MessageArena()
    func parameters(
      _ names: [String]
    ) -> UnsafeMutablePointer<UnsafeMutablePointer<Onnx__ValueInfoProto>?>? {
      arena.array(names) { name in
        let info = arena.make(onnx__value_info_proto__init)
        info.pointee.name = arena.string(name)
        return info
      }
    }
    let proto = arena.make(onnx__graph_proto__init)
    proto.pointee.n_node = function.n_node
    proto.pointee.node = function.node
    proto.pointee.n_value_info = function.n_value_info
    proto.pointee.value_info = function.value_info
    proto.pointee.n_input = function.n_input
    proto.pointee.input = parameters(strings(function.n_input, function.input))
    proto.pointee.n_output = function.n_output
    proto.pointee.output = parameters(strings(function.n_output, function.output))
    return try withExtendedLifetime(arena) {
      do {
        return FunctionBody(
          graph: try GraphImporter.graph(proto, in: context),
          opsetImports: messages(function.n_opset_import, function.opset_import).map {
            OpsetImport(domain: text($0.pointee.domain), version: $0.pointee.version)
          },
          defaults: try GraphImporter.attributes(
            messages(function.n_attribute_proto, function.attribute_proto), in: context))
      } catch let error as CompileError where error.exit == .rejected { return nil }
    }
  }

  private static func collectCalls(
    _ nodes: some Sequence<UnsafeMutablePointer<Onnx__NodeProto>>, _ indices: [Identity: Int],
    into called: inout Set<Int>
  ) {
    for node in nodes {
      let proto = node.pointee
      let callee = Identity(
        domain: text(proto.domain), name: text(proto.op_type), overload: text(proto.overload))
      if let index = indices[callee] { called.insert(index) }
      for attribute in messages(proto.n_attribute, proto.attribute) {
        let graphs = messages(attribute.pointee.n_graphs, attribute.pointee.graphs)
        for graph in graphs {
          collectCalls(messages(graph.pointee.n_node, graph.pointee.node), indices, into: &called)
        }
        if let graph = attribute.pointee.g?.pointee {
          collectCalls(messages(graph.n_node, graph.node), indices, into: &called)
        }
      }
    }
  }

  /// A function on a cycle of calls or behind one; nil where there is none (Kahn's algorithm, from the leaves).
  private static func firstOnCycle(_ calls: [[Int]]) -> Int? {
    var callers = [[Int]](repeating: [], count: calls.count)
    var open = calls.map(\.count)
    for (caller, callees) in calls.enumerated() { for callee in callees { callers[callee].append(caller) } }
    var ready = open.indices.filter { open[$0] == 0 }
    while let callee = ready.popLast() {
      for caller in callers[callee] {
        open[caller] -= 1
        if open[caller] == 0 { ready.append(caller) }
      }
    }
    return open.firstIndex { $0 > 0 }
  }
}
