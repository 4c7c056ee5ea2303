import Glibc
import Kernels
import Testing

@Suite("Normalisations")
struct NormalizationKernelTests {
  /// (x − mean) / √(variance + ε), or without the mean.
  private static func normalized(_ line: [Double], epsilon: Double, subtractsMean: Bool = true) -> [Double] {
    let mean = subtractsMean ? line.reduce(0, +) / Double(line.count) : 0
    let variance = line.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(line.count)
    return line.map { ($0 - mean) / (variance + epsilon).squareRoot() }
  }

  @Test(
    "over the last axes, with and without mean and bias",
    arguments: [([5, 19], 1), ([2, 3, 37], 2), ([3, 4, 5], 1), ([7], 0)],
    [(true, true), (true, false), (false, false)])
  func layer(shape: ([Int], Int), choice: (subtractsMean: Bool, hasBias: Bool)) throws {
    let (dims, axis) = shape
    let length = dims[axis...].reduce(1, *)
    var random = RandomNumbers()
    let inputs: [Numbers?] = [
      .floats(random.floats(dims.reduce(1, *), in: -1...3)), .floats(random.floats(length)),
      choice.hasBias ? .floats(random.floats(length)) : nil,
    ]
    let plain = { (values: [[Double]]) in
      let rows = values[0].count / length
      return PlainTensor([rows, length], values[0]).mapLines(1) { line in
        Self.normalized(line, epsilon: 1e-3, subtractsMean: choice.subtractsMean).enumerated().map {
          $1 * values[1][$0] + (choice.hasBias ? values[2][$0] : 0)
        }
      }.values
    }
    let kernel = LayerNormalizationKernel(
      dims, axis: axis, epsilon: 1e-3, subtractsMean: choice.subtractsMean, hasBias: choice.hasBias)
    try expectForward(kernel, inputs, plain(inputs.map { $0?.doubles ?? [] }))
    try expectGradients(kernel, inputs, plain)
  }

