import GraphIR

/// Attention as ONNX Runtime writes it: `Attention`, `MultiHeadAttention` and `GroupQueryAttention`.
///
///     Y = softmax(Q·Kᵀ / √d + mask) · V        Attention makes Q, K and V itself: X·W + B
///
/// ## Shapes    Attention X [N, S, I], W [I, 3·H], Y [N, S, H]; the others Q [N, S, h·d], V [N, L, h′·d′],
///              Y [N, S, h·d′]; packed forms [N, S, h, 3, d]
/// ## Channels  all stay
/// ## Cost      not known: past lengths have a say
/// - SeeAlso: <https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md>
package struct FusedAttention: Operator {
  package static let identifiers = ["Attention", "GroupQueryAttention", "MultiHeadAttention"].map(
    OperatorIdentifier.microsoft)

  private let name: String
  private let heads: Int
  private let sharedHeads: Int
  /// Lengths of Q, K and V, where they differ.
  private let sizes: [Int]?

  package init(_ node: OperatorNode) throws {
    name = node.opType
    heads = try node.int("num_heads") ?? 0
    sharedHeads = try node.int("kv_num_heads") ?? 0
    sizes = try node.ints("qkv_hidden_sizes")
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    let elementType = inputs[0]?.elementType
    var facts = [ValueFact](repeating: ValueFact(elementType: elementType), count: inputs.outputCount)
    guard let query = inputs[0]?.shape, query.count >= 3 else { return facts }
    facts[0].shape = [query[0], query[1], width(query, inputs) ?? inputs.freshDimension(2)]
    return facts
  }

  private func width(_ query: [Dimension], _ inputs: Operands) -> Dimension? {
    if name == "Attention" {
      if let sizes, sizes.count == 3 { return Dimension(sizes[2]) }
      return inputs[1]?.dimension(1)?.divided(exactlyBy: 3)
    }
    if query.count == 5 { return query[2] * query[4] }
    if name == "GroupQueryAttention" {
      if inputs[1] != nil { return query[2] }
      let all = Dimension(heads) + Dimension(sharedHeads) * 2
      return all.coefficient > 0 ? query[2].divided(exactlyBy: all).map { $0 * Dimension(heads) } : nil
    }
    guard let value = inputs[2]?.shape else {
      // K and V lie together: [N, L, h, 2, d].
      return inputs[1]?.rank == 5 ? query[2] : nil
    }
    return value.count == 4 ? value[1] * value[3] : value.last
  }

  package func tieChannels(_ ties: inout ChannelTies) {}

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? { nil }

  package func cost(_ signature: Signature) -> Cost {
    Cost(multiplyAccumulates: nil, parameterOperands: name == "Attention" ? [1, 2] : [])
  }

  package func refit(_ edit: inout NodeEdit) throws {}
}
