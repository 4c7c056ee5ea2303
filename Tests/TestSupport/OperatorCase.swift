import GraphIR
import Operators

/// One node with facts about its operands: what its operator infers, ties and mends.
package struct OperatorCase {
  package let opType: String
  package let domain: String
  package let opset: Int
  package let attributes: [Attribute]
  package let known: any Operator
  package let signature: Signature

  /// - Throws: what the operator says of its attributes and operands.
  package init(
    _ opType: String, domain: String = "", opset: Int = 17, _ attributes: [Attribute] = [],
    inputs: [ValueFact?],
    outputs: Int = 1, outputsLeftOut: Set<Int> = []
  ) throws {
    self.opType = opType
    self.domain = domain
    self.opset = opset
    self.attributes = attributes
    let node = Node(
      id: NodeID(0), name: nil, opType: opType, domain: domain,
      inputs: inputs.indices.map { inputs[$0] == nil ? nil : ValueID($0) },
      outputs: (0..<outputs).map { outputsLeftOut.contains($0) ? nil : ValueID(inputs.count + $0) },
      attributes: attributes)
    let model = Model(
      irVersion: 8, opsetImports: [OpsetImport(domain: domain, version: Int64(opset))],
      graph: Graph(name: "case"))
    guard let known = try OperatorRegistry.standard.decode(node, in: model) else {
      throw CompileError("unknown-operator", "\(opType) is in no registry")
    }
    self.known = known
    let operands = Operands(inputs, outputCount: outputs, opsetVersion: opset, label: "y")
    let facts = try known.inferFacts(operands)
    signature = Signature(
      inputs: inputs,
      outputs: (0..<outputs).map { index in
        outputsLeftOut.contains(index) ? nil : facts.indices.contains(index) ? facts[index] : .unknown
      })
  }

  package var output: ValueFact { signature.output(0) ?? .unknown }

  package func ties(_ alternatives: [Int: Int] = [:]) -> TieClasses {
    TieClasses(known, signature, alternatives: alternatives)
  }

  /// What the operator asks for when slots are gone.
  package func refit(keeping survivors: [OperandAxis: [Int]]) throws -> NodeEdit {
    var edit = NodeEdit(before: signature, opsetVersion: opset, survivors: survivors)
    try known.refit(&edit)
    return edit
  }

  /// The same node after slots are gone: operands sliced, then mended as the operator asks.
  package func cut(keeping survivors: [OperandAxis: [Int]]) throws -> OperatorCase {
    let edit = try refit(keeping: survivors)
    var inputs = signature.inputs.enumerated().map { operand, fact in
      fact.map { fact in fact.sliced { survivors[.input(operand, axis: $0)] } }
    }
    for (input, values) in edit.contents {
      while inputs.count <= input { inputs.append(nil) }
      let present = inputs[input]?.content
      let elements = values.enumerated().map { index, value in
        value.map { ContentElement($0) } ?? present?[index] ?? ContentElement(-99)
      }
      let shape = present?.count == values.count ? inputs[input]?.shape : nil
      inputs[input] = ValueFact(
        elementType: .int64, shape: shape ?? [Dimension(values.count)], content: elements)
      inputs[input]?.isConstantDerived = true
    }
    var attributes = attributes
    for (name, value) in edit.attributes {
      attributes.removeAll { $0.name == name }
      if let value { attributes.append(Attribute(name, value)) }
    }
    let leftOut = signature.outputs.indices.filter { signature.outputs[$0] == nil }
    return try OperatorCase(
      opType, domain: domain, opset: opset, attributes, inputs: inputs, outputs: signature.outputs.count,
      outputsLeftOut: Set(leftOut))
  }
}

extension ValueFact {
  /// A float tensor of which the shape is known.
  package static func float(_ shape: [Dimension]) -> ValueFact {
    ValueFact(elementType: .float, shape: shape)
  }

  /// A vector of integers that a file states, as if it were initializer 90.
  package static func integers(_ values: [Int]) -> ValueFact {
    var fact = ValueFact(elementType: .int64, shape: [Dimension(values.count)])
    fact.content = values.enumerated().map {
      ContentElement(Dimension($1), source: .init(value: ValueID(90), index: $0))
    }
    fact.isConstantDerived = true
    return fact
  }

  /// A vector of lengths that the graph computes.
  package static func computed(_ values: [Dimension]) -> ValueFact {
    ValueFact(
      elementType: .int64, shape: [Dimension(values.count)], content: values.map { ContentElement($0) })
  }

  /// A scalar integer.
  package static func scalar(_ value: Dimension) -> ValueFact {
    ValueFact(elementType: .int64, shape: [], content: [ContentElement(value)])
  }

  /// An integer tensor that holds the position of each element.
  package static func counting(_ shape: [Int], from first: Int = 0) -> ValueFact {
    var fact = ValueFact(elementType: .int64, shape: shape.map { Dimension($0) })
    fact.content = (0..<shape.reduce(1, *)).map { ContentElement(Dimension(first + $0)) }
    return fact
  }

  /// The fact of the tensor of which only some indices of some axes are left.
  package func sliced(_ survivors: (Int) -> [Int]?) -> ValueFact {
    guard let shape else { return self }
    var fact = self
    fact.constant = nil
    fact.shape = shape.enumerated().map { axis, length in
      survivors(axis).map { Dimension($0.count) } ?? length
    }
    guard let content, let lengths = knownShape else { return fact }
    var kept = [0]
    for (axis, length) in lengths.enumerated() {
      let indices = survivors(axis) ?? Array(0..<length)
      kept = kept.flatMap { prefix in indices.map { prefix * length + $0 } }
    }
    fact.content = kept.map { content[$0] }
    return fact
  }
}
