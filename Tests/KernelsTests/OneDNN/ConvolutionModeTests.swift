import Kernels
import Testing

/// How a convolution is run, whatever its shape.
@Suite("Convolution, as it is used")
struct ConvolutionModeTests {
  private static let plain = NaiveConvolution((11, 17), [7, 6], [3, 3], pads: ([1, 1], [1, 1]))
  private static let transposed = NaiveConvolution(
    (6, 16), [5, 4], [2, 3], strides: [2, 2], isTransposed: true)
  private static let depthwise = NaiveConvolution(
    (16, 16), [6, 6], [3, 3], groups: 16, pads: ([1, 1], [1, 1]))

  @Test(
    "An activation is computed on Y in inference",
    arguments: [
      .relu, .leakyRelu(alpha: 0.1), .clip(min: -0.5, max: 0.75), .sigmoid, .tanh, .elu(alpha: 0.5),
      .hardSwish, .swish(alpha: 1.5), .gelu, .tanhGelu, .softPlus, .abs, .linear(alpha: 2, beta: -1),
    ] as [Activation])
  func activation(_ activation: Activation) throws {
    for naive in [Self.plain, Self.transposed, Self.depthwise] {
      let operands = naive.operands()
      let fused = try NativeKernel(naive.kernel(.inference, activation: activation), operands).forward()
      expectClose(fused, naive.forward(operands).map(activation.value), within: 1e-4)
    }
  }

  @Test(
    "No number of channels leaves training to oneDNN's plain loops",
    arguments: [(12, 12), (12, 23), (23, 12), (5, 7), (1, 3), (47, 45)])
  func fewChannels(from inputs: Int, to outputs: Int) throws {
    func implementations(_ inputs: Int, _ outputs: Int, isTransposed: Bool) throws -> [String] {
      let naive = NaiveConvolution((inputs, outputs), [8, 8], [3, 3], isTransposed: isTransposed)
      return try naive.kernel().implementations
    }
    for isTransposed in [false, true] {
      // Where whole blocks are slow, too, the processor has none of oneDNN's fast paths.
      guard try implementations(16, 16, isTransposed: isTransposed).allSatisfy({ !$0.hasPrefix("ref") })
      else {
        continue
      }
      let found = try implementations(inputs, outputs, isTransposed: isTransposed)
      #expect(found.allSatisfy { !$0.hasPrefix("ref") }, "\(found)")
    }
  }

  @Test("W is brought into its layout once in inference, and anew when told that it changed")
  func changedWeights() throws {
    for naive in [Self.plain, Self.transposed, Self.depthwise] {
      var operands = naive.operands()
      let kernel = try naive.kernel(.inference)
      let bound = try NativeKernel(kernel, operands)
      let task = try bound.bind()
      for seed in 20...22 as ClosedRange<UInt64> {
        try task()
        try task()
        expectClose(try bound.outputs[0]?.read() ?? [], naive.forward(operands), within: 1e-4)
        let weights = randomFloats(naive.weightDims.product, seed: seed)
        operands[1] = weights
        try bound.inputs[1]?.write(weights)
        kernel.parametersChanged()
      }
    }
  }

  @Test("Bound to other memory, it brings W there too")
  func boundAgain() throws {
    let operands = Self.plain.operands()
    let kernel = try Self.plain.kernel(.inference)
    let first = try NativeKernel(kernel, operands).forward()
    #expect(try NativeKernel(kernel, operands).forward().bits == first.bits)
  }

  @Test("In training, W may change between any two runs")
  func trainedWeights() throws {
    var operands = Self.plain.operands()
    let bound = try NativeKernel(Self.plain.kernel(), operands)
    let task = try bound.bind()
    try task()
    operands[1] = randomFloats(Self.plain.weightDims.product, seed: 9)
    try bound.inputs[1]?.write(operands[1] ?? [])
    try task()
    expectClose(try bound.outputs[0]?.read() ?? [], Self.plain.forward(operands), within: 1e-4)
  }

  @Test(
    "Only those gradients are made that are wanted", arguments: [[0], [1], [2], [0, 1], [0, 2], [1, 2]])
  func wantedGradients(_ wanted: [Int]) throws {
    let pointwise = NaiveConvolution((5, 7), [4, 4], [1, 1])
    let one = NaiveConvolution((1, 1), [9, 9], [3, 3])
    for naive in [Self.plain, Self.transposed, Self.depthwise, pointwise, one] {
      let operands = naive.operands()
      let bound = try NativeKernel(naive.kernel(), operands)
      _ = try bound.forward()
      let gradient = randomFloats(naive.outputDims.product, seed: 8)
      let gradients = try bound.backward(gradient, wanted: wanted)
      #expect(gradients.keys.sorted() == wanted)
      let expected = naive.backward(operands, gradient)
      for (index, values) in gradients { expectClose(values, expected[index], within: 1e-4) }
    }
  }

