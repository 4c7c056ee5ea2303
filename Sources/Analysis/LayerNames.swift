import GraphIR

/// How people name the layers that a weight belongs to: by the nodes that use it.
///
/// Nodes that only make one constant of another, such as a Transpose of weights, are looked through.
struct LayerNames: Sendable {
  private let graph: Graph
  /// By value: positions in ``Graph/nodes`` of the nodes that read each constant; ascending.
  private var readers: [[Int]]
  /// By position: the constant that a node makes of constants, where somebody reads it.
  private var results: [ValueID?]
  /// By value: position of the first node that uses each constant.
  private var first: [Int?]

  init(_ graph: Graph, _ facts: GraphFacts) {
    self.graph = graph
    readers = [[Int]](repeating: [], count: graph.values.count)
    first = [Int?](repeating: nil, count: graph.values.count)
    results = graph.nodes.map { node in
      facts.isDerived(node) ? node.outputs.lazy.compactMap { $0 }.first : nil
    }
    for (position, node) in graph.nodes.enumerated() {
      for case let input? in node.inputs
      where facts[input].isConstant && readers[input.index].last != position {
        readers[input.index].append(position)
      }
    }
    for (position, node) in graph.nodes.enumerated().reversed() {
      if let result = results[position], readers[result.index].isEmpty { results[position] = nil }
      let use = results[position].flatMap { first[$0.index] } ?? position
      for case let input? in node.inputs where facts[input].isConstant {
        first[input.index] = min(use, first[input.index] ?? use)
      }
    }
  }

  /// The layer's place in the graph; values that no node uses come last.
  func position(of tensor: ValueID) -> Int { first[tensor.index] ?? graph.nodes.count }

  /// The name of the first layer that uses a weight; the tensor's own if the node has none.
  func layer(of tensor: ValueID) -> String {
    guard let position = first[tensor.index], let name = graph.nodes[position].name, !name.isEmpty else {
      return graph.fileName(of: tensor)
    }
    return name
  }

  /// Every name that a layer with this weight goes by: of all nodes that use it, and of the tensor. A node without a
  /// name goes by that of its first output, as reports have it.
  func names(of tensor: ValueID) -> [String] {
    var users: Set<Int> = []
    var open = [tensor]
    var seen: Set<ValueID> = [tensor]
    while let value = open.popLast() {
      for position in readers[value.index] {
        if let result = results[position] {
          if seen.insert(result).inserted { open.append(result) }
        } else {
          users.insert(position)
        }
      }
    }
    return users.sorted().map { graph.title(of: graph.nodes[$0]) } + [graph.fileName(of: tensor)]
  }
}

extension Graph {
  /// What reports call a node: its name, or that of its first output where it has none.
  package func title(of node: Node) -> String {
    if let name = node.name, !name.isEmpty { return name }
    return node.outputs.lazy.compactMap { $0 }.first.map { fileName(of: $0) } ?? ""
  }
}

extension ValueFact {
  /// Stored, as a default that callers may replace is too, or computed from what is stored.
  fileprivate var isConstant: Bool { isConstantDerived || constant != nil }
}
