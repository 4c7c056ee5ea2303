import GraphIR

/// How people name the layer that a weight belongs to: by the node that uses it first.
struct LayerNames: Sendable {
  private let graph: Graph
  /// Position in ``Graph/nodes`` of the first node that uses each constant, past nodes that only reshape constants.
  private var positions: [Int?]

  init(_ graph: Graph, _ facts: GraphFacts) {
    self.graph = graph
    positions = [Int?](repeating: nil, count: graph.values.count)
    for (position, node) in graph.nodes.enumerated().reversed() {
      let result = node.outputs.lazy.compactMap { $0 }.first
      let isDerived = facts.isDerived(node)
      for case let input? in node.inputs {
        positions[input.index] = isDerived ? result.flatMap { positions[$0.index] } ?? position : position
      }
    }
  }

  /// The layer's place in the graph; values that no node uses come last.
  func position(of tensor: ValueID) -> Int { positions[tensor.index] ?? graph.nodes.count }

  /// The layer's name; the tensor's own if the node has none.
  func layer(of tensor: ValueID) -> String {
    guard let position = positions[tensor.index], let name = graph.nodes[position].name, !name.isEmpty else {
      return graph[tensor].name
    }
    return name
  }
}
