import GraphIR

/// How people name the layers that a weight belongs to: by the nodes that use it.
struct LayerNames: Sendable {
  private let graph: Graph
  /// By value: positions in ``Graph/nodes`` of the nodes that use each constant, past nodes that only reshape
  /// constants; ascending.
  private var positions: [[Int]]

  init(_ graph: Graph, _ facts: GraphFacts) {
    self.graph = graph
    positions = [[Int]](repeating: [], count: graph.values.count)
    for (position, node) in graph.nodes.enumerated().reversed() {
      let result = node.outputs.lazy.compactMap { $0 }.first
      let users = facts.isDerived(node) ? result.map { positions[$0.index] } ?? [] : [position]
      for case let input? in node.inputs where facts[input].isConstantDerived {
        positions[input.index] = (users.isEmpty ? [position] : users) + positions[input.index]
      }
    }
  }

  /// The layer's place in the graph; values that no node uses come last.
  func position(of tensor: ValueID) -> Int { positions[tensor.index].min() ?? graph.nodes.count }

  /// The name of the first layer that uses a weight; the tensor's own if the node has none.
  func layer(of tensor: ValueID) -> String {
    guard let position = positions[tensor.index].min(), let name = graph.nodes[position].name, !name.isEmpty
    else {
      return graph.fileName(of: tensor)
    }
    return name
  }

  /// Every name that a layer with this weight goes by: of the nodes that use it, and of the tensor.
  func names(of tensor: ValueID) -> [String] {
    let nodes = positions[tensor.index].compactMap { graph.nodes[$0].name }.filter { !$0.isEmpty }
    return nodes + [graph.fileName(of: tensor)]
  }
}
