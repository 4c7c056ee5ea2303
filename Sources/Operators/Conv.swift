import GraphIR
import Kernels

/// A convolution over any number of spatial axes, ONNX `Conv` (opset 1 and later).
///
///     Y[n,o,y,x] = B[o] + Σ c,i,j  X[n, c, s·y+d·i−p, s·x+d·j−p] · W[o,c,i,j]
///
/// ## Shapes    X [N, C, H, W], W [O, C/G, kH, kW], B [O], Y [N, O, H′, W′]
/// ## Channels  G = 1: X₁≡W₁ and W₀≡B₀≡Y₁. Depthwise (C/G = 1): X₁≡W₀≡B₀≡Y₁. Otherwise either whole groups of X₁,
///              W₀, B₀ and Y₁ together, or the same channels of every group, X₁ and Y₁ apart
/// ## Cost      MACs N·O·H′·W′·(C/G)·kH·kW
/// - Throws: `shape-mismatch` if C ≠ G·W₁, G does not divide O, or ranks, `kernel_shape` or B disagree.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__Conv.html>
package struct Conv: ComputableOperator {
  package static let identifiers = [OperatorIdentifier("Conv")]

  private let window: SlidingWindow
  private let groups: Int

  package init(_ node: OperatorNode) throws {
    window = try SlidingWindow(node)
    groups = try node.int("group") ?? 1
    guard (1...SlidingWindow.attributeLimit).contains(groups) else {
      throw CompileError("attribute-value", "attribute 'group' is \(groups); it must be 1 or more")
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
      result.shape?[1] = weight[0]
      return [result]
    }
    try check(data, weight, bias: inputs[2])
    result.shape =
      try [data[0], weight[0]]
      + (0..<data.count - 2).map { axis in
        guard let kernel = weight[axis + 2].known else { return inputs.freshDimension(axis + 2) }
        return try window.slide(over: data[axis + 2], kernel: kernel, axis: axis)
      }
    return [result]
  }

  private func check(_ data: [Dimension], _ weight: [Dimension], bias: ValueFact?) throws {
    guard data.count == weight.count, data.count >= 2 else {
      throw CompileError("shape-mismatch", "X has rank \(data.count), W has rank \(weight.count)")
    }
    try window.check(spatialRank: data.count - 2)
    if let channels = data[1].known, let share = weight[1].known,
      channels % groups != 0 || channels / groups != share
    {
      let inGroups = groups == 1 ? "1 group" : "\(groups) groups"
      throw CompileError(
        "shape-mismatch", "W has \(share) input channels a group, X has \(channels) in \(inGroups)")
    }
    let filters = weight[0].known
    if filters == 0 { throw CompileError("shape-mismatch", "W has no filters") }
    if let filters, filters % groups != 0 {
      throw CompileError("shape-mismatch", "W has \(filters) filters, \(groups) groups cannot share them")
    }
    if let shape = window.kernelShape,
      zip(shape, weight[2...]).contains(where: { $1.known != nil && $1.known != $0 })
    {
      throw CompileError(
        "shape-mismatch",
        "attribute 'kernel_shape' is \(shape), W has kernel [\(weight[2...].map(\.description).joined(separator: ", "))]"
      )
    }
    if let length = bias?.dimension(0)?.known, let filters, length != filters {
      throw CompileError("shape-mismatch", "B has \(length) elements, W has \(filters) filters")
    }
  }

  /// The channels by group; nil where W's lengths are not known, or G = 1.
  private func grouped(_ signature: Signature) -> GroupedChannels? {
    guard groups > 1, let filters = signature.length(.input(1, axis: 0)), filters >= groups,
      let share = signature.length(.input(1, axis: 1))
    else { return nil }
    return GroupedChannels(groups: groups, inputs: share, outputs: filters / groups)
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    let (x, y): (OperandAxis, OperandAxis) = (.input(0, axis: 1), .output(0, axis: 1))
    let (filters, share): (OperandAxis, OperandAxis) = (.input(1, axis: 0), .input(1, axis: 1))
    ties.tie(.input(0, axis: 0), .output(0, axis: 0))
    ties.pinAll(
      ties.axes(ofInput: 0, from: 2) + ties.axes(ofOutput: 0, from: 2), "is slid over by the kernel")
    ties.pinAll(ties.axes(ofInput: 1, from: 2), "is the kernel's extent")
    ties.tie(filters, y)
    let bias: OperandAxis? = ties.signature.input(2) == nil ? nil : .input(2, axis: 0)
    if let bias { ties.tie(bias, y) }

    guard groups > 1 else {
      ties.tie(x, share)
      ties.consume(share)
      ties.produce(filters)
      if let bias { ties.produce(bias, ranked: false) }
      return
    }
    guard let channels = grouped(ties.signature) else {
      ties.pinAll([x, y, filters, share], "belongs to a grouped convolution of unknown size")
      return
    }
    let (reads, makes) = (channels.inputs, channels.outputs)
    if channels.takesWholeGroups(&ties) {
      ties.tie(x, y, positions: channels.wholeGroups)
      ties.follow(filters)
      if let bias { ties.follow(bias) }
      if channels.isDepthwise {
        ties.free(share)
      } else {
        ties.pin(share, "is shared by the channels of all groups")
      }
    } else {
      ties.tie(x, share) { $0 % reads }
      ties.consume(share)
      ties.couple(filters) { $0 % makes }
      ties.produce(filters)
      if let bias { ties.produce(bias, ranked: false) }
    }
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? {
    // X is tied to Y only by groups that are removed whole, and then with all the channels that the group reads.
    guard operands.element(1) == 0 || (groups > 1 && operands.element(0) == 0) else { return nil }
    return signature.input(2) == nil ? 0 : operands.element(2)
  }

  package func cost(_ signature: Signature) -> Cost {
    guard let weight = signature.input(1)?.knownShape, weight.count >= 2 else {
      return Cost(multiplyAccumulates: nil, parameterOperands: [1, 2])
    }
    let output = signature.output(0)?.runLengths
    return Cost(
      multiplyAccumulates: output.flatMap { ($0 + weight[1...]).product }, parameterOperands: [1, 2],
      paper: PaperCost(
        inputChannels: weight[1], kernel: weight[2...], outputChannels: weight[0], output: output))
  }

  package func kernel(_ call: KernelCall) throws -> any Kernel {
    try call.allowNativeSums()
    guard try call.scalar(0) == .float else { throw KernelError("there is no kernel for integers") }
    let output = try call.outputDims()
    let kernel = try Array(call.dims(1)[2...])
    return try Convolution(
      input: call.layout(0), weights: call.dims(1), hasBias: call.has(2), output: output,
      geometry: window.geometry(input: call.dims(0), kernel: kernel, output: output, groups: groups),
      mode: call.mode, activation: call.activation, wantsDataGradient: call.wantsGradient.first ?? true,
      algorithms: call.algorithms)
  }

  package func fuses(_ activation: Activation, _ signature: Signature, in mode: KernelMode) -> Bool {
    mode == .inference
  }

  package func refit(_ edit: inout NodeEdit) throws {
    guard let channels = grouped(edit.before) else { return }
    try edit.refitGroups(
      channels, inputs: .input(0, axis: 1), outputs: .input(1, axis: 0), share: .input(1, axis: 1),
      of: .input(0, axis: 1))
  }
}

extension PaperCost {
  /// The map's area is per sample.
  init?(inputChannels: Int, kernel: ArraySlice<Int>, outputChannels: Int, output: [Int]?) {
    guard let kernelArea = kernel.product else { return nil }
    self.init(
      inputChannelsPerGroup: inputChannels, kernelArea: kernelArea, outputChannels: outputChannels,
      outputArea: output.flatMap { $0.dropFirst(2).product })
  }
}

extension [Double?] {
  /// What fills the slot of operand `index`; nil past the end too.
  func element(_ index: Int) -> Double? { indices.contains(index) ? self[index] : nil }
}
