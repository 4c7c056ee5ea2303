import GraphIR

/// Attention without a softmax, as a recurrence, ONNX `LinearAttention` (opset 27).
///
///     S′ = S + k ⊗ v        y = scale · qᵀ · S′        with decay and delta rule as `update_rule` says
///
/// ## Shapes    Q [N, T, h·d], K [N, T, h′·d], V [N, T, h′·d′], Y [N, T, h·d′], state [N, h′, d, d′]
/// ## Channels  all stay
/// ## Cost      not known
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__LinearAttention.html>
package struct LinearAttention: Operator {
  package static let identifiers = [OperatorIdentifier("LinearAttention")]

  private let queryHeads: Int
  private let valueHeads: Int

  package init(_ node: OperatorNode) throws {
    queryHeads = try node.int("q_num_heads") ?? 0
    valueHeads = try node.int("kv_num_heads") ?? 0
    guard queryHeads > 0, valueHeads > 0 else {
      throw CompileError("attribute-value", "there are \(queryHeads) and \(valueHeads) heads")
    }
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    let heads = Dimension(valueHeads)
    let past = inputs[3]
    let value = inputs[2]?.dimension(2)?.divided(exactlyBy: heads) ?? past?.dimension(3)
    let key = inputs[1]?.dimension(2)?.divided(exactlyBy: heads) ?? past?.dimension(2)
    let batch = inputs[0]?.dimension(0) ?? inputs.freshDimension(0)
    let steps = inputs[0]?.dimension(1) ?? inputs.freshDimension(1)
    let width = value.map { $0 * Dimension(queryHeads) } ?? inputs.freshDimension(2)
    let state = [
      batch, heads, key ?? inputs.freshDimension(2, output: 1),
      value ?? inputs.freshDimension(3, output: 1),
    ]
    return [
      ValueFact(elementType: inputs[0]?.elementType, shape: [batch, steps, width]),
      ValueFact(elementType: past?.elementType ?? inputs[0]?.elementType, shape: state),
    ]
  }

  package func tieChannels(_ ties: inout ChannelTies) {}

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? { nil }

  package func cost(_ signature: Signature) -> Cost { Cost(multiplyAccumulates: nil) }

  package func refit(_ edit: inout NodeEdit) throws {}
}
