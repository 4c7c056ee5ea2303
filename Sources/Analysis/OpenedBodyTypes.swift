import GraphIR

/// What files say of the values that go in and out of bodies, for bodies that are open (``OpenedBodies``).
struct OpenedBodyTypes {
  /// By the first node of a body that carries values from one run to the next: its inputs, with what they begin as.
  private var carried: [NodeID: [(input: ValueID, start: ValueID)]] = [:]
  /// Types that Loop and Scan state for what their bodies give out, which no removal changes.
  private(set) var outputs: [ValueID: DeclaredTensorType] = [:]

  init(_ graph: Graph) {
    guard !graph.opened.bodies.isEmpty else { return }
    let owners = Dictionary(
      graph.nodes.filter { graph.opened.inputCounts[$0.id] != nil }.map { ($0.id, $0) },
      uniquingKeysWith: { first, _ in first })
    var firstNodes: [Int: NodeID] = [:]
    for node in graph.nodes {
      if let body = graph.opened.bodyOfNode[node.id], firstNodes[body] == nil { firstNodes[body] = node.id }
    }
    for (index, body) in graph.opened.bodies.enumerated() {
      guard let owner = owners[body.owner], owner.opType == "Loop" || owner.opType == "Scan" else { continue }
      for output in body.graph.outputs {
        if let type = output.type?.tensor { outputs[body.values[output.value.index]] = type }
      }
      guard let first = firstNodes[index] else { continue }
      for (position, input) in body.graph.inputs.enumerated() where owner.inputs.indices.contains(position) {
        guard let start = owner.inputs[position] else { continue }
        carried[first, default: []].append((body.values[input.value.index], start))
      }
    }
  }

  /// Gives the inputs of the body that begins with `node` the element types of what they begin as, where the file states
  /// none: a run may change shapes, but no types.
  func begin(_ node: Node, _ values: inout [ValueFact]) {
    for (input, start) in carried[node.id] ?? [] where values[input.index].elementType == nil {
      values[input.index].elementType = values[start.index].elementType
    }
  }
}
