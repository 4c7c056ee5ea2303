import GraphIR
import Kernels

/// Pooling by a sliding window, ONNX `MaxPool`, `AveragePool` and `LpPool` (opset 1 and later).
///
///     Y[n,c,y,x] = f over i,j of X[n, c, s·y+d·i−p, s·x+d·j−p]
///
/// ## Shapes    X [N, C, H, W], Y [N, C, H′, W′] as ``SlidingWindow`` says; MaxPool's Indices like Y
/// ## Channels  X₁≡Y₁, X₀≡Y₀; pinned where the Indices, which count channels, are used
/// ## Cost      none
/// - Throws: `shape-mismatch` if an attribute has another rank than X.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__MaxPool.html>
package struct Pool: ComposedOperator {
  package static let identifiers = [
    OperatorIdentifier("MaxPool"), OperatorIdentifier("AveragePool"), OperatorIdentifier("LpPool"),
  ]

  private let name: String
  private let window: SlidingWindow
  private let countsPadding: Bool
  /// The norm of LpPool.
  private let p: Int
  private let isColumnMajor: Bool

  package init(_ node: OperatorNode) throws {
    name = node.opType
    window = try SlidingWindow(node)
    isColumnMajor = try node.int("storage_order") ?? 0 != 0
    p = try node.int("p") ?? 2
    countsPadding = try node.int("count_include_pad") ?? 0 != 0
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    var result = ValueFact(elementType: inputs[0]?.elementType)
    if let shape = inputs[0]?.shape, let kernel = window.kernelShape {
      guard shape.count == kernel.count + 2 else {
        throw CompileError(
          "shape-mismatch", "X has rank \(shape.count), attribute 'kernel_shape' has \(kernel.count) entries")
      }
      try window.check(spatialRank: kernel.count)
      result.shape =
        try shape[..<2]
        + kernel.indices.map {
          try window.slide(over: shape[$0 + 2], kernel: kernel[$0], axis: $0, allowsShort: true)
        }
    }
    return [result, ValueFact(elementType: .int64, shape: result.shape)]
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    let hasIndices = ties.signature.output(1) != nil
    for axis in 0..<min(2, ties.signature.input(0)?.rank ?? 0) {
      ties.tie(.input(0, axis: axis), .output(0, axis: axis))
      guard hasIndices else { continue }
      ties.tie(.input(0, axis: axis), .output(1, axis: axis))
      ties.pin(.output(1, axis: axis), "belongs to positions that count every channel")
    }
    let spatial =
      ties.axes(ofInput: 0, from: 2) + ties.axes(ofOutput: 0, from: 2) + ties.axes(ofOutput: 1, from: 2)
    ties.pinAll(spatial, "is slid over by the window")
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? {
    guard let value = operands.element(0) else { return nil }
    switch name {
    case "MaxPool": return value
    case "AveragePool": return value == 0 || !countsPadding || !window.isPadded ? value : nil
    default: return value == 0 ? 0 : nil
    }
  }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func compose(_ chain: inout KernelChain, _ call: KernelCall) throws -> [KernelChain.Value?] {
    try call.allowNativeSums()
    guard let kernel = window.kernelShape else { throw KernelError("the window has no shape") }
    let output = try call.outputDims()
    let geometry = window.geometry(input: try call.dims(0), kernel: kernel, output: output)
    func pool(_ function: PoolingKernel.Function, _ x: KernelChain.Value, _ chain: inout KernelChain) throws
      -> KernelChain.Value
    {
      try chain.run(
        PoolingKernel(
          function, input: x.layout, output: output, kernel: kernel, geometry: geometry, mode: call.mode), x)
    }
    let x = try chain.input(0)
    let area = kernel.reduce(1, *)
    switch name {
    case "MaxPool" where call.wants(1):
      guard x.scalar == .float else { throw KernelError("there is no kernel for integers") }
      let positions = MaximumPositionsKernel(
        x.dims, output: output, kernel: kernel, geometry: geometry, isColumnMajor: isColumnMajor)
      return chain.append(positions, [x])
    case "MaxPool":
      let result = try pool(.maximum, chain.cast(x, to: .float), &chain)
      return [x.scalar == .float ? result : try chain.cast(result, to: call.outputFormat())]
    case "LpPool":
      // A mean that counts padding is the sum by the window's area.
      let mean = try pool(.average(countsPadding: true), chain.magnitudes(x, power: p), &chain)
      return [try chain.root(chain.combine(.mul, mean, Double(area)), power: p, in: call.mode)]
    default:
      // With ceil_mode the last window may reach past the padding, and ONNX does not count what is there.
      guard countsPadding, window.roundsUp else {
        return [try pool(.average(countsPadding: countsPadding), x, &chain)]
      }
      let mean = try pool(.average(countsPadding: true), x, &chain)
      let counts = window.paddedCounts(input: x.dims, kernel: kernel, output: output)
      let sum = try chain.combine(.mul, mean, Double(area))
      return [try chain.combine(.div, sum, chain.constant(counts, dims: Array(output[2...])))]
    }
  }

  package func refit(_ edit: inout NodeEdit) throws {}
}

extension KernelChain {
  /// |x|ᵖ
  mutating func magnitudes(_ x: Value, power p: Int) throws -> Value {
    switch p {
    case 1: try apply(.abs, x)
    case 2: try combine(.mul, x, x)
    default: try combine(.pow, apply(.abs, x), Double(p))
    }
  }

  /// x^(1/p) of what is not negative. In training 0 counts as the least number that there is, so that it has a gradient,
  /// which is 0.
  mutating func root(_ x: Value, power p: Int, in mode: KernelMode) throws -> Value {
    if p == 1 { return x }
    let least = Double(Float.leastNormalMagnitude)
    let positive = try mode == .training ? combine(.max, x, least) : x
    return try p == 2 ? apply(.sqrt, positive) : combine(.pow, positive, 1 / Double(p))
  }
}
