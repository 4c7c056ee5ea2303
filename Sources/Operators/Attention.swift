import GraphIR
import Kernels

/// Scaled dot-product attention, ONNX `Attention` (opset 23 and later).
///
///     Y = softmax(Q·Kᵀ / √d + mask) · V
///
/// ## Shapes    Q [N, h, S, d], V [N, h′, L, d′], Y [N, h, S, d′]; or Q [N, S, h·d], V [N, L, h′·d′], Y [N, S, h·d′]
/// ## Channels  all pinned
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

  package func tieChannels(_ ties: inout ChannelTies) {}

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

  package func refit(_ edit: inout NodeEdit) throws {}
}
