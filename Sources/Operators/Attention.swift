import GraphIR
import Kernels

/// Scaled dot-product attention, ONNX `Attention` (opset 23 and later).
///
///     Y = softmax(Q·Kᵀ / √d + mask) · V
///
/// ## Shapes    Q [N, h, S, d], V [N, h′, L, d′], Y [N, h, S, d′]; or Q [N, S, h·d], V [N, L, h′·d′], Y [N, S, h·d′]
/// ## Channels  whole heads, of Q₁, Y₁, K₁ and V₁ (Q₂, … of rank 3), a mask's and those of a past: where several heads of Q
///              read one of K and V, either all of them with it, or the same one of every such group, and K and V stay.
///              Of rank 4, V₃≡Y₃. All else is pinned
/// ## Cost      MACs N·h·S·L·(d + d′), for operands of rank 4 without a past
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__Attention.html>
package struct Attention: ComposedOperator {
  package static let identifiers = [OperatorIdentifier("Attention")]

  private let queryHeads: Int?
  private let valueHeads: Int?
  private let scale: Float?
  private let softcap: Float
  private let outputMode: Int
  private let window: AttentionWindow

  package init(_ node: OperatorNode) throws {
    scale = try node.float("scale")
    softcap = try node.float("softcap") ?? 0
    outputMode = try node.int("qk_matmul_output_mode") ?? 0
    let isCausal = try node.int("is_causal") ?? 0 != 0
    let right = try node.int("right_window_size") ?? -1
    let left = try node.int("left_window_size") ?? -1
    window = AttentionWindow(
      highest: isCausal ? min(0, right < 0 ? 0 : right) : right < 0 ? nil : right,
      lowest: left < 0 ? nil : -left)
    queryHeads = try node.int("q_num_heads")
    valueHeads = try node.int("kv_num_heads")
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    let elementType = inputs[0]?.elementType
    var result = ValueFact(elementType: elementType)
    let key = heads(inputs[1]?.shape)
    let value = heads(inputs[2]?.shape)
    if let query = inputs[0]?.shape, query.count == 4 {
      result.shape = query[..<3] + [value?.width ?? inputs.freshDimension(3)]
    } else if let query = inputs[0]?.shape, query.count == 3 {
      let width = queryHeads.flatMap { heads in value?.width.map { $0 * Dimension(heads) } }
      result.shape = [query[0], query[1], width ?? inputs.freshDimension(2)]
    }
    let total = total(inputs, key?.length)
    var presentKey = ValueFact(elementType: elementType)
    var presentValue = ValueFact(elementType: inputs[2]?.elementType)
    var weights = ValueFact(elementType: elementType)
    if let query = inputs[0]?.shape, query.count == 4 || query.count == 3 {
      let batch = query[0]
      let shared = key?.count ?? inputs.freshDimension(1, output: 1)
      presentKey.shape = [batch, shared, total, key?.width ?? inputs.freshDimension(3, output: 1)]
      presentValue.shape = [
        batch, value?.count ?? shared, total, value?.width ?? inputs.freshDimension(3, output: 2),
      ]
      let own = query.count == 4 ? query[1] : queryHeads.map { Dimension($0) }
      weights.shape = [
        batch, own ?? inputs.freshDimension(1, output: 3), query[query.count - 2], total,
      ]
    }
    return [result, presentKey, presentValue, weights]
  }

  /// How many heads K or V has, their length and their width; nil for another rank than 3 or 4.
  private func heads(_ shape: [Dimension]?) -> (count: Dimension?, length: Dimension, width: Dimension?)? {
    guard let shape else { return nil }
    if shape.count == 4 { return (shape[1], shape[2], shape[3]) }
    guard shape.count == 3 else { return nil }
    let count = valueHeads.flatMap { $0 > 0 ? Dimension($0) : nil }
    return (count, shape[1], count.flatMap { shape[2].divided(exactlyBy: $0) })
  }

  /// The length of K with what went before.
  private func total(_ inputs: Operands, _ own: Dimension?) -> Dimension {
    let open = inputs.freshDimension(2, output: 1)
    guard let own else { return open }
    guard inputs[4] != nil else { return own }
    return inputs[4]?.dimension(2).map { $0 + own } ?? open
  }

  /// Which axes hold heads.
  private struct Layout {
    let heads: AttentionHeads
    var queries: [AttentionHeads.Run]
    var shared: [AttentionHeads.Run]
  }

  /// Nil where they are not known for certain.
  private func layout(_ signature: Signature) -> Layout? {
    guard let rank = signature.input(0)?.rank, rank == 3 || rank == 4,
      signature.input(1)?.rank == rank, signature.input(2)?.rank == rank
    else { return nil }
    let axis = rank == 4 ? 1 : 2
    let own = rank == 4 ? signature.length(.input(0, axis: 1)) : queryHeads
    let other = rank == 4 ? signature.length(.input(1, axis: 1)) : valueHeads
    guard let own, let other, let heads = AttentionHeads(queries: own, shared: other) else { return nil }
    var queries: [OperandAxis] = [.input(0, axis: axis), .output(0, axis: axis)]
    var shared: [OperandAxis] = [.input(1, axis: axis), .input(2, axis: axis)]
    guard let mask = AttentionHeads.maskAxes(signature, input: 3) else { return nil }
    queries += mask
    for operand in 4...5 where signature.input(operand) != nil { shared.append(.input(operand, axis: 1)) }
    for operand in 1...2 where signature.output(operand) != nil { shared.append(.output(operand, axis: 1)) }
    if signature.output(3) != nil { queries.append(.output(3, axis: 1)) }
    let runs = (
      queries.compactMap { AttentionHeads.run($0, count: own, signature) },
      shared.compactMap { AttentionHeads.run($0, count: other, signature) }
    )
    guard runs.0.count == queries.count, runs.1.count == shared.count else { return nil }
    return Layout(heads: heads, queries: runs.0, shared: runs.1)
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    guard let layout = layout(ties.signature) else { return }
    layout.heads.tie(queries: layout.queries, shared: layout.shared, &ties)
    for run in layout.queries where run.axis.isInput && run.axis.operand == 3 {
      if ties.signature.input(3)?.isConstantDerived == true { ties.follow(run.axis) }
    }
    guard ties.signature.input(0)?.rank == 4 else { return }
    ties.pinAll([.input(0, axis: 3), .input(1, axis: 3)], "is summed over by Attention")
    for axis in [OperandAxis.input(2, axis: 3), .input(5, axis: 3), .output(2, axis: 3)]
    where ties.signature.fact(axis) != nil { ties.tie(axis, .output(0, axis: 3)) }
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? { nil }

  package func cost(_ signature: Signature) -> Cost {
    guard let query = signature.input(0)?.runLengths, let value = signature.input(2)?.runLengths,
      query.count == 4,
      value.count == 4, signature.input(4) == nil
    else { return Cost(multiplyAccumulates: nil) }
    let width = query[3].addingReportingOverflow(value[3])
    return Cost(
      multiplyAccumulates: width.overflow ? nil : (query[..<3] + [value[2], width.partialValue]).product)
  }

  package func compose(_ chain: inout KernelChain, _ call: KernelCall) throws -> [KernelChain.Value?] {
    var (query, key, value) = (try chain.input(0), try chain.input(1), try chain.input(2))
    let isFlat = query.rank == 3
    if isFlat {
      guard let queryHeads, let valueHeads else {
        throw KernelError("the node does not say how many heads it has")
      }
      query = try chain.splitHeads(query, queryHeads)
      key = try chain.splitHeads(key, valueHeads)
      value = try chain.splitHeads(value, valueHeads)
    }
    guard [query, key, value].allSatisfy({ $0.rank == 4 && $0.scalar == .float }) else {
      throw KernelError("operands of these ranks or types have no kernel")
    }
    let past = chain.optionalInput(4)
    if let past { key = try chain.concatenate([past, key], axis: 2) }
    if let past = chain.optionalInput(5) { value = try chain.concatenate([past, value], axis: 2) }
    let bias = try bias(&chain, queries: query.dims[2], keys: key.dims[2], past: past?.dims[2] ?? 0)
    let factor = scale.map(Double.init) ?? 1 / Double(max(query.dims[3], 1)).squareRoot()
    let wideKey = try chain.repeatHeads(key, for: query.dims[1])
    var scores = try chain.scores(query, wideKey, scale: factor)
    var shown = scores
    if softcap > 0 {
      let bounded = try chain.apply(.tanh, chain.combine(.div, scores, Double(softcap)))
      scores = try chain.combine(.mul, bounded, Double(softcap))
    }
    if outputMode == 1 { shown = scores }
    if outputMode == 2 { shown = try bias.map { try chain.combine(.add, scores, $0) } ?? scores }
    let shares = try chain.maskedSoftmax(scores, bias: bias)
    if outputMode == 3 { shown = shares }
    let result = try chain.product(shares, chain.repeatHeads(value, for: query.dims[1]))
    return [isFlat ? try chain.joinHeads(result) : result, key, value, shown]
  }

  /// What is added to the scores; nil where all keys are seen.
  private func bias(_ chain: inout KernelChain, queries: Int, keys: Int, past: Int) throws -> KernelChain
    .Value?
  {
    var biases: [KernelChain.Value?] = []
    if var mask = chain.optionalInput(3) {
      let missing = keys - (mask.dims.last ?? keys)
      guard missing >= 0 else { throw KernelError("the mask is longer than there are keys") }
      if missing > 0 {
        var ends = mask.dims.map { _ in 0 }
        ends[mask.rank - 1] = missing
        let fill = mask.scalar == .integer ? 0 : -Double.infinity
        mask = try chain.run(
          PadKernel(
            mask.dims, begins: mask.dims.map { _ in 0 }, ends: ends, mode: .constant(fill), mask.scalar), mask
        )
      }
      biases.append(try chain.bias(ofMask: mask))
    }
    guard let lengths = chain.optionalInput(6) else {
      biases.append(try window.bias(queries: queries, keys: keys, offset: past, &chain))
      return try chain.sum(biases)
    }
    // Keys that are padding are not seen, and the last query sees the last key that is none.
    let counts = try chain.reshape(chain.cast(lengths, to: .float), to: [lengths.layout.elementCount])
    let offsets = try chain.combine(.sub, counts, Double(queries))
    biases.append(try window.bias(queries: queries, keys: keys, offsets: offsets, &chain))
    let places = try chain.constant((0..<keys).map(Float.init), dims: [keys])
    let limits = try chain.reshape(counts, to: counts.dims + [1, 1, 1])
    let isReal = try chain.run(ComparisonKernel(.less, places.dims, limits.dims, of: .float), places, limits)
    biases.append(try chain.bias(ofMask: isReal))
    return try chain.sum(biases)
  }

  package func refit(_ edit: inout NodeEdit) throws {
    guard let layout = layout(edit.before) else { return }
    for (name, present, run) in [
      ("q_num_heads", queryHeads, layout.queries[0]), ("kv_num_heads", valueHeads, layout.shared[0]),
    ] {
      let left = try AttentionHeads.surviving(run, edit)
      if present != nil, left != run.count { edit.setAttribute(name, .int(Int64(left))) }
    }
  }
}
