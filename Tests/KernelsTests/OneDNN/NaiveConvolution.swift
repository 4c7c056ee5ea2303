import Kernels

/// A convolution, transposed or not, as loops in Double.
///
/// One side is larger (X, or Y if transposed), the other smaller. Positions are related by
/// `larger = smaller · stride − pad + tap · dilation`, and W is [smaller's channels, larger's / groups, …] for both.
struct NaiveConvolution: Sendable, CustomStringConvertible {
  var batch = 2
  /// Channels of X and Y.
  var channels: (Int, Int)
  var size: [Int]
  var window: [Int]
  var geometry: ConvolutionGeometry
  var hasBias = true

  init(
    _ channels: (Int, Int), _ size: [Int], _ window: [Int], groups: Int = 1, strides: [Int]? = nil,
    dilations: [Int]? = nil, pads: ([Int], [Int])? = nil, isTransposed: Bool = false, hasBias: Bool = true
  ) {
    let one = [Int](repeating: 1, count: size.count)
    let none = [Int](repeating: 0, count: size.count)
    self.channels = channels
    self.size = size
    self.window = window
    self.hasBias = hasBias
    geometry = ConvolutionGeometry(
      groups: groups, strides: strides ?? one, dilations: dilations ?? one, padsBegin: pads?.0 ?? none,
      padsEnd: pads?.1 ?? none, isTransposed: isTransposed)
  }

  var description: String {
    "\(channels.0)→\(channels.1) \(size) by \(window)\(geometry.isTransposed ? " transposed" : "")"
      + " g\(geometry.groups) s\(geometry.strides) d\(geometry.dilations)"
      + " p\(geometry.padsBegin)\(geometry.padsEnd)\(hasBias ? " biased" : "")"
  }

  var outputSize: [Int] {
    size.indices.map { axis in
      let reach = geometry.dilations[axis] * (window[axis] - 1) + 1
      let pads = geometry.padsBegin[axis] + geometry.padsEnd[axis]
      return geometry.isTransposed
        ? (size[axis] - 1) * geometry.strides[axis] + reach - pads
        : (size[axis] + pads - reach) / geometry.strides[axis] + 1
    }
  }

  var inputDims: [Int] { [batch, channels.0] + size }
  var outputDims: [Int] { [batch, channels.1] + outputSize }
  var weightDims: [Int] {
    (geometry.isTransposed
      ? [channels.0, channels.1 / geometry.groups] : [channels.1, channels.0 / geometry.groups]) + window
  }

  /// Numbers for X, W and B.
  func operands(seed: UInt64 = 1) -> [[Float]?] {
    [
      randomFloats(inputDims.product, seed: seed), randomFloats(weightDims.product, seed: seed + 1),
      hasBias ? randomFloats(channels.1, seed: seed + 2) : nil,
    ]
  }

  func kernel(
    _ mode: KernelMode = .training, activation: Activation? = nil, wantsDataGradient: Bool = true,
    algorithms: ConvolutionAlgorithms = .direct
  ) throws -> Convolution {
    try Convolution(
      input: TensorLayout(inputDims), weights: weightDims, hasBias: hasBias, output: outputDims,
      geometry: geometry, mode: mode, activation: activation, wantsDataGradient: wantsDataGradient,
      algorithms: algorithms)
  }

  func forward(_ operands: [[Float]?]) -> [Double] {
    let (x, w) = ((operands[0] ?? []).wide, (operands[1] ?? []).wide)
    let area = outputSize.product
    var y = (0..<outputDims.product).map { Double(operands[2]?[$0 / area % channels.1] ?? 0) }
    forEachProduct { (atX, atW, atY) in y[atY] += x[atX] * w[atW] }
    return y
  }

  /// d⟨Y, gradient⟩ by X, W and B.
  func backward(_ operands: [[Float]?], _ gradient: [Float]) -> [[Double]] {
    let (x, w, dy) = ((operands[0] ?? []).wide, (operands[1] ?? []).wide, gradient.wide)
    var (dx, dw) = ([Double](repeating: 0, count: x.count), [Double](repeating: 0, count: w.count))
    var db = [Double](repeating: 0, count: channels.1)
    forEachProduct { (atX, atW, atY) in
      dx[atX] += dy[atY] * w[atW]
      dw[atW] += dy[atY] * x[atX]
    }
    let area = outputSize.product
    for (index, value) in dy.enumerated() { db[index / area % channels.1] += value }
    return [dx, dw, db]
  }

  /// Every product of an element of X and one of W, and the element of Y that it is added to.
  @inline(__always)
  private func forEachProduct(_ body: (_ x: Int, _ w: Int, _ y: Int) -> Void) {
    let isTransposed = geometry.isTransposed
    let small = Volume(isTransposed ? size : outputSize)
    let large = Volume(isTransposed ? outputSize : size)
    let taps = Volume(window)
    let (smallChannels, largeChannels) = isTransposed ? channels : (channels.1, channels.0)
    let (perGroup, depth) = (smallChannels / geometry.groups, largeChannels / geometry.groups)
    let reach = small.positions.map { position in
      taps.positions.map { tap in
        large.index(
          (0..<size.count).map {
            position[$0] * geometry.strides[$0] - geometry.padsBegin[$0] + tap[$0] * geometry.dilations[$0]
          })
      }
    }
    for n in 0..<batch {
      for s in 0..<smallChannels {
        for l in 0..<depth {
          let smallBase = (n * smallChannels + s) * small.count
          let largeBase = (n * largeChannels + s / perGroup * depth + l) * large.count
          let weightBase = (s * depth + l) * taps.count
          for position in 0..<small.count {
            for (tap, place) in reach[position].enumerated() {
              guard let place else { continue }
              let (atSmall, atLarge) = (smallBase + position, largeBase + place)
              body(isTransposed ? atSmall : atLarge, weightBase + tap, isTransposed ? atLarge : atSmall)
            }
          }
        }
      }
    }
  }
}

/// The positions of a few axes, row-major.
struct Volume {
  let lengths: [Int]
  let positions: [[Int]]
  var count: Int { positions.count }

  init(_ lengths: [Int]) {
    self.lengths = lengths
    positions = lengths.reduce([[]]) { prefixes, length in
      prefixes.flatMap { prefix in (0..<length).map { prefix + [$0] } }
    }
  }

  /// Nil outside.
  func index(_ position: [Int]) -> Int? {
    var index = 0
    for (place, length) in zip(position, lengths) {
      guard (0..<length).contains(place) else { return nil }
      index = index * length + place
    }
    return index
  }
}
