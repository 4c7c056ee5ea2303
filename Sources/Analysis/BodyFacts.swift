import GraphIR

extension GraphFacts {
  /// The node with bodies that say what their outputs are, as far as it can be inferred.
  ///
  /// A body that contradicts itself is left as it is: whoever runs the network will say so.
  func statingBodies(of node: Node, _ model: Model, _ registry: OperatorRegistry) -> Node {
    var node = node
    var outer: [String: ValueID]?
    for index in node.attributes.indices {
      guard case .graph(var body) = node.attributes[index].value else { continue }
      let names = outer ?? model.graph.valuesByName
      outer = names
      var given: [ValueID: ValueFact] = [:]
      for id in body.captures {
        if let value = names[body[id].name] { given[id] = values[value.index] }
      }
      for (position, input) in body.inputs.enumerated() where input.type?.tensor?.elementType == nil {
        // What Loop and Scan carry on keeps its type; its shape may change.
        guard node.inputs.indices.contains(position), let value = node.inputs[position] else { continue }
        given[input.value] = ValueFact(elementType: values[value.index].elementType)
      }
      var inner = Model(irVersion: model.irVersion, opsetImports: model.opsetImports, graph: body)
      inner.functions = model.functions
      guard let facts = try? GraphFacts(of: inner, registry: registry, inputShapes: [:], given: given) else {
        continue
      }
      for position in body.outputs.indices {
        let fact = facts[body.outputs[position].value]
        guard fact.elementType != nil || fact.shape != nil else { continue }
        body.outputs[position].type = DeclaredType(.tensor(fact.declared))
      }
      node.attributes[index].value = .graph(body)
    }
    return node
  }
}

extension ValueFact {
  /// The type as a file would state it.
  fileprivate var declared: DeclaredTensorType {
    DeclaredTensorType(
      elementTypeNumber: elementType?.rawValue,
      dims: shape?.map { length in
        if let known = length.known { return DeclaredDimension(.value(Int64(known))) }
        let isName = length.coefficient == 1 && length.symbols.count == 1 && !length.symbols[0].contains("?")
        return DeclaredDimension(isName ? .parameter(length.symbols[0]) : .unstated)
      })
  }
}
