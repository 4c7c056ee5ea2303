import GraphIR

/// The weights that nodes read, whether anybody can score them or not: constants of the file with at least two axes, and
/// what is computed from such constants alone.
struct WeightOperands {
  /// A weight of a node none of whose weights is scored.
  struct Operand {
    /// Of the node in ``Graph/nodes``.
    let position: Int
    /// What the node reads.
    let value: ValueID
    /// The largest constant that it is, or is computed from.
    let source: ValueID
  }

  /// One operand for each node that makes channels with weights, none of which is scored; in node order.
  private(set) var unlisted: [Operand] = []

  /// What is known of a value that depends on constants alone.
  private struct Origin {
    /// The constant with the most elements behind it, if one has two axes.
    var source: ValueID?
    var elements = 0
    /// One of the constants behind it is scored.
    var isScored = false
    /// One of them is a default that callers may replace: what computes it does so whenever the network runs.
    var isReplaceable = false
  }

  init(_ graph: Graph, _ facts: GraphFacts, _ stored: [ValueID: Tensor], _ tied: TiedGraph) {
    var origins: [ValueID: Origin] = [:]
    for (id, tensor) in stored {
      origins[id] = Origin(
        source: tensor.dims.count >= 2 ? id : nil, elements: tensor.count,
        isReplaceable: !facts[id].isConstantDerived)
    }
    for (id, sparse) in graph.sparseConstants where sparse.dims.count >= 2 {
      origins[id] = Origin(source: id, elements: sparse.values?.count ?? 0)
    }
    for (id, _) in tied.roles.unfollowed where stored[id] != nil { origins[id]?.isScored = true }
    // What goes along with channels that scored weights make is in their group.
    var tied = tied
    var isScored = [Bool](repeating: false, count: tied.space.count)
    for axis in tied.space.axes where tied.roles.isRanked(axis) {
      origins[axis.value]?.isScored = true
      for slot in axis.base..<axis.base + axis.length { isScored[Int(tied.root(slot))] = true }
    }
    for axis in tied.space.axes where origins[axis.value]?.isScored == false {
      guard let role = tied.roles.role(axis), role != .consumer else { continue }
      let slots = axis.base..<axis.base + axis.length
      let goesAlong = slots.allSatisfy { tied.reason(of: $0) == nil && isScored[Int(tied.root($0))] }
      if goesAlong { origins[axis.value]?.isScored = true }
    }
    for (position, node) in graph.nodes.enumerated() where !node.inputs.isEmpty {
      let inputs = node.inputs.compactMap { $0 }
      let isConstant = !inputs.isEmpty && node.subgraphs.isEmpty && inputs.allSatisfy { origins[$0] != nil }
      if isConstant {
        let origin = inputs.reduce(into: Origin()) { whole, input in
          guard let part = origins[input] else { return }
          if part.source != nil, part.elements > whole.elements {
            (whole.source, whole.elements) = (part.source, part.elements)
          }
          whole.isScored = whole.isScored || part.isScored
          whole.isReplaceable = whole.isReplaceable || part.isReplaceable
        }
        for case let output? in node.outputs { origins[output] = origin }
        if !origin.isReplaceable { continue }
      }
      let operands = Self.weights(of: node, facts).compactMap { index -> (value: ValueID, origin: Origin)? in
        guard node.inputs.indices.contains(index), let id = node.inputs[index], let origin = origins[id],
          origin.source != nil, facts[id].rank ?? 2 >= 2
        else { return nil }
        return (id, origin)
      }
      guard let first = operands.first, let source = first.origin.source,
        !operands.contains(where: \.origin.isScored)
      else { continue }
      unlisted.append(Operand(position: position, value: first.value, source: source))
    }
  }

  /// The inputs that are weights with which a node makes channels of its own. What only acts on the channels that come in,
  /// as a normalisation or an addition does, makes none.
  private static func weights(of node: Node, _ facts: GraphFacts) -> [Int] {
    guard let known = facts.known(node.id) else { return Array(node.inputs.indices) }
    let cost = known.cost(facts.signature(of: node.id))
    guard cost.multiplyAccumulates == 0 else {
      // What callers may replace is no constant, and so no operator takes it for a parameter.
      let replaceable = node.inputs.indices.filter { index in
        guard let fact = node.inputs[index].map({ facts[$0] }) else { return false }
        return fact.constant != nil && !fact.isConstantDerived
      }
      return cost.parameterOperands + replaceable.filter { !cost.parameterOperands.contains($0) }
    }
    let actsOnData = node.inputs.contains { input in
      guard let fact = input.map({ facts[$0] }) else { return false }
      return !fact.isConstantDerived && fact.constant == nil && fact.elementType?.isFloatingPoint ?? true
    }
    return actsOnData ? [] : cost.parameterOperands
  }
}

extension Graph {
  /// The constants that are stored as places and numbers there: initializers, and values of `Constant` nodes.
  fileprivate var sparseConstants: [(ValueID, SparseTensor)] {
    var result: [(ValueID, SparseTensor)] = []
    if !sparseInitializers.isEmpty {
      let names = valuesByName
      for sparse in sparseInitializers {
        if let id = sparse.values?.name.flatMap({ names[$0] }) { result.append((id, sparse)) }
      }
    }
    for node in nodes where node.isConstant && node.constantTensor == nil {
      for attribute in node.attributes {
        guard case .sparseTensor(let sparse) = attribute.value, let id = node.outputs.first ?? nil else {
          continue
        }
        result.append((id, sparse))
      }
    }
    return result
  }
}