  @Test("The network's own input needs no gradient")
  func noDataGradient() throws {
    for naive in [Self.plain, Self.transposed, Self.depthwise] {
      let operands = naive.operands()
      let bound = try NativeKernel(naive.kernel(wantsDataGradient: false), operands)
      expectClose(try bound.forward(), naive.forward(operands), within: 1e-4)
      let gradient = randomFloats(naive.outputDims.product, seed: 8)
      let expected = naive.backward(operands, gradient)
      for (index, values) in try bound.backward(gradient, wanted: [1, 2]) {
        expectClose(values, expected[index], within: 1e-4)
      }
    }
  }

  @Test("A convolution for inference has no gradient")
  func noGradient() throws {
    let bound = try NativeKernel(Self.plain.kernel(.inference), Self.plain.operands())
    _ = try bound.forward()
    #expect(throws: KernelError.self) {
      _ = try bound.backward([Float](repeating: 0, count: Self.plain.outputDims.product))
    }
  }

  @Test(
    "The algorithm that is faster here computes the same",
    arguments: [
      NaiveConvolution((16, 32), [12, 12], [3, 3], pads: ([1, 1], [1, 1])),
      NaiveConvolution((32, 32), [13, 9], [3, 3], pads: ([1, 1], [1, 1]), hasBias: false),
      NaiveConvolution((3, 16), [8, 8], [3, 3]),
      NaiveConvolution((5, 11), [8, 8], [5, 5]),
      depthwise, transposed,
    ])
  func measured(_ naive: NaiveConvolution) throws {
    let algorithms = ConvolutionAlgorithms.measured()
    let operands = naive.operands()
    let gradient = randomFloats(naive.outputDims.product, seed: 8)
    let direct = try NativeKernel(naive.kernel(), operands)
    let expected = try direct.forward()
    let expectedGradients = try direct.backward(gradient)
    // The second time, the choice is remembered.
    for _ in 1...2 {
      let measured = try NativeKernel(naive.kernel(algorithms: algorithms), operands)
      expectClose(try measured.forward(), expected.wide, within: 1e-4)
      for (index, values) in try measured.backward(gradient) {
        expectClose(values, expectedGradients[index]?.wide ?? [], within: 1e-4)
      }
      let inference = try NativeKernel(naive.kernel(.inference, algorithms: algorithms), operands)
      expectClose(try inference.forward(), expected.wide, within: 1e-4)
    }
  }

  @Test("Two runs on as many threads give the same bits", arguments: [1, 2])
  func sameBits(threads: Int) throws {
    Parallel.setThreads(threads)
    defer { Parallel.setThreads(1) }
    let wide = NaiveConvolution((16, 32), [15, 14], [3, 3], pads: ([1, 1], [1, 1]))
    for naive in [Self.plain, Self.transposed, Self.depthwise, wide] {
      let gradient = randomFloats(naive.outputDims.product, seed: 8)
      let runs = try (1...2).map { _ in
        let bound = try NativeKernel(naive.kernel(), naive.operands())
        return (try bound.forward().bits, try bound.backward(gradient).mapValues(\.bits))
      }
      #expect(runs[0].0 == runs[1].0)
      #expect(runs[0].1 == runs[1].1)
    }
  }

  /// A blocked layout rounds the channels up, and whatever follows may read what lies beyond them.
  @Test("What lies beyond the last channel stays 0 from kernel to kernel")
  func roundedChannels() throws {
    let first = NaiveConvolution((3, 11), [6, 6], [3, 3], pads: ([1, 1], [1, 1]))
    let second = NaiveConvolution((11, 5), [6, 6], [3, 3], pads: ([1, 1], [1, 1]))
    let (operands, others) = (first.operands(), second.operands(seed: 5))
    let convolution = try NativeKernel(first.kernel(.inference), operands)
    let y = try convolution.forward()
    let layout = try #require(convolution.outputs[0]?.layout)
    let raised = try NativeKernel(
      ActivationKernel(.exp, input: layout, mode: .inference), on: [convolution.outputs[0]])
    let sum = try NativeAddition(layout, appliesRelu: false, mode: .inference)
    let doubled = try NativeKernel(sum, on: [raised.outputs[0], raised.outputs[0]])
    let last = try NativeKernel(second.kernel(.inference), [nil] + others[1...])
    let arranged = try NativeKernel(
      Reorder(from: layout, to: try #require(last.kernel.inputs[0])), on: [doubled.outputs[0]])
    for step in [raised, doubled, arranged] { try step.bind()() }
    let result = try NativeKernel(last.kernel, on: arranged.outputs + last.inputs[1...]).forward()
    let between = y.map { 2 * Float(Activation.exp.value(Double($0))) }
    expectClose(result, second.forward([between] + others[1...]), within: 1e-4)
  }
}
