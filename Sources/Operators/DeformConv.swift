import GraphIR

/// A convolution that reads beside its grid, ONNX `DeformConv` (opset 19 and later).
///
///     Y[n,o,y,x] = B[o] + Σ c,i,j  X[n, c, s·y+d·i−p+Δy, s·x+d·j−p+Δx] · mask · W[o,c,i,j]
///
/// ## Shapes    X [N, C, H, W], W [O, C/G, kH, kW], offset [N, D·kH·kW·2, H′, W′], B [O], mask [N, D·kH·kW, H′, W′],
///              Y [N, O, H′, W′]
/// ## Channels  G = D = 1: X₁≡W₁ and W₀≡B₀≡Y₁; in groups all stay
/// ## Cost      MACs N·O·H′·W′·(C/G)·kH·kW
/// - Throws: `shape-mismatch` where ``Conv`` throws it.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__DeformConv.html>
package struct DeformConv: Operator {
  package static let identifiers = [OperatorIdentifier("DeformConv")]

  /// The convolution with no offsets, whose bias is its third input.
  private let plain: Conv
  private let isGrouped: Bool

  package init(_ node: OperatorNode) throws {
    plain = try Conv(node)
    isGrouped = try node.int("group") ?? 1 != 1 || node.int("offset_group") ?? 1 != 1
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    try plain.inferFacts(inputs.replacing([inputs[0], inputs[1], inputs[3]]))
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    guard !isGrouped else { return }
    let (share, filters): (OperandAxis, OperandAxis) = (.input(1, axis: 1), .input(1, axis: 0))
    let y = OperandAxis.output(0, axis: 1)
    for operand in [0, 2, 4] where ties.signature.input(operand)?.rank != nil {
      ties.tie(.input(operand, axis: 0), .output(0, axis: 0))
    }
    ties.tie(.input(0, axis: 1), share)
    ties.consume(share)
    ties.tie(filters, y)
    ties.produce(filters)
    if ties.signature.input(3) != nil {
      ties.tie(.input(3, axis: 0), y)
      ties.produce(.input(3, axis: 0), ranked: false)
    }
    let spatial = ties.axes(ofInput: 0, from: 2) + ties.axes(ofOutput: 0, from: 2)
    ties.pinAll(spatial + ties.axes(ofInput: 1, from: 2), "is slid over by the kernel")
    let places = ties.axes(ofInput: 2, from: 1) + ties.axes(ofInput: 4, from: 1)
    ties.pinAll(places, "says where the kernel reads")
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? {
    guard operands.element(1) == 0, !isGrouped else { return nil }
    return signature.input(3) == nil ? 0 : operands.element(3)
  }

  package func cost(_ signature: Signature) -> Cost {
    let inputs = [signature.input(0), signature.input(1), signature.input(3)]
    var cost = plain.cost(Signature(inputs: inputs, outputs: signature.outputs))
    cost.parameterOperands = [1, 3]
    return cost
  }

  package func refit(_ edit: inout NodeEdit) throws {}
}
