import GraphIR

/// The weights that a file stores as small integers, and what they stand for: w = (q − zero) · scale
/// (``ReadsIntegerWeights``).
///
/// They are scored by the numbers that the layers compute with; what is stored stays as it is.
package struct QuantizedWeights: Sendable {
  private struct Encoding: Sendable {
    let tensor: Tensor
    let scales: [Double]
    let zeros: [Int]
    /// Along which scales and zeros vary.
    let axis: Int

    /// Whether the same integers stand for the same numbers.
    func agrees(with other: Encoding) -> Bool {
      scales == other.scales && zeros == other.zeros && axis == other.axis
    }
  }

  private var encodings: [ValueID: Encoding] = [:]

  package init(_ graph: Graph, _ facts: GraphFacts) {
    var disputed: Set<ValueID> = []
    for node in graph.nodes {
      guard let known = facts.known(node.id) as? any ReadsIntegerWeights,
        let weights = known.integerWeights(facts.signature(of: node.id)),
        node.inputs.indices.contains(weights.weight), let id = node.inputs[weights.weight],
        facts[id].isConstantDerived, let encoding = Self.encoding(node, weights, facts)
      else { continue }
      // One tensor that is read in two ways has no zero.
      if let other = encodings[id], !other.agrees(with: encoding) { disputed.insert(id) }
      encodings[id] = encoding
    }
    for id in disputed { encodings[id] = nil }
  }

  private static func encoding(_ node: Node, _ weights: IntegerWeights, _ facts: GraphFacts) -> Encoding? {
    func constant(_ index: Int) -> Tensor? {
      guard node.inputs.indices.contains(index), let id = node.inputs[index] else { return nil }
      return facts[id].constant
    }
    guard let tensor = constant(weights.weight), tensor.elementStride != nil, tensor.elementType.isQuantized
    else { return nil }
    var scales = [1.0]
    if let scale = weights.scale {
      guard let stored = constant(scale), stored.dims.count <= 1, let values = stored.doubles, !values.isEmpty
      else { return nil }
      scales = values
    }
    var zeros = [0]
    if let zero = weights.zero {
      guard let stored = constant(zero), stored.dims.count <= 1, let values = stored.integers, !values.isEmpty
      else { return nil }
      zeros = values
    }
    guard scales.count > 1 || zeros.count > 1 else {
      return Encoding(tensor: tensor, scales: scales, zeros: zeros, axis: 0)
    }
    guard tensor.dims.indices.contains(weights.axis),
      [scales.count, zeros.count].allSatisfy({ $0 == 1 || $0 == tensor.dims[weights.axis] })
    else { return nil }
    return Encoding(tensor: tensor, scales: scales, zeros: zeros, axis: weights.axis)
  }

  /// Whether the tensor is one of these.
  package func contains(_ id: ValueID) -> Bool { encodings.keys.contains(id) }

  /// What the stored integers stand for, row-major; nil where the tensor is none of these.
  package func values(of id: ValueID) -> [Double]? {
    guard let encoding = encodings[id], let integers = encoding.tensor.integers else { return nil }
    let position = position(encoding)
    return integers.enumerated().map { index, value in
      let slot = position(index)
      return Double(value - encoding.zeros[encoding.zeros.count == 1 ? 0 : slot])
        * encoding.scales[encoding.scales.count == 1 ? 0 : slot]
    }
  }

  /// The integer that stands for 0 at each element, row-major; nil where the tensor is none of these.
  package func zeros(of id: ValueID) -> [Int]? {
    guard let encoding = encodings[id] else { return nil }
    let position = position(encoding)
    return (0..<encoding.tensor.count).map { encoding.zeros[encoding.zeros.count == 1 ? 0 : position($0)] }
  }

  private func position(_ encoding: Encoding) -> (Int) -> Int {
    let dims = encoding.tensor.dims
    let inner = dims.dropFirst(encoding.axis + 1).reduce(1, *)
    let length = dims.isEmpty ? 1 : dims[encoding.axis]
    return { $0 / inner % length }
  }
}

extension ElementType {
  /// The integers that weights are quantized to, as far as each is a byte or more.
  var isQuantized: Bool {
    switch self {
    case .int8, .uint8, .int16, .uint16, .int32: true
    default: false
    }
  }
}
