import GraphIR
import Kernels

/// Attention as ONNX Runtime writes it: `Attention`, `MultiHeadAttention` and `GroupQueryAttention`.
///
///     Y = softmax(Q·Kᵀ / √d + mask) · V        Attention makes Q, K and V itself: X·W + B
///
/// ## Shapes    Attention X [N, S, I], W [I, 3·H], Y [N, S, H]; the others Q [N, S, h·d], V [N, L, h′·d′],
///              Y [N, S, h·d′]; packed forms [N, S, h, 3, d]
/// ## Channels  whole heads, wherever an operand has them; where several heads of Q read one of K and V, either all of
///              them with it, or the same one of every such group. Attention X₂≡W₀, which reads it, and W₁ and B₀ make
///              the heads of Q, K and V. All else is pinned
/// ## Cost      not known: past lengths have a say
/// - SeeAlso: <https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md>
package struct FusedAttention: ComposedOperator {
  package static let identifiers = ["Attention", "GroupQueryAttention", "MultiHeadAttention"].map(
    OperatorIdentifier.microsoft)

  private let name: String
  private let heads: Int
  private let sharedHeads: Int
  /// Lengths of Q, K and V, where they differ.
  private let sizes: [Int]?
  private let scale: Float?
  private let isUnidirectional: Bool

  package init(_ node: OperatorNode) throws {
    name = node.opType
    heads = try node.int("num_heads") ?? 0
    sharedHeads = try node.int("kv_num_heads") ?? 0
    scale = try node.float("scale").flatMap { $0 == 0 ? nil : $0 }
    isUnidirectional = try node.int("unidirectional") ?? 0 != 0
    sizes = try node.ints("qkv_hidden_sizes")
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    let elementType = inputs[0]?.elementType
    var facts = [ValueFact](repeating: ValueFact(elementType: elementType), count: inputs.outputCount)
    guard let query = inputs[0]?.shape, query.count >= 3 else { return facts }
    facts[0].shape = [query[0], query[1], width(query, inputs) ?? inputs.freshDimension(2)]
    for output in facts.indices.dropFirst() {
      facts[output].shape = statesShape(output, query, inputs)
    }
    return facts
  }

  /// What is given out beside Y: keys and values so far, and scores.
  private func statesShape(_ output: Int, _ query: [Dimension], _ inputs: Operands) -> [Dimension]? {
    func open(_ axis: Int) -> Dimension { inputs.freshDimension(axis, output: output) }
    if name == "Attention" { return output == 1 ? [2, query[0], Dimension(heads), open(3), open(4)] : nil }
    if output == 3 { return [query[0], Dimension(heads), query[1], open(3)] }
    let count = name == "GroupQueryAttention" ? sharedHeads : heads
    return output < 3 ? [query[0], Dimension(count), open(2), open(3)] : nil
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

  private func layout(_ signature: Signature) -> FusedHeads? {
    FusedHeads(name, heads: heads, shared: sharedHeads, sizes: sizes, signature)
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    guard let layout = layout(ties.signature) else { return }
    layout.heads.tie(queries: layout.queries, shared: layout.shared, &ties)
    for run in layout.queries + layout.shared where run.axis.isInput {
      if name == "Attention", run.axis.operand == 1 {
        ties.produce(run.axis)
      } else if layout.biases.contains(run.axis.operand) {
        ties.produce(run.axis, ranked: false)
      } else if ties.signature.input(run.axis.operand)?.isConstantDerived == true {
        ties.follow(run.axis)
      }
    }
    if name == "Attention" {
      ties.tie(.input(0, axis: 2), .input(1, axis: 0))
      ties.consume(.input(1, axis: 0))
    }
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? { nil }

  package func cost(_ signature: Signature) -> Cost {
    Cost(multiplyAccumulates: nil, parameterOperands: name == "Attention" ? [1, 2] : [])
  }

  /// MultiHeadAttention of Q, K and V that lie apart, and Attention; without a past and padding masks.
  package func compose(_ chain: inout KernelChain, _ call: KernelCall) throws -> [KernelChain.Value?] {
    guard heads > 0, !call.wants(1), !call.wants(2) else { throw KernelError("a past has no kernel") }
    var (query, key, value): (KernelChain.Value, KernelChain.Value, KernelChain.Value)
    var scoreBias: KernelChain.Value?
    switch name {
    case "MultiHeadAttention":
      guard chain.inputs.enumerated().allSatisfy({ [0, 1, 2, 3, 5].contains($0) || $1 == nil }) else {
        throw KernelError("a padding mask or a past has no kernel")
      }
      (query, key, value) = (try chain.input(0), try chain.input(1), try chain.input(2))
      guard query.rank == 3, key.rank == 3, value.rank == 3 else {
        throw KernelError("packed operands have no kernel")
      }
      if let bias = chain.optionalInput(3) {
        let parts = try chain.split(bias, axis: 0, [query.dims[2], key.dims[2], value.dims[2]])
        query = try chain.combine(.add, query, parts[0])
        key = try chain.combine(.add, key, parts[1])
        value = try chain.combine(.add, value, parts[2])
      }
      scoreBias = chain.optionalInput(5)
    case "Attention":
      guard chain.inputs.enumerated().allSatisfy({ [0, 1, 2, 5].contains($0) || $1 == nil }) else {
        throw KernelError("a padding mask or a past has no kernel")
      }
      var packed = try chain.product(chain.input(0), chain.input(1))
      if let bias = chain.optionalInput(2) { packed = try chain.combine(.add, packed, bias) }
      let third = packed.dims[2] / 3
      let parts = try chain.split(packed, axis: 2, sizes ?? [third, third, third])
      guard parts.count == 3 else { throw KernelError("it does not make Q, K and V") }
      (query, key, value) = (parts[0], parts[1], parts[2])
      scoreBias = chain.optionalInput(5)
    default: throw KernelError("\(name) has no kernel")
    }
    query = try chain.splitHeads(query, heads)
    key = try chain.splitHeads(key, heads)
    value = try chain.splitHeads(value, heads)
    let window = AttentionWindow(highest: isUnidirectional ? 0 : nil, lowest: nil)
    let causal = try window.bias(queries: query.dims[2], keys: key.dims[2], offset: 0, &chain)
    let factor = scale.map(Double.init) ?? 1 / Double(max(query.dims[3], 1)).squareRoot()
    let shares = try chain.maskedSoftmax(
      chain.scores(query, key, scale: factor), bias: chain.sum([scoreBias, causal]))
    return [try chain.joinHeads(chain.product(shares, value))]
  }

  package func refit(_ edit: inout NodeEdit) throws {
    guard let layout = layout(edit.before), let query = layout.queries.first else { return }
    let left = try AttentionHeads.surviving(query, edit)
    if left != heads { edit.setAttribute("num_heads", .int(Int64(left))) }
    if name == "GroupQueryAttention", let run = layout.shared.first {
      let left = try AttentionHeads.surviving(run, edit)
      if left != sharedHeads { edit.setAttribute("kv_num_heads", .int(Int64(left))) }
    }
    if let sizes, left != heads {
      edit.setAttribute("qkv_hidden_sizes", .ints(sizes.map { Int64($0 / heads * left) }))
    }
  }
}
