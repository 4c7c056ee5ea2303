import COneDNN

/// Which of oneDNN's algorithms compute a convolution: the direct one always, or whichever is faster here.
///
/// Each shape is measured once and remembered. Winograd's algorithm rounds differently, so that a choice that depends
/// on measured time may change the last bits from run to run; ``direct`` never does.
package final class ConvolutionAlgorithms: @unchecked Sendable {
  /// The direct algorithm for everything.
  package static let direct = ConvolutionAlgorithms(measures: false)

  private let measures: Bool
  private var remembered: [Key: [shim_convolution_algorithm]] = [:]

  private struct Key: Hashable {
    let shape: ConvolutionShape
    let isTraining: Bool
    let threads: Int
  }

  /// The primitives of one convolution.
  struct Chosen {
    let shape: ConvolutionShape
    let forward: Primitive
    let byData: Primitive?
    let byWeights: Primitive?

    /// One of the backward passes is oneDNN's plain loop, a thousand times as slow as the others.
    var isSlow: Bool {
      [byData, byWeights].contains { $0?.implementation.hasPrefix("ref") ?? false }
    }
  }

  private init(measures: Bool) { self.measures = measures }

  /// Measures both algorithms where both exist. Not for use by two threads at once.
  package static func measured() -> ConvolutionAlgorithms { ConvolutionAlgorithms(measures: true) }

  /// The primitives of a convolution: where the layouts that its forward pass wants leave a backward pass slow, on X
  /// filled up to whole blocks of channels, or on row-major tensors.
  ///
  /// - Throws: ``KernelError`` where oneDNN has none.
  func choose(for shape: ConvolutionShape, isTraining: Bool, _ wantsDataGradient: Bool) throws -> Chosen {
    let plain = try pick(for: shape, isTraining: isTraining, wantsDataGradient)
    guard plain.isSlow else { return plain }
    let others = ([shape.filled(upTo: 16), shape.filled(upTo: 8), shape.rowMajor] as [ConvolutionShape?]).lazy
      .compactMap { other in
        other.flatMap { try? self.pick(for: $0, isTraining: isTraining, wantsDataGradient) }
      }
    return others.first { !$0.isSlow } ?? plain
  }

  private func pick(for shape: ConvolutionShape, isTraining: Bool, _ wantsDataGradient: Bool) throws -> Chosen
  {
    let key = Key(shape: shape, isTraining: isTraining, threads: Parallel.threadCount)
    let direct = try shape.forward(isTraining: isTraining, shim_convolution_direct)
    let kinds: [shim_convolution_algorithm]
    if let known = remembered[key] {
      kinds = known
    } else if measures, Self.allowsWinograd(shape, isTraining) {
      var bare = shape
      bare.hasBias = false
      bare.activation = nil
      kinds = try measure(bare, isTraining)
      remembered[key] = kinds
    } else {
      kinds = [shim_convolution_direct, shim_convolution_direct, shim_convolution_direct]
    }
    let forward =
      kinds[0] == shim_convolution_direct ? direct : try shape.forward(isTraining: isTraining, kinds[0])
    guard isTraining else { return Chosen(shape: shape, forward: forward, byData: nil, byWeights: nil) }
    return Chosen(
      shape: shape, forward: forward,
      byData: wantsDataGradient ? try shape.byData(kinds[1], forward: forward) : nil,
      byWeights: try shape.byWeights(kinds[2], forward: forward))
  }

  /// Whether there is a choice: not every activation can be fused behind Winograd's algorithm.
  private static func allowsWinograd(_ shape: ConvolutionShape, _ isTraining: Bool) -> Bool {
    let geometry = shape.geometry
    return !geometry.isTransposed && geometry.groups == 1 && shape.weights.count == 4
      && shape.weights[2...].allSatisfy { $0 == 3 } && geometry.strides.allSatisfy { $0 == 1 }
      && geometry.dilations.allSatisfy { $0 == 1 }
      && (try? shape.forward(isTraining: isTraining, shim_convolution_winograd)) != nil
  }

  /// The faster algorithm of the forward pass and of each backward pass; Winograd must be clearly faster.
  private func measure(_ shape: ConvolutionShape, _ isTraining: Bool) throws -> [shim_convolution_algorithm] {
    func faster(_ plain: Primitive, _ other: Primitive?) throws -> Bool {
      guard let other else { return false }
      return try Stopwatch.seconds(of: other) < 0.95 * Stopwatch.seconds(of: plain)
    }
    let winograd = shim_convolution_winograd
    func pick(_ isFaster: Bool) -> shim_convolution_algorithm {
      isFaster ? winograd : shim_convolution_direct
    }
    let forward = pick(
      try faster(
        try shape.forward(isTraining: isTraining, shim_convolution_direct),
        try? shape.forward(isTraining: isTraining, winograd)))
    guard isTraining else { return [forward, forward, forward] }
    let chosen = try shape.forward(isTraining: true, forward)
    let byData = pick(
      try faster(
        try shape.byData(shim_convolution_direct, forward: chosen),
        try? shape.byData(winograd, forward: chosen)))
    let byWeights = pick(
      try faster(
        try shape.byWeights(shim_convolution_direct, forward: chosen),
        try? shape.byWeights(winograd, forward: chosen)))
    return [forward, byData, byWeights]
  }
}
