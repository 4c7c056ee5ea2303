import GraphIR

/// A depthwise convolution along time that carries its last inputs on, ONNX `CausalConvWithState` (opset 27).
///
///     Y[n,c,t] = f(B[c] + Σ i  X′[n,c,t+i] · W[c,0,i])        X′ = past_state, then X; f is none or SiLU
///
/// ## Shapes    X [N, C, L], W [C, 1, k], B [C], past_state and present_state [N, C, k − 1], Y [N, C, L]
/// ## Channels  X₁≡W₀≡B₀≡Y₁ and axis 1 of the states; axis 0 of all but W and B
/// ## Cost      MACs N·C·L·k
/// - Throws: `shape-mismatch` if W has another number of channels than X.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__CausalConvWithState.html>
package struct CausalConv: Operator {
  package static let identifiers = [OperatorIdentifier("CausalConvWithState")]

  package init(_ node: OperatorNode) throws {}

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    let data = ValueFact(elementType: inputs[0]?.elementType, shape: inputs[0]?.shape)
    if let own = inputs[1]?.dimension(0)?.known, let channels = data.dimension(1)?.known, own != channels {
      throw CompileError("shape-mismatch", "W has \(own) channels, X has \(channels)")
    }
    let kernel = inputs[1]?.dimension(2)?.known
    let length = kernel.map { Dimension(max($0 - 1, 0)) } ?? inputs[3]?.dimension(2)
    let state = [
      data.dimension(0) ?? inputs.freshDimension(0, output: 1),
      data.dimension(1) ?? inputs[1]?.dimension(0) ?? inputs.freshDimension(1, output: 1),
      length ?? inputs.freshDimension(2, output: 1),
    ]
    return [data, ValueFact(elementType: data.elementType, shape: state)]
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    guard ties.signature.input(0)?.rank == 3 else { return }
    let y = OperandAxis.output(0, axis: 1)
    for axis in 0..<2 {
      ties.tie(.input(0, axis: axis), .output(0, axis: axis))
      if ties.signature.input(3)?.rank == 3 { ties.tie(.input(3, axis: axis), .output(0, axis: axis)) }
      if ties.signature.output(1) != nil { ties.tie(.output(1, axis: axis), .output(0, axis: axis)) }
    }
    ties.tie(.input(1, axis: 0), y)
    ties.follow(.input(1, axis: 0))
    ties.free(.input(1, axis: 1))
    if ties.signature.input(2) != nil {
      ties.tie(.input(2, axis: 0), y)
      ties.follow(.input(2, axis: 0))
    }
    let lengths: [OperandAxis] = [.input(0, axis: 2), .input(1, axis: 2), .input(3, axis: 2)]
    ties.pinAll(lengths + [.output(0, axis: 2), .output(1, axis: 2)], "is slid over by the kernel")
  }

  /// Both outputs at once: the state carries the input on.
  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? {
    let isQuiet = [2, 3].allSatisfy { signature.input($0) == nil || operands.element($0) == 0 }
    return operands.element(0) == 0 && isQuiet ? 0 : nil
  }

  package func cost(_ signature: Signature) -> Cost {
    let kernel = signature.length(.input(1, axis: 2))
    let products = kernel.flatMap { kernel in
      signature.output(0)?.runLengths.flatMap { ($0 + [kernel]).product }
    }
    return Cost(multiplyAccumulates: products, parameterOperands: [1, 2])
  }

  package func refit(_ edit: inout NodeEdit) throws {}
}
