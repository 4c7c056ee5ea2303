import GraphIR

/// The weights that a file stores as small integers, and what they stand for: w = (q − zero) · scale
/// (ONNX `DequantizeLinear`).
///
/// They are scored by the numbers that the layers compute with; what is stored stays as it is.
package struct QuantizedWeights: Sendable {
  private struct Encoding: Sendable {
    let tensor: Tensor
    let scales: [Double]
    let zeros: [Int]
    /// Along which scales and zeros vary.
    let axis: Int
  }

  private var encodings: [ValueID: Encoding] = [:]

  package init(_ graph: Graph, _ facts: GraphFacts) {
    for node in graph.nodes where node.opType == "DequantizeLinear" && node.canonicalDomain.isEmpty {
      guard facts.isDerived(node), let id = node.inputs.first ?? nil,
        let encoding = Self.encoding(node, facts)
      else { continue }
      encodings[id] = encoding
    }
  }

  private static func encoding(_ node: Node, _ facts: GraphFacts) -> Encoding? {
    let constants = node.inputs.map { $0.flatMap { facts[$0].constant } }
    guard let tensor = constants[0], tensor.elementStride != nil, tensor.elementType.isQuantized,
      constants.count > 1, let scale = constants[1], let scales = scale.doubles, !scales.isEmpty
    else { return nil }
    var zeros = [0]
    if constants.count > 2, node.inputs[2] != nil {
      guard let stored = constants[2]?.integers, !stored.isEmpty else { return nil }
      zeros = stored
    }
    let stated = if case .int(let axis)? = node.attribute("axis")?.value { Int(axis) } else { 1 }
    let axis = stated < 0 ? stated + tensor.dims.count : stated
    guard scales.count > 1 || zeros.count > 1 else {
      return Encoding(tensor: tensor, scales: scales, zeros: zeros, axis: 0)
    }
    guard tensor.dims.indices.contains(axis), scale.dims.count == 1, scales.count == tensor.dims[axis],
      zeros.count == 1 || zeros.count == scales.count
    else { return nil }
    return Encoding(tensor: tensor, scales: scales, zeros: zeros, axis: axis)
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
  fileprivate var isQuantized: Bool {
    switch self {
    case .int8, .uint8, .int16, .uint16, .int32: true
    default: false
    }
  }
}
