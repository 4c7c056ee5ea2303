import GraphIR
import Kernels

/// Pooling over the whole map, ONNX `GlobalAveragePool`, `GlobalMaxPool` and `GlobalLpPool` (opset 1 and later).
///
///     Y[n,c,0,0] = f over y,x of X[n,c,y,x]
///
/// ## Shapes    X [N, C, H, W], Y [N, C, 1, 1]
/// ## Channels  X₁≡Y₁, X₀≡Y₀
/// ## Cost      none
/// - Throws: `shape-mismatch` if X has no channel axis.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__GlobalAveragePool.html>
package struct GlobalPool: ComposedOperator {
  package static let identifiers = [
    OperatorIdentifier("GlobalAveragePool"), OperatorIdentifier("GlobalMaxPool"),
    OperatorIdentifier("GlobalLpPool"),
  ]

  private let name: String
  /// The norm of GlobalLpPool.
  private let p: Int

  package init(_ node: OperatorNode) throws {
    name = node.opType
    p = try node.int("p") ?? 2
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    var result = ValueFact(elementType: inputs[0]?.elementType)
    if let shape = inputs[0]?.shape {
      guard shape.count >= 2 else {
        throw CompileError("shape-mismatch", "X has rank \(shape.count), 2 or more is needed")
      }
      result.shape = shape.indices.map { $0 < 2 ? shape[$0] : 1 }
    }
    return [result]
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    for axis in 0..<min(2, ties.signature.input(0)?.rank ?? 0) {
      ties.tie(.input(0, axis: axis), .output(0, axis: axis))
    }
    ties.pinAll(ties.axes(ofInput: 0, from: 2) + ties.axes(ofOutput: 0, from: 2), "is pooled over")
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? {
    guard let value = operands.element(0) else { return nil }
    return value == 0 || name != "GlobalLpPool" ? value : nil
  }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func compose(_ chain: inout KernelChain, _ call: KernelCall) throws -> [KernelChain.Value?] {
    let x = try chain.input(0)
    if name == "GlobalLpPool" {
      let powers = try chain.magnitudes(x, power: p)
      let sum = try chain.reduce(.sum, powers, axes: Array(2..<max(x.rank, 2)), keepsAxes: true)
      return [try chain.root(sum, power: p, in: call.mode)]
    }
    try call.allowNativeSums()
    guard x.scalar == .float else { throw KernelError("there is no kernel for integers") }
    let kernel = Array(x.dims[2...])
    let none = [Int](repeating: 0, count: kernel.count)
    let one = [Int](repeating: 1, count: kernel.count)
    return [
      try chain.run(
        PoolingKernel(
          name == "GlobalMaxPool" ? .maximum : .average(countsPadding: false), input: x.layout,
          output: call.outputDims(), kernel: kernel,
          geometry: ConvolutionGeometry(strides: one, dilations: one, padsBegin: none, padsEnd: none),
          mode: call.mode), x)
    ]
  }

  package func refit(_ edit: inout NodeEdit) throws {}
}
