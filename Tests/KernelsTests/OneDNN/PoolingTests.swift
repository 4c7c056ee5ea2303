import Kernels
import Testing

/// A pooling as loops in Double.
struct NaivePooling: Sendable, CustomStringConvertible {
  var channels: Int
  var size: [Int]
  var window: [Int]
  var geometry: ConvolutionGeometry
  var batch = 2

  init(
    _ channels: Int, _ size: [Int], _ window: [Int], strides: [Int]? = nil, dilations: [Int]? = nil,
    pads: ([Int], [Int])? = nil
  ) {
    let one = [Int](repeating: 1, count: size.count)
    let none = [Int](repeating: 0, count: size.count)
    (self.channels, self.size, self.window) = (channels, size, window)
    geometry = ConvolutionGeometry(
      strides: strides ?? one, dilations: dilations ?? one, padsBegin: pads?.0 ?? none,
      padsEnd: pads?.1 ?? none)
  }

  var description: String {
    "\(channels) \(size) by \(window) s\(geometry.strides) d\(geometry.dilations)"
      + " p\(geometry.padsBegin)\(geometry.padsEnd)"
  }
  var inputDims: [Int] { [batch, channels] + size }
  var outputDims: [Int] {
    [batch, channels]
      + size.indices.map {
        let reach = geometry.dilations[$0] * (window[$0] - 1) + 1
        return (size[$0] + geometry.padsBegin[$0] + geometry.padsEnd[$0] - reach) / geometry.strides[$0] + 1
      }
  }

  func kernel(_ function: PoolingKernel.Function, _ mode: KernelMode, isBlocked: Bool) throws -> PoolingKernel
  {
    var layout = TensorLayout(inputDims)
    if isBlocked {
      let before = NaiveConvolution((16, channels), size, [Int](repeating: 1, count: size.count))
      layout = try before.kernel(mode).outputs[0] ?? layout
    }
    return try PoolingKernel(
      function, input: layout, output: outputDims, kernel: window, geometry: geometry, mode: mode)
  }

  /// Of every element of Y, the elements of X in its window.
  private var windows: [[Int]] {
    let (source, taps) = (Volume(size), Volume(window))
    return (0..<batch * channels).flatMap { plane in
      Volume(Array(outputDims[2...])).positions.map { position in
        taps.positions.compactMap { tap in
          source.index(
            size.indices.map {
              position[$0] * geometry.strides[$0] - geometry.padsBegin[$0] + tap[$0] * geometry.dilations[$0]
            }
          ).map { plane * source.count + $0 }
        }
      }
    }
  }

  func forward(_ function: PoolingKernel.Function, _ x: [Float]) -> [Double] {
    windows.map { places in
      let values = places.map { Double(x[$0]) }
      switch function {
      case .maximum: return values.max() ?? 0
      case .average(let countsPadding):
        return values.reduce(0, +) / Double(countsPadding ? window.product : values.count)
      }
    }
  }

  func backward(_ function: PoolingKernel.Function, _ x: [Float], _ gradient: [Float]) -> [Double] {
    var dx = [Double](repeating: 0, count: x.count)
    for (places, value) in zip(windows, gradient) {
      switch function {
      case .maximum:
        if let largest = places.max(by: { x[$0] < x[$1] }) { dx[largest] += Double(value) }
      case .average(let countsPadding):
        for place in places {
          dx[place] += Double(value) / Double(countsPadding ? window.product : places.count)
        }
      }
    }
    return dx
  }
}

@Suite("Pooling")
struct PoolingTests {
  private static let shapes = [
    NaivePooling(1, [4, 4], [2, 2], strides: [2, 2]),
    NaivePooling(16, [9, 7], [3, 3], strides: [2, 2], pads: ([1, 1], [1, 1])),
    NaivePooling(11, [7, 5], [3, 2], strides: [2, 1], pads: ([0, 1], [2, 0])),
    NaivePooling(17, [5, 6], [5, 6]),
    NaivePooling(3, [8, 8], [1, 1], strides: [2, 3]),
    NaivePooling(32, [6, 6], [3, 3], pads: ([1, 1], [1, 1])),
    NaivePooling(5, [13], [4], strides: [3], pads: ([1], [2])),
    NaivePooling(16, [10], [3], pads: ([2], [0])),
    NaivePooling(3, [5, 4, 6], [2, 3, 2], strides: [1, 2, 2], pads: ([1, 1, 0], [0, 1, 1])),
    NaivePooling(16, [4, 4, 4], [3, 3, 3], pads: ([1, 1, 1], [1, 1, 1])),
  ]
  private static let dilated = [
    NaivePooling(3, [9, 8], [3, 2], strides: [2, 1], dilations: [2, 3], pads: ([1, 0], [2, 1])),
    NaivePooling(16, [7, 7], [3, 3], dilations: [2, 2], pads: ([2, 2], [2, 2])),
    NaivePooling(11, [12], [3], strides: [2], dilations: [4]),
    NaivePooling(5, [5, 5, 5], [2, 2, 2], dilations: [1, 2, 3], pads: ([0, 0, 1], [1, 0, 1])),
  ]

  private func check(_ function: PoolingKernel.Function, _ naive: NaivePooling) throws {
    let x = randomFloats(naive.inputDims.product, seed: 1).map { $0 - 2 }
    let gradient = randomFloats(naive.outputDims.product, seed: 2)
    for isBlocked in [false, true] {
      let bound = try NativeKernel(naive.kernel(function, .training, isBlocked: isBlocked), [x])
      expectClose(try bound.forward(), naive.forward(function, x), within: 1e-6)
      let dx = try #require(try bound.backward(gradient)[0])
      expectClose(dx, naive.backward(function, x, gradient), within: 1e-6)
      let inference = try NativeKernel(naive.kernel(function, .inference, isBlocked: isBlocked), [x])
      expectClose(try inference.forward(), naive.forward(function, x), within: 1e-6)
    }
  }

  /// All numbers are below 0, so that a 0 from the padding would show.
  @Test("The largest in a window, whose gradient goes where it is from", arguments: shapes + dilated)
  func maximum(_ naive: NaivePooling) throws { try check(.maximum, naive) }

  @Test("The mean of what a window holds", arguments: shapes)
  func average(_ naive: NaivePooling) throws { try check(.average(countsPadding: false), naive) }

  @Test("The mean of a window, with padding counted as 0", arguments: shapes)
  func paddedAverage(_ naive: NaivePooling) throws { try check(.average(countsPadding: true), naive) }

  @Test("Of equal numbers the first is the largest")
  func ties() throws {
    let naive = NaivePooling(1, [2, 2], [2, 2])
    for isBlocked in [false, true] {
      let bound = try NativeKernel(
        naive.kernel(.maximum, .training, isBlocked: isBlocked), [[3, 3, 3, 3, 1, 2, 2, 0]])
      #expect(try bound.forward() == [3, 2])
      #expect(try bound.backward([5, 7])[0] == [5, 0, 0, 0, 0, 7, 0, 0])
    }
  }
}
