import Kernels
import Testing

/// A normalisation of every channel as loops in Double.
struct NaiveNormalization: Sendable, CustomStringConvertible {
  var dims: [Int]
  /// Lies as a convolution's result does.
  var isBlocked = false
  var appliesRelu = false
  let epsilon: Float = 1e-3
  let momentum: Float = 0.8

  var description: String { "\(dims)\(isBlocked ? " blocked" : "")\(appliesRelu ? ", rectified" : "")" }
  var channels: Int { dims[1] }
  var area: Int { dims[2...].product }
  /// Numbers in a channel.
  var count: Int { dims[0] * area }

  /// X, scale, shift, running mean and running variance.
  func operands() -> [[Float]] {
    [
      randomFloats(dims.product, seed: 1).map { 2 * $0 + 0.5 },
      randomFloats(channels, seed: 2).map { $0 + 1.25 }, randomFloats(channels, seed: 3),
      randomFloats(channels, seed: 4), randomFloats(channels, seed: 5).map { $0 + 1.5 },
    ]
  }

  func kernel(_ mode: KernelMode = .training, wantsDataGradient: Bool = true) throws
    -> BatchNormalizationKernel
  {
    var layout = TensorLayout(dims)
    if isBlocked {
      let window = [Int](repeating: 1, count: dims.count - 2)
      var before = NaiveConvolution((16, channels), Array(dims[2...]), window)
      before.batch = dims[0]
      layout = try before.kernel(mode).outputs[0] ?? layout
    }
    return try BatchNormalizationKernel(
      input: layout, epsilon: epsilon, momentum: momentum, mode: mode, appliesRelu: appliesRelu,
      wantsDataGradient: wantsDataGradient)
  }

  func channel(_ index: Int) -> Int { index / area % channels }

  /// Mean and biased variance of every channel.
  func statistics(_ x: [Double]) -> (mean: [Double], variance: [Double]) {
    var (mean, variance) = ([Double](repeating: 0, count: channels), [Double](repeating: 0, count: channels))
    for (index, value) in x.enumerated() { mean[channel(index)] += value / Double(count) }
    for (index, value) in x.enumerated() {
      let distance = value - mean[channel(index)]
      variance[channel(index)] += distance * distance / Double(count)
    }
    return (mean, variance)
  }

  func forward(_ operands: [[Double]], _ given: (mean: [Double], variance: [Double])? = nil) -> [Double] {
    let (mean, variance) = given ?? statistics(operands[0])
    return operands[0].enumerated().map { index, value in
      let c = channel(index)
      let y =
        (value - mean[c]) / (variance[c] + Double(epsilon)).squareRoot() * operands[1][c] + operands[2][c]
      return appliesRelu ? max(y, 0) : y
    }
  }

  /// d⟨Y, gradient⟩ by X, scale or shift, from values nearby.
  func slopes(_ operands: [[Float]], _ gradient: [Float], by input: Int) -> [Double] {
    func loss(_ operands: [[Double]]) -> Double {
      zip(forward(operands), gradient).reduce(0) { $0 + $1.0 * Double($1.1) }
    }
    return operands[input].indices.map { index in
      var (above, below) = (operands.map(\.wide), operands.map(\.wide))
      above[input][index] += 1e-6
      below[input][index] -= 1e-6
      return (loss(above) - loss(below)) / 2e-6
    }
  }
}

@Suite("Batch normalisation")
struct BatchNormalizationTests {
  private static let shapes: [NaiveNormalization] = [
    [13, 5], [6, 32], [3, 11, 7], [2, 3, 5, 3], [2, 16, 4, 3], [1, 17, 3, 5], [2, 5, 2, 3, 2],
    [1, 16, 2, 2, 3],
  ].flatMap { dims in
    [false, true].flatMap { blocked in
      [false, true].map { NaiveNormalization(dims: dims, isBlocked: blocked, appliesRelu: $0) }
    }
  }.filter { $0.dims.count > 2 || !$0.isBlocked }

  @Test("Training normalises by the batch's own statistics", arguments: shapes)
  func training(_ naive: NaiveNormalization) throws {
    let operands = naive.operands()
    let y = try NativeKernel(naive.kernel(), operands).forward()
    expectClose(y, naive.forward(operands.map(\.wide)), within: 1e-5)
  }

