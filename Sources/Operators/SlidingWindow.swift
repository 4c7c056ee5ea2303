import GraphIR
import Kernels

/// How a window slides over the spatial axes: the attributes that convolutions and poolings share.
///
///     effective = d·(k−1) + 1        L′ = ⌊(L + p − effective) / s⌋ + 1        (⌈ ⌉ with ceil_mode)
///
/// where p is the padding at both ends together.
struct SlidingWindow: Sendable {
  enum Padding: String {
    case explicit = "NOTSET"
    case sameUpper = "SAME_UPPER"
    case sameLower = "SAME_LOWER"
    case valid = "VALID"
  }

  /// The `kernel_shape` attribute; convolutions may leave it to their weights.
  let kernelShape: [Int]?
  private let strides: [Int]?
  private let dilations: [Int]?
  private let pads: [Int]?
  let padding: Padding
  let roundsUp: Bool

  /// Larger attributes are mistakes, and would overflow.
  static let attributeLimit = 1 << 31

  /// - Throws: `attribute-value` for strides, dilations or kernels below 1 and padding modes that ONNX does not have.
  init(_ node: OperatorNode) throws {
    kernelShape = try Self.positive("kernel_shape", node)
    strides = try Self.positive("strides", node)
    dilations = try Self.positive("dilations", node)
    pads = try node.ints("pads")
    if let pads, pads.contains(where: { $0.magnitude > Self.attributeLimit }) {
      throw CompileError("attribute-value", "attribute 'pads' is \(pads)")
    }
    let name = try node.string("auto_pad") ?? Padding.explicit.rawValue
    guard let padding = Padding(rawValue: name) else {
      throw CompileError(
        "attribute-value", "attribute 'auto_pad' is '\(name)', not NOTSET, SAME_UPPER, SAME_LOWER or VALID")
    }
    self.padding = padding
    roundsUp = try node.int("ceil_mode") ?? 0 != 0
  }

  private static func positive(_ name: String, _ node: OperatorNode) throws -> [Int]? {
    guard let values = try node.ints(name), !values.isEmpty else { return nil }
    guard values.allSatisfy({ (1...attributeLimit).contains($0) }) else {
      throw CompileError("attribute-value", "attribute '\(name)' is \(values); every one must be 1 or more")
    }
    return values
  }

  func stride(_ axis: Int) -> Int { strides?[axis] ?? 1 }

  func dilation(_ axis: Int) -> Int { dilations?[axis] ?? 1 }

  /// Padding at both ends of a spatial axis together, where it does not depend on the length.
  func pad(_ axis: Int) -> Int {
    guard padding == .explicit, let pads else { return 0 }
    return pads[axis] + pads[axis + pads.count / 2]
  }

  /// Whether windows can reach past the data.
  var isPadded: Bool {
    switch padding {
    case .explicit: roundsUp || pads?.contains { $0 != 0 } ?? false
    case .sameUpper, .sameLower: true
    case .valid: roundsUp
    }
  }

  /// - Throws: `shape-mismatch` if an attribute has another number of entries than there are spatial axes.
  func check(spatialRank: Int) throws {
    let lists = [
      ("kernel_shape", kernelShape, 1), ("strides", strides, 1), ("dilations", dilations, 1),
      ("pads", pads, 2),
    ]
    for case (let name, let values?, let entries) in lists
    where values.count != entries * spatialRank && !(name == "pads" && values.isEmpty) {
      throw CompileError(
        "shape-mismatch",
        "attribute '\(name)' has \(values.count) entries, \(spatialRank) spatial axes need \(entries * spatialRank)"
      )
    }
  }

