import GraphIR

/// Lifts the nodes of control-flow bodies into the graph around them, so that channels are followed into bodies and
/// removed there. ``Compilation/closedModel`` puts them back.
///
///     before  If(flag) { Conv(x, w) -> r } else { Neg(x) -> s } -> y
///     after   Conv(x, w) -> r;  Neg(x) -> s;  If(flag, r, s) -> y
///
/// Bodies with parts that a graph cannot take over stay closed, and what they read is pinned. Does nothing where no node
/// has a body.
package struct OpenBodies: Pass {
  package static let name = "open-bodies"

  package init() {}

  package func require(_ state: Compilation) throws {}

  package func run(on state: inout Compilation) throws -> PassOutcome {
    guard state.model.graph.nodes.contains(where: { !$0.subgraphs.isEmpty }) else { return .unchanged }
    var opener = BodyOpener(state.model)
    let graph = opener.opened()
    let count = graph.opened.bodies.count
    guard count > state.model.graph.opened.bodies.count else { return .unchanged }
    state.model.graph = graph
    return .changed(detail: "\(count) bodies")
  }

  package func ensure(_ state: Compilation, after before: Compilation) throws {}
}

private struct BodyOpener {
  private let functions: Set<FunctionIdentifier>
  private var graph: Graph
  private var names: UniqueNames
  /// What the names of the graph itself stand for.
  private let scope: [String: ValueID]

  init(_ model: Model) {
    functions = Set(model.functions.map(\.identifier))
    graph = model.graph
    scope = graph.valuesByName
    names = UniqueNames(ofValuesIn: Graph())
    // Names of bodies that stay closed are taken; those of others have to differ only where they stand side by side.
    var others = graph
    others.nodes.removeAll { canOpen($0) { scope.keys.contains($0) } }
    names = UniqueNames(ofValuesIn: others)
  }

  mutating func opened() -> Graph {
    let nodes = graph.nodes
    graph.nodes = []
    append(nodes, of: nil, scope)
    graph.opened.nodeIndexLimit = graph.nodeIndexLimit
    return graph
  }

  /// Whether the node is control flow whose bodies, and theirs, hold nothing but nodes, values and initializers.
  private func canOpen(_ node: Node, _ sees: (String) -> Bool) -> Bool {
    let bodies = node.subgraphs
    guard !bodies.isEmpty, node.canonicalDomain.isEmpty, !functions.contains(node.callee) else {
      return false
    }
    return bodies.allSatisfy { body in
      let inner = body.nodes.filter { !$0.subgraphs.isEmpty }
      let names = inner.isEmpty ? [] : Set(body.values.map(\.name))
      return body.sparseInitializers.isEmpty && body.quantizationAnnotations.isEmpty
        && Set(body.inputs.map(\.value)).isDisjoint(with: body.initializers)
        && body.captures.allSatisfy { sees(body[$0].name) }
        && inner.allSatisfy { canOpen($0) { names.contains($0) } }
    }
  }

  /// - Parameter scope: what the names around the nodes stand for.
  private mutating func append(_ nodes: [Node], of body: Int?, _ scope: [String: ValueID]) {
    for var node in nodes {
      graph.opened.bodyOfNode[node.id] = body
      // Where a body was opened, so were those inside it.
      let isOpen = body != nil || canOpen(node) { scope.keys.contains($0) }
      if !node.subgraphs.isEmpty, isOpen {
        graph.opened.inputCounts[node.id] = node.inputs.count
        for (attribute, value) in node.attributes.enumerated() where !value.graphs.isEmpty {
          var isList = false
          if case .graphs = value.value { isList = true }
          for (position, inner) in value.graphs.enumerated() {
            node.inputs += enter(inner, of: node, attribute, isList ? position : nil, scope)
          }
          node.attributes[attribute].value = .graphs([])
        }
      }
      graph.nodes.append(node)
    }
  }

  /// Lifts one body, and those inside it; returns what it gives out.
  private mutating func enter(
    _ inner: Graph, of owner: Node, _ attribute: Int, _ position: Int?, _ scope: [String: ValueID]
  ) -> [ValueID?] {
    let captured = Set(inner.captures)
    let place = [
      owner.name.flatMap { $0.isEmpty ? nil : $0 } ?? owner.firstOutputName(in: graph) ?? owner.opType,
      owner.attributes[attribute].name,
    ]
    var values: [ValueID] = []
    var innerScope: [String: ValueID] = [:]
    for (index, value) in inner.values.enumerated() {
      let outer = captured.contains(ValueID(index)) ? scope[value.name] : nil
      let id =
        outer
        ?? graph.addValue(
          names.claim(value.name, otherwise: (place + [value.name]).joined(separator: "/")),
          initializer: value.initializer)
      values.append(id)
      innerScope[value.name] = id
    }
    func lifted(_ info: ValueInfo) -> ValueInfo {
      var info = info
      info.value = values[info.value.index]
      return info
    }
    graph.opened.inputs += inner.inputs.map(lifted)
    graph.valueInfos += inner.valueInfos.filter { !captured.contains($0.value) }.map(lifted)
    graph.opened.bodies.append(
      .init(owner: owner.id, attribute: attribute, position: position, graph: inner, values: values))
    let nodes = inner.nodes.map { node in
      var node = node.renumbered(graph.makeNodeID())
      node.inputs = node.inputs.map { $0.map { values[$0.index] } }
      node.outputs = node.outputs.map { $0.map { values[$0.index] } }
      return node
    }
    append(nodes, of: graph.opened.bodies.count - 1, innerScope)
    return inner.outputs.map { values[$0.value.index] }
  }
}
