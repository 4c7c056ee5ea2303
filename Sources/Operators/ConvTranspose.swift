import GraphIR
import Kernels

/// A transposed convolution, ONNX `ConvTranspose` (opset 1 and later).
///
///     Y[n, o, s·y+d·i−p, s·x+d·j−p] += X[n,c,y,x] · W[c,o,i,j],   plus B[o]
///
/// ## Shapes    X [N, C, H, W], W [C, O/G, kH, kW], B [O], Y [N, O, H′, W′] with H′ = s·(H−1) + d·(k−1) + 1 + a − p
/// ## Channels  G = 1: X₁≡W₀ and W₁≡B₀≡Y₁. Depthwise (G = C = O): X₁≡W₀≡B₀≡Y₁. Otherwise either whole groups of X₁,
///              W₀, B₀ and Y₁ together, or the same channels of every group, X₁ and Y₁ apart
/// ## Cost      MACs N·C·H·W·(O/G)·kH·kW
/// - Throws: `shape-mismatch` if C ≠ W₀, G does not divide C, or ranks, `kernel_shape` or B disagree.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__ConvTranspose.html>
package struct ConvTranspose: ComputableOperator {
  package static let identifiers = [OperatorIdentifier("ConvTranspose")]

  private let window: SlidingWindow
  private let groups: Int
  private let outputPadding: [Int]
  private let outputShape: [Int]

  package init(_ node: OperatorNode) throws {
    window = try SlidingWindow(node)
    groups = try node.int("group") ?? 1
    guard (1...SlidingWindow.attributeLimit).contains(groups) else {
      throw CompileError("attribute-value", "attribute 'group' is \(groups); it must be 1 or more")
    }
    outputPadding = try node.ints("output_padding") ?? []
    outputShape = try node.ints("output_shape") ?? []
    for (name, values) in [("output_padding", outputPadding), ("output_shape", outputShape)]
    where values.contains(where: { $0 < 0 || $0 > SlidingWindow.attributeLimit }) {
      throw CompileError("attribute-value", "attribute '\(name)' is \(values)")
    }
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    guard inputs[0] != nil, inputs[1] != nil else {
      throw CompileError("missing-input", "needs two inputs, X and W")
    }
    try inputs.expectNumbers()
    var result = ValueFact(elementType: inputs[0]?.elementType ?? inputs[1]?.elementType)
    guard let weight = inputs[1]?.shape else { return [result] }
    guard let data = inputs[0]?.shape else {
      if weight.count >= 2 { result.shape = inputs.freshShape(rank: weight.count) }
      result.shape?[1] = weight[1] * Dimension(groups)
      return [result]
    }
    try check(data, weight, bias: inputs[2])
    result.shape =
      try [data[0], weight[1] * Dimension(groups)]
      + (0..<data.count - 2).map { axis in
        guard let kernel = weight[axis + 2].known else { return inputs.freshDimension(axis + 2) }
        return try length(of: data[axis + 2], kernel: kernel, axis: axis, spatialRank: data.count - 2)
      }
    return [result]
  }

  private func length(of length: Dimension, kernel: Int, axis: Int, spatialRank: Int) throws -> Dimension {
    // Some exporters give batch and channels too: the spatial lengths are the last ones.
    if !outputShape.isEmpty { return Dimension(outputShape[axis + outputShape.count - spatialRank]) }
    guard (1...SlidingWindow.attributeLimit).contains(kernel) else {
      throw CompileError("shape-mismatch", "the kernel has \(kernel) elements along spatial axis \(axis)")
    }
    let effective = window.dilation(axis) * (kernel - 1) + 1
    let added = outputPadding.isEmpty ? 0 : outputPadding[axis]
    var rest = effective + added - window.pad(axis) - window.stride(axis)
    // "Same" padding cuts to s·L, but cannot add what windows narrower than their stride leave out.
    if window.padding == .sameUpper || window.padding == .sameLower { rest = min(rest, 0) }
    let scaled = length * Dimension(window.stride(axis))
    guard let known = scaled.known, known < 1 << 60 else {
      return rest == 0 ? scaled : .derived("convtranspose", scaled, parameters: [rest])
    }
    guard known + rest >= 0 else {
      throw CompileError("shape-mismatch", "spatial axis \(axis) would have \(known + rest) elements")
    }
    return Dimension(known + rest)
  }

  private func check(_ data: [Dimension], _ weight: [Dimension], bias: ValueFact?) throws {
    guard data.count == weight.count, data.count >= 2 else {
      throw CompileError("shape-mismatch", "X has rank \(data.count), W has rank \(weight.count)")
    }
    let spatialRank = data.count - 2
    try window.check(spatialRank: spatialRank)
    guard outputPadding.isEmpty || outputPadding.count == spatialRank,
      outputShape.isEmpty || outputShape.count >= spatialRank
    else {
      throw CompileError("shape-mismatch", "X has \(spatialRank) spatial axes, the attributes have others")
    }
    if let channels = data[1].known, let own = weight[0].known, channels != own {
      throw CompileError("shape-mismatch", "W has \(own) input channels, X has \(channels)")
    }
    if let channels = weight[0].known ?? data[1].known, channels % groups != 0 {
      throw CompileError("shape-mismatch", "X has \(channels) channels, \(groups) groups cannot share them")
    }
    if let shape = window.kernelShape,
      zip(shape, weight[2...]).contains(where: { $1.known != nil && $1.known != $0 })
    {
      throw CompileError(
        "shape-mismatch",
        "attribute 'kernel_shape' is \(shape), W has kernel [\(weight[2...].map(\.description).joined(separator: ", "))]"
      )
    }
    if let length = bias?.dimension(0)?.known, let makes = (weight[1] * Dimension(groups)).known,
      length != makes
    {
      throw CompileError("shape-mismatch", "B has \(length) elements, W makes \(makes) channels")
    }
  }

  private func grouped(_ signature: Signature) -> GroupedChannels? {
    guard groups > 1, let channels = signature.length(.input(1, axis: 0)), channels >= groups,
      let share = signature.length(.input(1, axis: 1)), share > 0
    else { return nil }
    return GroupedChannels(groups: groups, inputs: channels / groups, outputs: share)
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    let (x, y): (OperandAxis, OperandAxis) = (.input(0, axis: 1), .output(0, axis: 1))
    let (reads, share): (OperandAxis, OperandAxis) = (.input(1, axis: 0), .input(1, axis: 1))
    ties.tie(.input(0, axis: 0), .output(0, axis: 0))
    ties.pinAll(
      ties.axes(ofInput: 0, from: 2) + ties.axes(ofOutput: 0, from: 2), "is slid over by the kernel")
    ties.pinAll(ties.axes(ofInput: 1, from: 2), "is the kernel's extent")
    ties.tie(x, reads)
    let bias: OperandAxis? = ties.signature.input(2) == nil ? nil : .input(2, axis: 0)
    if let bias { ties.tie(bias, y) }

    guard groups > 1 else {
      ties.consume(reads)
      ties.tie(share, y)
      ties.produce(share)
      if let bias { ties.produce(bias, ranked: false) }
      return
    }
    guard let channels = grouped(ties.signature) else {
      ties.pinAll([x, y, reads, share], "belongs to a grouped convolution of unknown size")
      return
    }
    if channels.takesWholeGroups(&ties) {
      ties.tie(x, y, positions: channels.wholeGroups)
      ties.tie(reads, y, positions: channels.wholeGroups)
      ties.follow(reads)
      if let bias { ties.follow(bias) }
      if channels.outputs == 1 {
        ties.free(share)
      } else {
        ties.pin(share, "is shared by the channels of all groups")
      }
    } else {
      ties.couple(reads) { $0 % channels.inputs }
      ties.consume(reads)
      ties.tie(y, share) { $0 % channels.outputs }
      ties.produce(share)
      if let bias { ties.produce(bias, ranked: false) }
    }
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? {
    // X and W₀ are tied to Y only by groups that are removed whole, and then with all that the group reads.
    guard operands.element(1) == 0 || (groups > 1 && operands.element(0) == 0) else { return nil }
    return signature.input(2) == nil ? 0 : operands.element(2)
  }

  package func cost(_ signature: Signature) -> Cost {
    guard let weight = signature.input(1)?.knownShape, weight.count >= 2 else {
      return Cost(multiplyAccumulates: nil, parameterOperands: [1, 2])
    }
    let input = signature.input(0)?.runLengths
    let outputs = weight[1].multipliedReportingOverflow(by: groups)
    return Cost(
      multiplyAccumulates: input.flatMap { ($0 + weight[1...]).product }, parameterOperands: [1, 2],
      paper: outputs.overflow
        ? nil
        : PaperCost(
          inputChannels: weight[0] / groups, kernel: weight[2...], outputChannels: outputs.partialValue,
          output: signature.output(0)?.runLengths))
  }

  package func kernel(_ call: KernelCall) throws -> any Kernel {
    try call.allowNativeSums()
    let (input, weights, output) = (try call.dims(0), try call.dims(1), try call.outputDims())
    guard try call.scalar(0) == .float else { throw KernelError("there is no kernel for integers") }
    return try Convolution(
      input: call.layout(0), weights: weights, hasBias: call.has(2), output: output,
      geometry: window.transposedGeometry(
        input: input, kernel: Array(weights[2...]), output: output, groups: groups,
        statesShape: !outputShape.isEmpty),
      mode: call.mode, activation: call.activation, wantsDataGradient: call.wantsGradient.first ?? true,
      algorithms: call.algorithms)
  }

  package func refit(_ edit: inout NodeEdit) throws {
    guard let channels = grouped(edit.before) else { return }
    try edit.refitGroups(
      channels, inputs: .input(1, axis: 0), outputs: .output(0, axis: 1), share: .input(1, axis: 1),
      of: .output(0, axis: 1))
  }
}
