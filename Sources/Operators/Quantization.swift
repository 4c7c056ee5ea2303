import GraphIR
import Kernels

/// The step between floating-point numbers and small integers, ONNX `QuantizeLinear` and `DequantizeLinear`
/// (opset 10 and later), and ONNX Runtime's of the same names.
///
///     QuantizeLinear    y = saturate(round(x / scale) + zero)
///     DequantizeLinear  y = (x − zero) · scale
///
/// ## Shapes    y like x; scale and zero are scalars, or [x's length along `axis`], or, with `block_size`, like x with
///              one element a block
/// ## Channels  every axis of x ≡ y's ≡ scale₀ and zero₀ along `axis`; a blocked axis is pinned
/// ## Cost      none
/// - Throws: `shape-mismatch` if the scale has neither one element nor one a channel.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__DequantizeLinear.html>
package struct Quantization: ComposedOperator, ReadsIntegerWeights {
  package static let identifiers = [
    OperatorIdentifier("QuantizeLinear"), OperatorIdentifier("DequantizeLinear"),
    .microsoft("QuantizeLinear"), .microsoft("DequantizeLinear"),
  ]

  private let quantizes: Bool
  private let axis: Int
  private let blockSize: Int
  private let outputType: ElementType?

  package init(_ node: OperatorNode) throws {
    quantizes = node.opType == "QuantizeLinear"
    axis = try node.int("axis") ?? 1
    blockSize = max(try node.int("block_size") ?? 0, 0)
    let number = try node.int("output_dtype") ?? 0
    outputType = number == 0 ? nil : Int32(exactly: number).flatMap(ElementType.init(rawValue:))
  }

  private var isBlocked: Bool { blockSize != 0 }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    let elementType: ElementType?
    if quantizes {
      elementType = outputType ?? (inputs.count > 2 && inputs[2] != nil ? inputs[2]?.elementType : .uint8)
    } else {
      elementType = outputType ?? inputs[1]?.elementType
    }
    if let rank = inputs[0]?.rank, inputs[1]?.rank == 1, !isBlocked, let axis = checkedAxis(axis, rank: rank),
      let own = inputs[1]?.dimension(0)?.known, own != 1, let length = inputs[0]?.dimension(axis)?.known,
      own != length
    {
      throw CompileError("shape-mismatch", "the scale has \(own) elements, axis \(axis) of x has \(length)")
    }
    return [ValueFact(elementType: elementType, shape: inputs[0]?.shape)]
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    guard let rank = ties.signature.input(0)?.rank else { return }
    for position in 0..<rank { ties.tie(.input(0, axis: position), .output(0, axis: position)) }
    guard let axis = checkedAxis(axis, rank: rank) else { return }
    for operand in 1...2 {
      let parameters = ties.axes(ofInput: operand)
      if parameters.count == 1, !isBlocked {
        guard ties.signature.length(parameters[0]) != 1 else {
          ties.free(parameters[0])
          continue
        }
        // Not followers: a scale of zero would make quantising divide by it.
        ties.tie(parameters[0], .output(0, axis: axis))
        ties.accompany(parameters[0])
      } else if parameters.count == rank, isBlocked {
        for (position, parameter) in parameters.enumerated() where position != axis {
          ties.tie(parameter, .output(0, axis: position))
          ties.accompany(parameter)
        }
        ties.pinAll([.output(0, axis: axis), parameters[axis]], "is quantised in blocks")
      }
    }
  }

  package func integerWeights(_ signature: Signature) -> IntegerWeights? {
    guard !quantizes, !isBlocked, let rank = signature.input(0)?.rank else { return nil }
    return IntegerWeights(
      weight: 0, scale: 1, zero: signature.input(2) == nil ? nil : 2,
      axis: checkedAxis(axis, rank: rank) ?? 0)
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? {
    guard let value = operands.element(0) else { return nil }
    var zero: Double? = 0
    if let fact = signature.input(2) { zero = operands.element(2) ?? fact.scalar }
    guard let zero else { return nil }
    if quantizes { return value == 0 ? zero : nil }
    if value == zero { return 0 }
    let scale = operands.element(1) ?? signature.input(1)?.scalar
    return scale.map { (value - zero) * $0 }.roundedToFloat
  }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func compose(_ chain: inout KernelChain, _ call: KernelCall) throws -> [KernelChain.Value?] {
    let x = try chain.input(0)
    _ = try call.inputFormat(0)
    let format = try call.outputFormat()
    if isBlocked { return [try composeBlocks(x, format, &chain)] }
    // One scale may be a vector of one.
    func parameter(_ index: Int, _ chain: inout KernelChain) throws -> (value: KernelChain.Value, axis: Int?)?
    {
      guard let value = chain.optionalInput(index) else { return nil }
      let isSingle = value.layout.elementCount == 1
      guard isSingle || value.rank == 1 else { throw KernelError("its scale has several axes") }
      return (
        try chain.reshape(value, to: isSingle ? [] : value.dims),
        isSingle ? nil : try resolveAxis(axis, rank: x.rank)
      )
    }
    guard let scale = try parameter(1, &chain) else { throw KernelError("there is no scale") }
    let zero = try parameter(2, &chain)
    if let zero, zero.value.dims != scale.value.dims {
      throw KernelError("there is not a zero point for every scale")
    }
    if zero?.value.scalar == .float { throw KernelError("floats of 8 bits have no kernel") }
    guard quantizes else {
      let kernel = DequantizeLinearKernel(x.dims, axis: scale.axis, hasZero: zero != nil)
      return [try chain.cast(chain.run(kernel, x, scale.value, zero?.value), to: format)]
    }
    guard case .integer(let range) = format else { throw KernelError("floats of 8 bits have no kernel") }
    let kernel = QuantizeLinearKernel(x.dims, axis: scale.axis, to: range, hasZero: zero != nil)
    return [try chain.run(kernel, chain.cast(x, to: .float), scale.value, zero?.value)]
  }

  /// The same with a scale for every block of an axis.
  private func composeBlocks(_ x: KernelChain.Value, _ format: NumberFormat, _ chain: inout KernelChain)
    throws
    -> KernelChain.Value
  {
    let axis = try resolveAxis(axis, rank: x.rank)
    func spread(_ value: KernelChain.Value) throws -> KernelChain.Value {
      guard value.rank == x.rank, value.dims[axis] * blockSize >= x.dims[axis] else {
        throw KernelError("its scales do not cover axis \(axis)")
      }
      var dims = value.dims
      dims.insert(1, at: axis + 1)
      let apart = try chain.reshape(chain.cast(value, to: .float), to: dims)
      dims[axis + 1] = blockSize
      let wide = try chain.expand(apart, to: dims)
      dims.remove(at: axis + 1)
      dims[axis] *= blockSize
      return try chain.slice(chain.reshape(wide, to: dims), axis: axis, 0..<x.dims[axis])
    }
    let scale = try spread(chain.input(1))
    let zero = try chain.optionalInput(2).map { try spread($0) }
    let numbers = try chain.cast(x, to: .float)
    if quantizes {
      var level = try chain.apply(.round, chain.combine(.div, numbers, scale))
      if let zero { level = try chain.combine(.add, level, zero) }
      guard let limits = format.integerLimits else { throw KernelError("floats of 8 bits have no kernel") }
      let kept = try chain.apply(.clip(min: Float(limits.lowest), max: Float(limits.highest)), level)
      return try chain.cast(kept, to: format)
    }
    var difference = numbers
    if let zero { difference = try chain.combine(.sub, difference, zero) }
    return try chain.cast(chain.combine(.mul, difference, scale), to: format)
  }

  package func refit(_ edit: inout NodeEdit) throws {}
}
