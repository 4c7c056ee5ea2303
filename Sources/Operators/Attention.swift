import GraphIR

/// Scaled dot-product attention, ONNX `Attention` (opset 23 and later).
///
///     Y = softmax(Q·Kᵀ / √d + mask) · V
///
/// ## Shapes    Q [N, h, S, d], V [N, h′, L, d′], Y [N, h, S, d′]; or Q [N, S, h·d], V [N, L, h′·d′], Y [N, S, h·d′]
/// ## Channels  all pinned
/// ## Cost      MACs N·h·S·L·(d + d′), for operands of rank 4 without a past
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__Attention.html>
package struct Attention: Operator {
  package static let identifiers = [OperatorIdentifier("Attention")]

  private let queryHeads: Int?
  private let valueHeads: Int?

  package init(_ node: OperatorNode) throws {
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

  package func refit(_ edit: inout NodeEdit) throws {}
}