  @Test("mean and inverse deviation are given where they are asked for")
  func statistics() throws {
    let kernel = LayerNormalizationKernel(
      [2, 3], axis: 1, epsilon: 0.5, hasBias: false, givesStatistics: true)
    let run = try KernelRun(kernel, [.floats([1, 2, 3, 5, 5, 5]), .floats([1, 1, 1])])
    expectClose(try #require(run.outputs[1]).doubles, [2, 5], 1e-6)
    expectClose(
      try #require(run.outputs[2]).doubles, [1 / (2.0 / 3 + 0.5).squareRoot(), 1 / 0.5.squareRoot()], 1e-6)
    #expect(kernel.outputs[1]?.dims == [2, 1])
  }

  @Test("a large mean does not spoil a small deviation")
  func largeMean() throws {
    var random = RandomNumbers()
    let x = random.floats(500, in: 1000...1001)
    try expectForward(
      LayerNormalizationKernel([500], axis: 0, epsilon: 0, hasBias: false),
      [.floats(x), .floats([Float](repeating: 1, count: 500))],
      Self.normalized(x.map(Double.init), epsilon: 0), tolerance: 1e-3)
  }

  @Test(
    "over groups of channels, with a scale for each channel or each group",
    arguments: [
      ([2, 6, 5], 3, 6), ([2, 6, 5], 3, 3), ([3, 4, 3, 5], 4, 4), ([2, 6, 3, 3], 1, 6), ([2, 4], 2, 4),
    ])
  func group(dims: [Int], groups: Int, parameterCount: Int) throws {
    var random = RandomNumbers()
    let inputs = [
      random.floats(dims.reduce(1, *), in: -1...3), random.floats(parameterCount),
      random.floats(parameterCount),
    ].map(Numbers.floats)
    let (channels, area) = (dims[1], dims[2...].reduce(1, *))
    let plain = { (values: [[Double]]) in
      let length = channels / groups * area
      let lines = PlainTensor([dims[0] * groups, length], values[0])
        .mapLines(1) { Self.normalized($0, epsilon: 1e-3) }.values
      return lines.enumerated().map { position, value in
        let channel = position / area % channels
        let parameter = parameterCount == channels ? channel : channel / (channels / groups)
        return value * values[1][parameter] + values[2][parameter]
      }
    }
    let kernel = GroupNormalizationKernel(
      dims, groups: groups, parameterCount: parameterCount, epsilon: 1e-3)
    try expectForward(kernel, inputs, plain(inputs.map(\.doubles)))
    try expectGradients(kernel, inputs, plain)
  }

  @Test("large tensors are the same on two threads as on one")
  func threads() throws {
    var random = RandomNumbers()
    let x = Numbers.floats(random.floats(300 * 400))
    let weights = [random.floats(300 * 400)]
    func expectSame(_ kernel: any DifferentiableKernel, _ inputs: [Numbers?]) throws {
      let one = try KernelRun(kernel, inputs, weights: weights)
      let two = try KernelRun(kernel, inputs, threads: 2, weights: weights)
      #expect(one.outputs == two.outputs)
      #expect(one.gradients == two.gradients)
    }
    let parameters = [random.floats(400), random.floats(400)].map(Numbers.floats)
    try expectSame(
      LayerNormalizationKernel([300, 400], axis: 1, epsilon: 1e-5, hasBias: true), [x] + parameters)
    let channels = [random.floats(60), random.floats(60)].map(Numbers.floats)
    try expectSame(
      GroupNormalizationKernel([5, 60, 400], groups: 20, parameterCount: 60, epsilon: 1e-5), [x] + channels)
    try expectSame(
      LocalResponseNormalizationKernel([5, 60, 400], size: 5, alpha: 0.1, beta: 0.75, bias: 1), [x])
    try expectSame(LpNormalizationKernel([300, 400], axis: 1, p: 2), [x])
  }

  @Test("lines over their norm", arguments: [([3, 11], 1), ([11, 3], 0), ([2, 7, 5], 1)], [1, 2])
  func lp(shape: ([Int], Int), p: Int) throws {
    let (dims, axis) = shape
    var random = RandomNumbers()
    let x = random.floats(dims.reduce(1, *))
    let plain = { (values: [[Double]]) in
      PlainTensor(dims, values[0]).mapLines(axis) { line in
        let norm = p == 1 ? line.reduce(0) { $0 + abs($1) } : line.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return line.map { $0 / norm }
      }.values
    }
    let kernel = LpNormalizationKernel(dims, axis: axis, p: p)
    try expectForward(kernel, [.floats(x)], plain([x.map(Double.init)]))
    try expectGradients(kernel, [.floats(x)], plain)
  }

  @Test("a line of zeros has no norm, and stays")
  func zeros() throws {
    for p in [1, 2] {
      let run = try KernelRun(
        LpNormalizationKernel([2], axis: 0, p: p), [.floats([0, 0])], weights: [[1, 1]])
      #expect(run.outputs == [.floats([0, 0])])
      #expect(run.gradients == [.floats([0, 0])])
    }
  }

  @Test("to mean 0 and variance 1 over any axes", arguments: [[0, 2, 3], [1], [2, 3], [0, 1, 2, 3]])
  func meanVariance(axes: [Int]) throws {
    let dims = [2, 3, 5, 3]
    var random = RandomNumbers()
    let x = random.floats(90, in: -1...3)
    let tensor = PlainTensor(dims, x.map(Double.init))
    let mean = tensor.reduced(axes) { $0.reduce(0, +) / Double($0.count) }
    let square = tensor.reduced(axes) { $0.reduce(0) { $0 + $1 * $1 } / Double($0.count) }
    let expected = plainBroadcast([tensor, mean, square]) {
      ($0[0] - $0[1]) / (($0[2] - $0[1] * $0[1]).squareRoot() + 1e-9)
    }
    try expectForward(MeanVarianceNormalizationKernel(dims, axes: axes), [.floats(x)], expected.values)
  }

  @Test("by neighbouring channels", arguments: [1, 2, 3, 5, 20], [0.75, 0.5] as [Float])
  func localResponse(size: Int, beta: Float) throws {
    let dims = [2, 7, 3, 3]
    var random = RandomNumbers()
    let x = random.floats(126)
    let plain = { (values: [[Double]]) in
      let tensor = PlainTensor(dims, values[0])
      return PlainTensor(dims) { index in
        let first = max(0, index[1] - (size - 1) / 2)
        let last = min(dims[1] - 1, index[1] + Int((Double(size - 1) / 2).rounded(.up)))
        let squares = (first...last).reduce(0.0) { sum, channel in
          let value = tensor[[index[0], channel, index[2], index[3]]]
          return sum + value * value
        }
        return tensor[index] / pow(1.5 + Double(Float(0.3)) / Double(size) * squares, Double(beta))
      }.values
    }
    let kernel = LocalResponseNormalizationKernel(dims, size: size, alpha: 0.3, beta: beta, bias: 1.5)
    try expectForward(kernel, [.floats(x)], plain([x.map(Double.init)]))
    try expectGradients(kernel, [.floats(x)], plain)
  }
}
