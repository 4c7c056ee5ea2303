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
    var result = ValueFact(elementType: inputs[0]?.elementType)
    let unknown = [ValueFact](repeating: ValueFact(elementType: inputs[0]?.elementType), count: 3)
    guard let query = inputs[0]?.shape, let value = inputs[2]?.shape, query.count == value.count else {
      return [result] + unknown
    }
    if query.count == 4 {
      result.shape = Array(query[..<3]) + [value[3]]
    } else if query.count == 3, let queryHeads, let valueHeads, valueHeads > 0,
      let width = value[2].divided(exactlyBy: Dimension(valueHeads))
    {
      result.shape = [query[0], query[1], width * Dimension(queryHeads)]
    }
    return [result] + unknown
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
