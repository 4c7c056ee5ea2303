/// Who makes and who reads each value: an index of one state of a graph, built in one walk.
package struct GraphIndex: Sendable {
  /// An input slot of a node.
  package struct Use: Sendable, Equatable {
    package let node: Int
    package let input: Int
  }

  private let producers: [Int?]
  private let readers: [[Use]]
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
    producers = producer
    readers = uses
    self.captured = captured
    outputs = Set(graph.outputs.map(\.value))
  }

  /// Position in ``Graph/nodes`` of the node that computes a value; nil for inputs, initializers, and what was added since.
  package func producer(of id: ValueID) -> Int? {
    producers.indices.contains(id.index) ? producers[id.index] : nil
  }

  /// The nodes that read a value, in order, each with the input that does; none of a value that was added since.
  package func uses(of id: ValueID) -> [Use] { readers.indices.contains(id.index) ? readers[id.index] : [] }
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
      if let tensor = node.constantTensor, let output = node.outputs.first ?? nil { result[output] = tensor }
    }
    return result
  }

  /// Gives a stored constant other elements, wherever the file has it.
  package mutating func setConstant(_ id: ValueID, _ tensor: Tensor, producer: Int?) {
    if let producer { nodes[producer].setConstantTensor(tensor) } else { self[id].initializer = tensor }
  }
}

extension Node {
  package var isConstant: Bool { opType == "Constant" && canonicalDomain.isEmpty }

  /// What a `Constant` node holds, as a tensor; nil for strings and sparse values.
  package var constantTensor: Tensor? {
    for attribute in attributes {
      switch (attribute.name, attribute.value) {
      case ("value", .tensor(let tensor)): return tensor
      case ("value_floats", .floats(let values)): return Tensor(.float, values, dims: [values.count])
      case ("value_ints", .ints(let values)): return Tensor(.int64, values, dims: [values.count])
      case ("value_float", .float(let value)): return Tensor(.float, [value], dims: [])
      case ("value_int", .int(let value)): return Tensor(.int64, [value], dims: [])
      default: continue
      }
    }
    return nil
  }

  /// Gives a `Constant` node other elements, in the form that it has them in.
  package mutating func setConstantTensor(_ tensor: Tensor) {
    for index in attributes.indices {
      switch attributes[index].value {
      case .tensor where attributes[index].name == "value": attributes[index].value = .tensor(tensor)
      case .floats: attributes[index].value = .floats(tensor.bytes?.elements(as: Float.self) ?? [])
      case .ints: attributes[index].value = .ints(tensor.bytes?.elements(as: Int64.self) ?? [])
      case .float: attributes[index].value = .float(tensor.bytes?.elements(as: Float.self).first ?? 0)
      case .int: attributes[index].value = .int(tensor.bytes?.elements(as: Int64.self).first ?? 0)
      default: continue
      }
    }
  }
}

extension Tensor {
  /// A tensor whose elements are at hand; nil where there is no memory for them.
  fileprivate init?<Element: BitwiseCopyable>(_ type: ElementType, _ values: [Element], dims: [Int]) {
    guard let bytes = try? Bytes(copying: values) else { return nil }
    self.init(elementType: type, dims: dims, payload: .raw(bytes))
  }
}
