import GraphIR
import Kernels

/// A map resampled to another size, ONNX `Resize` (opset 10 and later) and `Upsample` (until opset 9).
///
///     Y.length = ⌊X.length · scale⌋, or as `sizes` says
///
/// ## Shapes    scales or sizes for every axis, or for those in `axes`
/// ## Channels  axes that keep their length tied; the others are resampled
/// ## Cost      none: interpolation weighs with no learned number
/// - Throws: `shape-mismatch` if there is not one scale or size for every axis.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__Resize.html>
package struct Resize: ComposedOperator {
  package static let identifiers = [OperatorIdentifier("Resize"), OperatorIdentifier("Upsample")]

  private enum Scales {
    case attribute([Float])
    case input(Int)
  }

  private let scales: Scales
  private let sizes: IntegerList
  private let axes: [Int]?
  private let policy: String
  private let coordinates: String
  private let isCubic: Bool
  private let attributes: ResizeAttributes

  package init(_ node: OperatorNode) throws {
    let isUpsample = node.opType == "Upsample"
    if isUpsample, node.opsetVersion < 9 {
      let planar = [1, 1, try node.float("height_scale") ?? 1, try node.float("width_scale") ?? 1]
      scales = .attribute(try node.floats("scales") ?? planar)
    } else {
      scales = .input(isUpsample || node.opsetVersion < 11 ? 1 : 2)
    }
    sizes = isUpsample || node.opsetVersion < 11 ? .absent : .input(3)
    axes = try node.ints("axes")
    policy = try node.string("keep_aspect_ratio_policy") ?? "stretch"
    coordinates = try node.string("coordinate_transformation_mode") ?? "half_pixel"
    isCubic = try node.string("mode") == "cubic"
    attributes = try ResizeAttributes(node)
  }

  /// What becomes of one axis.
  private enum Fate {
    case kept
    case scaled(Float)
    case sized(Dimension)
    case unknown
  }

  /// By axis.
  private func fates(_ signature: Signature, rank: Int) throws -> [Fate] {
    let resized = try axes.map { try resolveAxes($0, rank: rank) } ?? Array(0..<rank)
    var fates = [Fate](repeating: .kept, count: rank)
    func assign<Element>(_ values: [Element], _ fate: (Element) -> Fate) throws {
      guard values.count == resized.count else {
        throw CompileError(
          "shape-mismatch", "there are \(values.count) scales or sizes for \(resized.count) axes")
      }
      for (axis, value) in zip(resized, values) { fates[axis] = fate(value) }
    }
    if let scales = knownScales(signature) {
      try assign(scales) { $0 == 1 ? .kept : .scaled($0) }
    } else if hasSizes(signature), policy == "stretch", let sizes = sizes.elements(signature)?.map(\.value) {
      try assign(sizes) { .sized($0) }
    } else if hasSizes(signature), let sizes = proportionalSizes(signature, resized) {
      for (axis, size) in zip(resized, sizes) { fates[axis] = .sized(Dimension(size)) }
    } else {
      for axis in resized { fates[axis] = .unknown }
    }
    return fates
  }

  /// One scale for all axes, the smallest or the largest that the sizes ask for; nil where that is not known.
  private func proportionalScale(_ signature: Signature, _ resized: [Int]) -> Float? {
    guard policy != "stretch", let sizes = sizes.known(signature), sizes.count == resized.count,
      let shape = signature.input(0)?.shape
    else { return nil }
    let scales = zip(sizes, resized).compactMap { size, axis in
      shape[axis].known.flatMap { $0 > 0 ? Float(size) / Float($0) : nil }
    }
    guard scales.count == resized.count else { return nil }
    return policy == "not_larger" ? scales.min() : scales.max()
  }

  private func proportionalSizes(_ signature: Signature, _ resized: [Int]) -> [Int]? {
    guard let scale = proportionalScale(signature, resized), let shape = signature.input(0)?.shape else {
      return nil
    }
    let sizes = resized.compactMap { axis in
      shape[axis].known.flatMap { Int(exactly: (Float($0) * scale + 0.5).rounded(.down)) }
    }
    return sizes.count == resized.count ? sizes : nil
  }

  private func hasSizes(_ signature: Signature) -> Bool {
    !sizes.isAbsent(signature) && sizes.count(signature) != 0
  }

  /// The scales, where they are what counts and are known.
  private func knownScales(_ signature: Signature) -> [Float]? {
    switch scales {
    case .attribute(let values): return values
    case .input(let index):
      guard let fact = signature.input(index), fact.dimension(0) != 0, !hasSizes(signature) else {
        return nil
      }
      return fact.constant?.doubles?.map { Float($0) } ?? fact.knownContent?.map { Float($0) }
    }
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    var fact = ValueFact(elementType: inputs[0]?.elementType)
    guard let shape = inputs[0]?.shape else { return [fact] }
    let fates = try fates(inputs.signature, rank: shape.count)
    fact.shape = shape.enumerated().map { axis, length in
      switch fates[axis] {
      case .kept: length
      case .scaled(let scale):
        coordinates == "tf_crop_and_resize" ? inputs.freshDimension(axis) : Self.scale(length, by: scale)
      case .sized(let size): size
      case .unknown: inputs.freshDimension(axis)
      }
    }
    return [fact]
  }

  private static func scale(_ length: Dimension, by scale: Float) -> Dimension {
    if let length = length.known {
      return Int(exactly: (Float(length) * scale).rounded(.down)).map { Dimension($0) }
        ?? .derived("resize", Dimension(length), parameters: [Int(scale.bitPattern)])
    }
    if let whole = Int(exactly: scale), whole > 0 { return length * Dimension(whole) }
    if let divisor = Int(exactly: 1 / scale), let part = length.divided(exactlyBy: Dimension(divisor)) {
      return part
    }
    return .derived("resize", length, parameters: [Int(scale.bitPattern)])
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    guard let shape = ties.signature.input(0)?.shape,
      let fates = try? fates(ties.signature, rank: shape.count)
    else {
      return
    }
    // In these modes an axis that keeps its length may be shifted all the same.
    let mayShift = coordinates == "tf_crop_and_resize" || coordinates == "tf_half_pixel_for_nn"
    let listed = axes.flatMap { try? resolveAxes($0, rank: shape.count) } ?? Array(shape.indices)
    for (axis, fate) in fates.enumerated() {
      let isKept =
        switch fate {
        case .kept: true
        case .sized(let size): size == shape[axis]
        case .scaled, .unknown: false
        }
      let (input, output) = (OperandAxis.input(0, axis: axis), OperandAxis.output(0, axis: axis))
      if isKept, !mayShift || !listed.contains(axis) {
        ties.tie(input, output)
      } else {
        ties.pinAll([input, output], "is resampled")
      }
    }
  }

  /// Weights of interpolation add up to 1; those of a cubic one only nearly.
  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? {
    guard let value = operands.first ?? nil else { return nil }
    return value == 0 || !isCubic ? (coordinates == "tf_crop_and_resize" ? nil : value) : nil
  }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func compose(_ chain: inout KernelChain, _ call: KernelCall) throws -> [KernelChain.Value?] {
    let (x, output) = (try chain.input(0), try call.outputDims())
    let resized = try axes.map { try resolveAxes($0, rank: x.rank) } ?? Array(0..<x.rank)
    let rule = try attributes.rule()
    let scales = knownScales(call.signature)
    guard scales != nil || hasSizes(call.signature) else {
      throw KernelError("its scales depend on the data")
    }
    let common = scales == nil ? proportionalScale(call.signature, resized) : nil
    let regions = try regions(call, resized.count)
    guard x.layout.elementCount > 0 else { throw KernelError("there is nothing to resample") }
    let kernel = ResizeKernel(
      x.dims,
      resized.enumerated().map { position, axis in
        ResizedAxis(
          axis, length: output[axis],
          scale: scales?[position] ?? common ?? Float(output[axis]) / Float(x.dims[axis]),
          region: regions?[position] ?? (0, 1))
      }, rule)
    let result = try chain.run(kernel, chain.cast(x, to: .float))
    return [x.scalar == .float ? result : try chain.cast(result, to: call.outputFormat())]
  }

  /// The part of each axis that is looked at; nil where it is all.
  private func regions(_ call: KernelCall, _ count: Int) throws -> [(start: Float, end: Float)]? {
    guard coordinates == "tf_crop_and_resize" else { return nil }
    let numbers = try call.doubles(1).map { Float($0) }
    guard numbers.count == 2 * count else { throw KernelError("its region does not name every axis") }
    return (0..<count).map { (numbers[$0], numbers[$0 + count]) }
  }

  package func refit(_ edit: inout NodeEdit) throws {
    guard hasSizes(edit.before), let rank = edit.before.input(0)?.rank, let count = sizes.count(edit.before)
    else {
      return
    }
    let resized = try axes.map { try resolveAxes($0, rank: rank) } ?? Array(0..<rank)
    guard resized.count == count else { return }
    let values = resized.map { axis in
      edit.changedLength(.output(0, axis: axis))
    }
    try sizes.restate(values, &edit)
  }
}
