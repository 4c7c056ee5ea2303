import Analysis
import GraphIR

extension Compilation {
  /// The present model with its bodies where the file has them.
  package var closedModel: Model {
    var model = model
    if !model.graph.opened.bodies.isEmpty {
      var closer = BodyCloser(model.graph, facts)
      model.graph = closer.closed()
    }
    return model
  }
}

/// Puts nodes, constants and stated types back into the bodies that they were lifted from.
private struct BodyCloser {
  private let graph: Graph
  private let facts: GraphFacts?
  private let opened: OpenedBodies
  /// By body, and at the end the graph's own.
  private var nodes: [[Node]]
  private var bodiesOfOwner: [NodeID: [Int]] = [:]
  /// Index of the body that a value belongs to.
  private var bodyOfValue: [ValueID: Int] = [:]
  /// What the file calls the values of bodies.
  private var fileNames: [ValueID: String] = [:]
  private var closedBodies: [Int: Graph] = [:]
  /// Values from around each body that it reads.
  private var captures: [Int: [ValueID]] = [:]

  init(_ graph: Graph, _ facts: GraphFacts?) {
    self.graph = graph
    self.facts = facts
    opened = graph.opened
    nodes = [[Node]](repeating: [], count: opened.bodies.count + 1)
    for (index, body) in opened.bodies.enumerated() {
      bodiesOfOwner[body.owner, default: []].append(index)
      let captured = Set(body.graph.captures)
      for (inner, value) in body.values.enumerated() where !captured.contains(ValueID(inner)) {
        bodyOfValue[value] = index
        fileNames[value] = body.graph.values[inner].name
      }
    }
    // A node that was added since serves the one behind it, and stands where that one does.
    var body = opened.bodies.count
    for node in graph.nodes.reversed() {
      if node.id.index < opened.nodeIndexLimit {
        body = opened.bodyOfNode[node.id] ?? opened.bodies.count
      }
      nodes[body].append(node)
    }
    for index in nodes.indices { nodes[index].reverse() }
  }

  mutating func closed() -> Graph {
    for index in opened.bodies.indices.reversed() { close(index) }
    var result = graph
    result.nodes = nodes[opened.bodies.count].map(withBodies)
    result.initializers.removeAll { bodyOfValue.keys.contains($0) }
    result.valueInfos.removeAll { bodyOfValue.keys.contains($0.value) }
    result.opened = OpenedBodies()
    return result
  }

  /// The control-flow node as the file has it, with its bodies as they are now.
  private func withBodies(_ node: Node) -> Node {
    guard let count = opened.inputCounts[node.id] else { return node }
    var node = node
    node.inputs = Array(node.inputs.prefix(count))
    var lists: [Int: [Graph]] = [:]
    for index in bodiesOfOwner[node.id] ?? [] {
      guard let body = closedBodies[index] else { continue }
      let attribute = opened.bodies[index].attribute
      if opened.bodies[index].position == nil {
        node.attributes[attribute].value = .graph(body)
      } else {
        lists[attribute, default: []].append(body)
      }
    }
    for (attribute, bodies) in lists { node.attributes[attribute].value = .graphs(bodies) }
    return node
  }

  private mutating func close(_ index: Int) {
    let body = opened.bodies[index]
    var result = body.graph
    var ids: [ValueID: ValueID] = [:]
    for (inner, value) in body.values.enumerated() { ids[value] = ValueID(inner) }
    var read = body.graph.captures.map { body.values[$0.index] }
    func name(_ value: ValueID) -> String { fileNames[value] ?? graph[value].name }
    func own(_ value: ValueID) -> ValueID {
      if let id = ids[value] { return id }
      let id = result.addValue(name(value))
      ids[value] = id
      return id
    }
    func known(_ value: ValueID) -> ValueID {
      if let id = ids[value] { return id }
      let id = own(value)
      result.captures.append(id)
      read.append(value)
      return id
    }
    result.nodes = nodes[index].map { node in
      for inner in bodiesOfOwner[node.id] ?? [] { for value in captures[inner] ?? [] { _ = known(value) } }
      var node = withBodies(node).renumbered(result.makeNodeID())
      node.inputs = node.inputs.map { $0.map(known) }
      node.outputs = node.outputs.map { $0.map(own) }
      return node
    }
    let alive = Set(graph.initializers)
    result.initializers.removeAll { !alive.contains(body.values[$0.index]) }
    for id in body.graph.initializers { result[id].initializer = graph[body.values[id.index]].initializer }
    result.valueInfos.removeAll { bodyOfValue[body.values[$0.value.index]] == index }
    for var info in graph.valueInfos where bodyOfValue[info.value] == index {
      info.value = own(info.value)
      result.valueInfos.append(info)
    }
    for output in result.outputs.indices { restate(&result.outputs[output], body) }
    closedBodies[index] = result
    captures[index] = read
  }

  /// Brings the lengths up to date that a body states of what it gives out.
  private func restate(_ info: inout ValueInfo, _ body: OpenedBodies.Body) {
    guard case .tensor(var type)? = info.type?.kind, let facts, body.values.indices.contains(info.value.index)
    else { return }
    let fact = facts[body.values[info.value.index]]
    for axis in type.dims?.indices ?? 0..<0 {
      guard case .value? = type.dims?[axis].extent, let length = fact.dimension(axis)?.known else { continue }
      type.dims?[axis].extent = .value(Int64(length))
    }
    info.type?.kind = .tensor(type)
  }
}
