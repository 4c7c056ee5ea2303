/// Who makes and who reads each value: an index of one state of a graph, built in one walk.
package struct GraphIndex: Sendable {
  /// An input slot of a node.
  package struct Use: Sendable, Equatable {
    package let node: Int
    package let input: Int
  }

  /// Position in ``Graph/nodes`` of the node that computes each value; nil for inputs and initializers.
  package let producer: [Int?]
  /// Positions of the nodes that read each value, in order, with the input that does.
  package let uses: [[Use]]
  /// Values of this graph that bodies of control-flow nodes read by name, with the position of such a node.
  package let captured: [ValueID: Int]
  package let outputs: Set<ValueID>

  package init(_ graph: Graph) {
    var producer = [Int?](repeating: nil, count: graph.values.count)
    var uses = [[Use]](repeating: [], count: graph.values.count)
    var captured: [ValueID: Int] = [:]
    var names: [String: ValueID]?
    for (position, node) in graph.nodes.enumerated() {
      for case let output? in node.outputs { producer[output.index] = position }
      for (index, input) in node.inputs.enumerated() {
        if let input { uses[input.index].append(Use(node: position, input: index)) }
      }
      for body in node.subgraphs {
        if names == nil { names = graph.valuesByName }
        for capture in body.captures {
          if let value = names?[body[capture].name] { captured[value] = captured[value] ?? position }
        }
      }
    }
    self.producer = producer
    self.uses = uses
    self.captured = captured
    outputs = Set(graph.outputs.map(\.value))
  }
}

extension Graph {
  package var valuesByName: [String: ValueID] {
    Dictionary(values.indices.map { (values[$0].name, ValueID($0)) }, uniquingKeysWith: { first, _ in first })
  }
}

extension Graph {
  /// The constants that the file stores: initializers, and the tensors of `Constant` nodes.
  package var constants: [ValueID: Tensor] {
    var result: [ValueID: Tensor] = [:]
    for id in initializers { result[id] = self[id].initializer }
    for node in nodes where node.isConstant {
      guard case .tensor(let tensor)? = node.attribute("value")?.value, let output = node.outputs.first ?? nil
      else { continue }
      result[output] = tensor
    }
    return result
  }

  /// Gives a stored constant other elements, wherever the file has it.
  package mutating func setConstant(_ id: ValueID, _ tensor: Tensor, producer: Int?) {
    guard let producer else {
      self[id].initializer = tensor
      return
    }
    for index in nodes[producer].attributes.indices where nodes[producer].attributes[index].name == "value" {
      nodes[producer].attributes[index].value = .tensor(tensor)
    }
  }
}

extension Node {
  package var isConstant: Bool { opType == "Constant" && canonicalDomain.isEmpty }
}