  @Test("Running statistics follow: momentum of the old, the rest of the batch's", arguments: shapes)
  func running(_ naive: NaiveNormalization) throws {
    let operands = naive.operands()
    let bound = try NativeKernel(naive.kernel(), operands)
    let task = try bound.bind()
    let (mean, variance) = naive.statistics(operands[0].wide)
    let unbiased = variance.map { $0 * Double(naive.count) / Double(naive.count - 1) }
    var expected = [operands[3].wide, operands[4].wide]
    for _ in 1...3 {
      try task()
      for (index, batch) in [mean, unbiased].enumerated() {
        let momentum = Double(naive.momentum)
        expected[index] = zip(expected[index], batch).map { momentum * $0 + (1 - momentum) * $1 }
        expectClose(try bound.inputs[3 + index]?.read() ?? [], expected[index], within: 1e-5)
      }
    }
  }

  @Test("A batch of one number a channel has no unbiased variance, and stays finite")
  func oneNumber() throws {
    let naive = NaiveNormalization(dims: [1, 3, 1, 1])
    let operands = naive.operands()
    let bound = try NativeKernel(naive.kernel(), operands)
    expectClose(try bound.forward(), operands[2].wide)
    expectClose(try bound.inputs[4]?.read() ?? [], operands[4].map { 0.8 * Double($0) })
  }

  @Test("Gradients of X, scale and shift", arguments: shapes)
  func gradients(_ naive: NaiveNormalization) throws {
    let operands = naive.operands()
    let gradient = randomFloats(naive.dims.product, seed: 9)
    let expected = (0...2).map { naive.slopes(operands, gradient, by: $0) }
    let bound = try NativeKernel(naive.kernel(), operands)
    _ = try bound.forward()
    for inPlace in [false, true] {
      let gradients = try bound.backward(gradient, inPlace: inPlace)
      #expect(gradients.keys.sorted() == [0, 1, 2])
      for (index, values) in gradients { expectClose(values, expected[index], within: 1e-4) }
    }
    for wanted in [[0], [0, 1], [0, 2]] {
      let gradients = try bound.backward(gradient, wanted: wanted)
      #expect(gradients.keys.sorted() == wanted)
      for (index, values) in gradients { expectClose(values, expected[index], within: 1e-4) }
    }
  }

  @Test("The gradient of X need not be made", arguments: shapes)
  func noDataGradient(_ naive: NaiveNormalization) throws {
    let operands = naive.operands()
    let gradient = randomFloats(naive.dims.product, seed: 9)
    let bound = try NativeKernel(naive.kernel(wantsDataGradient: false), operands)
    _ = try bound.forward()
    for wanted in [[1, 2], [1], [2]] {
      for (index, values) in try bound.backward(gradient, wanted: wanted) {
        expectClose(values, naive.slopes(operands, gradient, by: index), within: 1e-4)
      }
    }
    // It takes room that is there only if that was said beforehand.
    let other = try NativeKernel(naive.kernel(), operands)
    _ = try other.forward()
    #expect(throws: KernelError.self) { _ = try other.backward(gradient, wanted: [1, 2]) }
  }

  @Test("Inference normalises by the running statistics, and may overwrite X", arguments: shapes)
  func inference(_ naive: NaiveNormalization) throws {
    let operands = naive.operands()
    let expected = naive.forward(operands.map(\.wide), (operands[3].wide, operands[4].wide))
    let bound = try NativeKernel(naive.kernel(.inference), operands)
    expectClose(try bound.forward(), expected)
    #expect(try bound.inputs[3]?.read() == operands[3])
    #expect(try bound.inputs[4]?.read() == operands[4])
    #expect(bound.kernel.overwritableInputs == [0])
    expectClose(try bound.forward(inPlaceOf: 0), expected)
    #expect(throws: KernelError.self) {
      _ = try bound.backward(randomFloats(naive.dims.product, seed: 9))
    }
  }

  @Test("Two runs on as many threads give the same bits", arguments: [1, 2])
  func sameBits(threads: Int) throws {
    Parallel.setThreads(threads)
    defer { Parallel.setThreads(1) }
    for naive in Self.shapes + [NaiveNormalization(dims: [8, 17, 16, 16], appliesRelu: true)] {
      let gradient = randomFloats(naive.dims.product, seed: 9)
      let runs = try (1...2).map { _ in
        let bound = try NativeKernel(naive.kernel(), naive.operands())
        let y = try bound.forward().bits
        let running = try bound.inputs[3...].map { try $0?.read().bits }
        return (y, running, try bound.backward(gradient).mapValues(\.bits))
      }
      #expect(runs[0].0 == runs[1].0)
      #expect(runs[0].1 == runs[1].1)
      #expect(runs[0].2 == runs[1].2)
    }
  }
}
