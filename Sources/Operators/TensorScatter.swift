import GraphIR

/// New entries of a cache, ONNX `TensorScatter` (opset 24).
///
///     Y = past_cache, but Y[n, …, write_indices[n] + s, …] = update[n, …, s, …]        along `axis`
///
/// ## Shapes    update like past_cache but along the axis, write_indices [N], Y like past_cache
/// ## Channels  every axis but `axis`: past_cache ≡ update ≡ Y; write_indices₀≡Y₀
/// ## Cost      none
/// - Throws: `attribute-value` if there is no such axis.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__TensorScatter.html>
package struct TensorScatter: Operator {
  package static let identifiers = [OperatorIdentifier("TensorScatter")]

  private let axis: Int

  package init(_ node: OperatorNode) throws { axis = try node.int("axis") ?? -2 }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    if let rank = inputs[0]?.rank { _ = try resolveAxis(axis, rank: rank) }
    return [ValueFact(elementType: inputs[0]?.elementType, shape: inputs[0]?.shape)]
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    guard let rank = ties.signature.input(0)?.rank, ties.signature.input(1)?.rank == rank,
      let written = checkedAxis(axis, rank: rank)
    else { return }
    for axis in 0..<rank where axis != written {
      ties.tie(.input(0, axis: axis), .output(0, axis: axis))
      ties.tie(.input(1, axis: axis), .output(0, axis: axis))
    }
    ties.pinAll(
      [.input(0, axis: written), .input(1, axis: written), .output(0, axis: written)], "is written along")
    if written != 0, ties.signature.input(2)?.rank == 1 {
      ties.tie(.input(2, axis: 0), .output(0, axis: 0))
    }
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? {
    operands.element(0) == operands.element(1) ? operands.element(0) : nil
  }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func refit(_ edit: inout NodeEdit) throws {}
}
