import Analysis
import GraphIR
import Kernels
import TestSupport
import Testing
import Training

/// Serialized: the number of threads is the process's.
@Suite("Programs", .serialized)
struct ProgramTests {
  /// Along a random direction d in the space of all parameters: dL/dε = Σ gradient · d.
  @Test(
    "the gradient is what the loss does when parameters move",
    arguments: [
      "conv-chain", "residual-projection", "residual-option-a", "inverted-residual",
      "dense-block", "weight-shared", "vgg-flatten",
      "channel-shuffle",
      "pre-activation", "branches-product",
      "layer-norm-block", "layer-norm-composed", "softmax-over-channels", "softmax-over-pixels", "attention",
      "vision-transformer", "convnext-block", "group-norm-op", "group-norm-composed",
      "instance-group-norm", "instance-norm", "local-response-norm", "lp-normalization", "resize-scales",
      "resize-sizes", "interpolate-scale", "upsample-9", "prelu-per-channel", "prelu-single", "hardswish-op",
      "hardswish-composed", "mish", "silu", "mlp-gelu", "depth-to-space", "depth-to-space-crd",
      "pixel-shuffle",
      "space-to-depth", "conv-transpose", "conv-transpose-grouped", "conv-transpose-unet",
      "expand-per-channel", "where-over-channels", "tile-channels", "tile-map", "lstm-head",
      "feature-pyramid", "se-gate-hardsigmoid", "pool-forms", "reduce-over-map", "pad-negative",
      "unary-mathematics",
      "matmul-of-values", "crnn", "conv-1d", "conv-3d", "inception", "slice-strided",
    ])
  func gradientAlongADirection(name: String) throws {
    let network = try RunningNetwork(name, .training)
    let store = network.store
    try #require(store.trainableCount > 0)
    _ = try network.loss()
    try network.differentiate()
    var state: UInt64 = 3
    var direction = [Float](repeating: 0, count: store.trainableCount)
    for entry in store.entries where entry.isTrainable {
      let values = store.elements(of: entry)
      let scale = max(values.reduce(0) { max($0, abs($1)) }, 0.1)
      for index in entry.range { direction[index] = scale * RunningNetwork.number(&state) }
    }
    let predicted = zip(store.gradients, direction).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    let original = Array(store.values[..<store.trainableCount])
    func loss(_ step: Float) throws -> Double {
      for index in original.indices { store.values[index] = original[index] + step * direction[index] }
      return try network.loss()
    }
    let step: Float = 1e-4
    let measured = (try loss(step) - (try loss(-step))) / (2 * Double(step))
    let size = zip(store.gradients, direction).reduce(0.0) { $0 + abs(Double($1.0) * Double($1.1)) }
    #expect(abs(measured - predicted) <= 0.02 * abs(predicted) + 0.002 * size)
  }

  @Test(
    "for inference and for training, networks without batch statistics give the same",
    arguments: ["conv-chain"])
  func modesAgree(name: String) throws {
    let (use, training) = (try RunningNetwork(name, .inference), try RunningNetwork(name, .training))
    try use.program.forward()
    try training.program.forward()
    for (a, b) in zip(use.program.outputs[0].floats, training.program.outputs[0].floats) {
      #expect(abs(a - b) <= 1e-4)
    }
  }

  @Test("a folded normalisation notices that its parameters changed")
  func parametersChange() throws {
    let network = try RunningNetwork("residual-projection", .inference)
    let before = try network.loss()
    for index in network.store.values.indices { network.store.values[index] *= 1.25 }
    #expect(try network.loss() != before)
  }

  @Test("the same steps give the same bits")
  func isDeterministic() throws {
    func trained() throws -> [Float] {
      let network = try RunningNetwork("residual-projection", .training)
      for _ in 0..<50 {
        _ = try network.loss()
        try network.differentiate()
        for index in network.store.gradients.indices {
          network.store.values[index] -= 1e-3 * network.store.gradients[index]
        }
      }
      return Array(network.store.values)
    }
    Parallel.setThreads(2)
    defer { Parallel.setThreads(1) }
    let (once, again) = (try trained(), try trained())
    #expect(once.map(\.bitPattern) == again.map(\.bitPattern))
  }

  @Test("an operator that cannot run is named, with its node")
  func unknownOperator() throws {
    let error = #expect(throws: CompileError.self) {
      try RunningNetwork(Networks.unknownBetween(), .inference)
    }
    #expect(error?.code == "no-kernel")
    #expect(error?.place?.contains("node") == true)
  }

  /// A convolution, repeated along the batch as often as a constant of the file says.
  private func repeated(_ times: Int64) throws -> (Model, GraphFacts, ParameterStore) {
    var maker = ModelMaker()
    maker.input("x", [1, 3, 8, 8])
    maker.weight("w", [4, 3, 3, 3])
    maker.integers("shape", [times, 4, 6, 6])
    maker.node("Conv", ["x", "w"], ["a"])
    maker.node("Expand", ["a", "shape"], ["y"], name: "huge")
    maker.output("y")
    let facts = try facts(of: maker.model)
    return (maker.model, facts, try ParameterStore(maker.model, facts))
  }

  @Test(
    "what no memory holds is refused by name before anything is allocated",
    arguments: [1 << 30, 1 << 40, 1 << 62] as [Int64])
  func hugeValue(times: Int64) throws {
    let (model, facts, store) = try repeated(times)
    let error = #expect(throws: CompileError.self) {
      try Program(model, facts, store, ProgramSettings(mode: .inference, memoryLimit: 1 << 30))
    }
    #expect(error?.code == "out-of-memory" && error?.exit == .resources)
    #expect(error?.place?.contains("huge") == true)
  }

  @Test("a network may take as much memory as it needs, and not a byte less")
  func memoryLimit() throws {
    let (model, facts, store) = try repeated(100)
    let needed = try Program(model, facts, store, ProgramSettings(mode: .inference)).arenaByteCount
    _ = try Program(model, facts, store, ProgramSettings(mode: .inference, memoryLimit: needed))
    let error = #expect(throws: CompileError.self) {
      try Program(model, facts, store, ProgramSettings(mode: .inference, memoryLimit: needed - 1))
    }
    #expect(error?.code == "out-of-memory")
  }

  @Test("a shape that is not known is named")
  func unknownShape() throws {
    let model = Networks.chain()
    let facts = try facts(of: model)
    let store = try ParameterStore(model, facts)
    let error = #expect(throws: CompileError.self) {
      try Program(model, facts, store, ProgramSettings(mode: .inference))
    }
    #expect(error?.code == "unknown-shape")
    #expect(error?.hint?.contains("--input-shape") == true)
  }
}