  /// Length of a spatial axis after the window slid over it.
  ///
  /// - Parameter allowsShort: an axis shorter than the window is allowed, as ONNX Runtime does in poolings: it divides
  ///   towards zero.
  /// - Throws: `shape-mismatch` where the window is longer than the padded axis.
  func slide(over length: Dimension, kernel: Int, axis: Int, allowsShort: Bool = false) throws -> Dimension {
    guard (1...Self.attributeLimit).contains(kernel) else {
      throw CompileError("shape-mismatch", "the kernel has \(kernel) elements along spatial axis \(axis)")
    }
    let step = stride(axis)
    if padding == .sameUpper || padding == .sameLower {
      if let known = length.known { return Dimension(known / step + (known % step == 0 ? 0 : 1)) }
      return length.divided(exactlyBy: Dimension(step)) ?? .derived("same", length, parameters: [step])
    }
    let effective = dilation(axis) * (kernel - 1) + 1
    let total = pad(axis)
    guard let known = length.known, known < 1 << 40 else {
      // s divides L: L/s and the rest of the formula, which is 0 for the usual "same" paddings.
      let rest =
        roundsUp ? ceilingDivision(total - effective, step) + 1 : floorDivision(total - effective, step) + 1
      if rest == 0, let quotient = length.divided(exactlyBy: Dimension(step)) { return quotient }
      return .derived("conv", length, parameters: [effective, step, total, roundsUp ? 1 : 0])
    }
    let free = known + total - effective
    if free < 0, allowsShort, free / step + 1 >= 0 { return Dimension(free / step + 1) }
    guard free >= 0 || known == 0 else {
      throw CompileError(
        "shape-mismatch",
        "spatial axis \(axis) has \(known) elements and \(total) of padding, the window \(effective)")
    }
    guard roundsUp else { return Dimension(max(floorDivision(free, step) + 1, 0)) }
    let count = ceilingDivision(free, step) + 1
    // A window that would begin in the padding at the end does not count.
    let isPastEnd = (count - 1) * step >= known + leadingPad(axis)
    return Dimension(max(isPastEnd ? count - 1 : count, 0))
  }

  /// The window for tensors of known shapes, with the padding at the end that `output` comes of.
  ///
  /// - Parameter output: lengths [N, C, …] of what the window gives.
  func geometry(input: [Int], kernel: [Int], output: [Int], groups: Int = 1) -> ConvolutionGeometry {
    var geometry = ConvolutionGeometry(groups: groups, strides: [], dilations: [], padsBegin: [], padsEnd: [])
    for axis in kernel.indices {
      let reach = (output[axis + 2] - 1) * stride(axis) + dilation(axis) * (kernel[axis] - 1) + 1
      let begin =
        switch padding {
        case .explicit: leadingPad(axis)
        case .sameUpper: max(reach - input[axis + 2], 0) / 2
        case .sameLower: (max(reach - input[axis + 2], 0) + 1) / 2
        case .valid: 0
        }
      geometry.strides.append(stride(axis))
      geometry.dilations.append(dilation(axis))
      geometry.padsBegin.append(begin)
      geometry.padsEnd.append(reach - input[axis + 2] - begin)
    }
    return geometry
  }

  /// The window of a transposed convolution for tensors of known shapes.
  ///
  /// What is cut off in all, s·(L − 1) + d·(k − 1) + 1 − L′, is shared between both ends where the padding is "same" or
  /// the node states the output's shape; otherwise `pads` says how much goes at the beginning.
  ///
  /// - Throws: ``KernelError`` where more than that would have to be added at an end than windows reach.
  func transposedGeometry(
    input: [Int], kernel: [Int], output: [Int], groups: Int, statesShape: Bool
  ) throws -> ConvolutionGeometry {
    var geometry = ConvolutionGeometry(
      groups: groups, strides: [], dilations: [], padsBegin: [], padsEnd: [], isTransposed: true)
    for axis in kernel.indices {
      let reach = (input[axis + 2] - 1) * stride(axis) + dilation(axis) * (kernel[axis] - 1) + 1
      let total = reach - output[axis + 2]
      let begin =
        switch padding {
        case .sameUpper: max(total, 0) / 2
        case .sameLower: (max(total, 0) + 1) / 2
        case .explicit where !statesShape: leadingPad(axis)
        case .explicit: (max(total, 0) + 1) / 2
        case .valid: 0
        }
      geometry.strides.append(stride(axis))
      geometry.dilations.append(dilation(axis))
      geometry.padsBegin.append(begin)
      geometry.padsEnd.append(total - begin)
    }
    return geometry
  }

  /// How many elements each window covers, padding that the node states included, by spatial place of the output.
  func paddedCounts(input: [Int], kernel: [Int], output: [Int]) -> [Float] {
    var counts: [Float] = [1]
    for axis in kernel.indices {
      let end = input[axis + 2] + pad(axis) - leadingPad(axis)
      let own = (0..<output[axis + 2]).map { place -> Float in
        let start = place * stride(axis) - leadingPad(axis)
        return Float((0..<kernel[axis]).count { start + $0 * dilation(axis) < end })
      }
      counts = counts.flatMap { count in own.map { count * $0 } }
    }
    return counts
  }

  private func leadingPad(_ axis: Int) -> Int { padding == .explicit ? pads?[axis] ?? 0 : 0 }

  private func floorDivision(_ a: Int, _ b: Int) -> Int { a >= 0 ? a / b : -((b - 1 - a) / b) }

  private func ceilingDivision(_ a: Int, _ b: Int) -> Int { -floorDivision(-a, b) }
}
