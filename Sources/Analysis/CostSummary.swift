import GraphIR

/// What a network costs, per layer and in total, as it stands or with channels removed.
package struct CostSummary: Sendable {
  /// A node that multiplies or holds parameters.
  package struct Layer: Sendable {
    package let node: Node
    package let cost: Cost
    /// Elements of the parameters that the node uses first; a shared tensor counts once.
    package let parameters: Int
    package let parameterBytes: Int
    /// The first parameter's tensor and, after removal, its shape.
    package let weight: ValueID?
    package let weightShape: [Int]
    package let outputShape: [Dimension]?
  }

  package let layers: [Layer]

  /// - Parameter lost: slots that each axis has lost; none for the network as it stands.
  package init(_ graph: Graph, _ facts: GraphFacts, lost: [AxisKey: AxisLoss] = [:]) {
    var counted = Set<Parameter>()
    var layers: [Layer] = []
    func shrunk(_ id: ValueID?) -> ValueFact? {
      guard let id else { return nil }
      var fact = facts[id]
      guard !lost.isEmpty, let shape = fact.shape else { return fact }
      fact.shape = shape.enumerated().map { axis, length in
        lost[AxisKey(id, axis)].map { length.keeping((length.period ?? 0) - $0.count) } ?? length
      }
      return fact
    }
    // What computes a weight from constants is no layer; the weight counts where it is used.
    for node in graph.nodes where !facts.isDerived(node) {
      let known = facts.known(node.id)
      let signature = Signature(inputs: node.inputs.map(shrunk), outputs: node.outputs.map(shrunk))
      // Of an operator that is not known, every floating-point constant is taken for a parameter.
      let cost =
        known?.cost(signature) ?? Cost(multiplyAccumulates: 0, parameterOperands: Array(node.inputs.indices))
      let parameters = cost.parameterOperands.compactMap { operand -> (id: ValueID, shape: [Int])? in
        guard node.inputs.indices.contains(operand), let id = node.inputs[operand],
          facts[id].isConstantDerived,
          facts[id].elementType?.isFloatingPoint ?? false || known is any ReadsIntegerWeights,
          let shape = signature.input(operand)?.knownShape, !shape.isEmpty,
          shape.product.map({ $0 <= Cost.largest }) ?? false
        else { return nil }
        return (id, shape)
      }
      let fresh = parameters.filter { id, shape in
        let losses = lost.isEmpty ? [] : shape.indices.map { lost[AxisKey(id, $0)] }
        return counted.insert(Parameter(id: graph[id].origin ?? id, shape: shape, losses: losses)).inserted
      }
      guard cost.multiplyAccumulates != 0 || !fresh.isEmpty else { continue }
      layers.append(
        Layer(
          node: node, cost: cost, parameters: fresh.reduce(0) { $0 + $1.shape.reduce(1, *) },
          parameterBytes: fresh.reduce(0) {
            $0 + ($1.shape.reduce(1, *) * (facts[$1.id].elementType?.bitWidth ?? 0) + 7) / 8
          },
          weight: parameters.first?.id, weightShape: parameters.first?.shape ?? [],
          outputShape: signature.output(0)?.shape))
    }
    self.layers = layers
  }

  /// A tensor, as it is told from others: copies that lose the same are one.
  private struct Parameter: Hashable {
    let id: ValueID
    let shape: [Int]
    let losses: [AxisLoss?]
  }

  /// Elements of weights and biases, each tensor once.
  package var parameters: Int { layers.reduce(0) { $0 + $1.parameters } }

  package var parameterBytes: Int { layers.reduce(0) { $0 + $1.parameterBytes } }

  /// Nil where a layer's work depends on a length that is not known.
  package var multiplyAccumulates: Int? { Self.sum(layers.map(\.cost.multiplyAccumulates)) }

  /// [FD-SKD] Eq. 16 over all convolutions.
  package var paperParameters: Int { layers.reduce(0) { $0 + ($1.cost.paper?.parameters ?? 0) } }

  /// [FD-SKD] Eq. 17 over all convolutions.
  package var paperFloatingPointOperations: Int? {
    Self.sum(layers.compactMap(\.cost.paper).map(\.floatingPointOperations))
  }

  private static func sum(_ terms: [Int?]) -> Int? {
    terms.reduce(0) { total, term in
      guard let total, let term, case (let sum, false) = total.addingReportingOverflow(term) else {
        return nil
      }
      return sum
    }
  }
}
