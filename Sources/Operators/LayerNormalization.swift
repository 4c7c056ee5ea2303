import GraphIR

/// Normalisation over the last axes, ONNX `LayerNormalization` (opset 17) and `RMSNormalization` (opset 23), and ONNX
/// Runtime's `SimplifiedLayerNormalization`, which is the latter under an older name.
///
///     Y = (X − mean) / √(var + ε) · Scale + B        over the axes from `axis` on; RMS without mean and B
///
/// ## Shapes    X any, Scale and B broadcast to X, Y like X; Mean and InvStdDev like X with 1 for the axes normalised
/// ## Channels  axes before `axis`: X ≡ Y; those from `axis` on are pinned
/// ## Cost      none
/// - Throws: `attribute-value` if there is no such axis.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__LayerNormalization.html>
package struct LayerNormalization: Operator {
  package static let identifiers = [
    OperatorIdentifier("LayerNormalization"), OperatorIdentifier("RMSNormalization"),
    OperatorIdentifier("SimplifiedLayerNormalization"),
  ]

  private let axis: Int

  package init(_ node: OperatorNode) throws { axis = try node.int("axis") ?? -1 }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    let data = ValueFact(elementType: inputs[0]?.elementType, shape: inputs[0]?.shape)
    var statistics = ValueFact(elementType: .float)
    if let shape = data.shape {
      let first = try resolveAxis(axis, rank: shape.count)
      statistics.shape = shape.indices.map { $0 < first ? shape[$0] : 1 }
    }
    return [data, statistics, statistics]
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    guard let rank = ties.signature.input(0)?.rank, let first = checkedAxis(axis, rank: rank) else { return }
    let outputs = ties.signature.outputs.indices.filter { ties.signature.output($0)?.rank == rank }
    for position in 0..<first {
      for output in outputs { ties.tie(.input(0, axis: position), .output(output, axis: position)) }
    }
    var pinned = ties.axes(ofInput: 0, from: first)
    for output in outputs { pinned += ties.axes(ofOutput: output, from: first) }
    ties.pinAll(pinned + ties.axes(ofInput: 1) + ties.axes(ofInput: 2), "is normalised over")
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? { nil }

  package func cost(_ signature: Signature) -> Cost {
    Cost(multiplyAccumulates: 0, parameterOperands: [1, 2])
  }

  package func refit(_ edit: inout NodeEdit) throws {}
}
