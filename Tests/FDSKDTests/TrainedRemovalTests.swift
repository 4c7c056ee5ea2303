import FDSKD
import GraphIR
import ONNXFormat
import TestSupport
import Testing

/// Fixtures whose channels are joined in every way, trained for a moment on noise without labels.
@Suite("Removal after training", .serialized)
struct TrainedRemovalTests {
  private func compile(
    _ name: String, _ change: (inout CompileOptions) -> Void = { _ in }
  ) throws -> (result: CompileResult, model: Model) {
    try Golden.withFolder { folder in
      let input = Golden.fixture(name)
      let graph = try ONNXImporter.load(input).model.graph
      let dims = try #require(graph.inputs.first?.type?.tensor?.dims).dropFirst().map { dimension -> Int in
        if case .value(let length) = dimension.extent { return Int(length) }
        return 8
      }
      let shape = [24] + dims
      var state: UInt64 = 5
      let noise = (0..<shape.reduce(1, *)).map { _ -> Float in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Float(Int64(bitPattern: state) >> 40) / Float(1 << 23)
      }
      try NumPyFile.write(noise, shape: shape, to: folder + "/noise.npy")
      var training = TrainingOptions(data: folder + "/noise.npy")
      training.epochs = 2
      training.batchSize = 8
      training.learningRate = 1e-3
      training.threads = 1
      var options = CompileOptions()
      options.method = .fdskd
      options.rate = 0.5
      options.training = training
      change(&options)
      let result = try Compiler(options: options).compile(input: input, output: folder + "/out.onnx")
      return (result, try ONNXImporter.load(folder + "/out.onnx").model)
    }
  }

  @Test(
    "changes no output: what reads the channels saw zeros",
    arguments: [
      "conv-chain", "residual-identity", "residual-projection", "residual-option-a", "pre-activation",
      "inverted-residual", "dense-block", "inception", "se-gate-conv", "se-gate-hardsigmoid",
      "se-gate-linear",
      "channel-shuffle", "c2f-chunk", "conv-grouped", "conv-depthwise", "vgg-flatten", "transpose-nhwc",
      "residual-identity-folded", "feature-pyramid", "zeroed-sigmoid",
    ])
  func isExact(name: String) throws {
    let (result, _) = try compile(name)
    let training = try #require(result.report.training)
    #expect(!training.isLabelled && training.isDistilled)
    #expect(try #require(training.removalError) <= 1e-4)
    #expect(training.curve.allSatisfy { $0.loss.isFinite && $0.crossEntropy == nil })
    let (before, after) = (result.report.totals.before.parameters, result.report.totals.after.parameters)
    #expect(try #require(after) < (try #require(before)))
  }

  @Test("restored normalisations leave no trace: the nodes are those that went in")
  func restores() throws {
    let name = "residual-identity-folded"
    let (restored, model) = try compile(name)
    let input = try ONNXImporter.load(Golden.fixture(name)).model
    #expect(model.graph.nodes.map(\.opType) == input.graph.nodes.map(\.opType))
    #expect(model.graph.initializers.count == input.graph.initializers.count)
    #expect(restored.report.passes.contains { $0.name == "restore-batch-norm" && $0.outcome == .changed })
    let (kept, _) = try compile(name) { $0.training?.normalization = .keep }
    #expect(!kept.report.passes.contains { $0.name == "restore-batch-norm" })
    #expect(kept.report.totals == restored.report.totals)
    let tensors = Set(input.graph.constants.keys.map { input.graph[$0].name })
    #expect(restored.plan.groups.flatMap(\.members).allSatisfy { tensors.contains($0.tensor) })
  }

  @Test("an output that is named is followed; one that is not there is refused, and the others are listed")
  func namedOutput() throws {
    let (result, _) = try compile("conv-chain") { $0.training?.distilledOutputs = ["conv3"] }
    #expect(result.report.training?.isDistilled == true)
    let error = #expect(throws: (any Error).self) {
      try compile("conv-chain") { $0.training?.distilledOutputs = ["z"] }
    }
    let diagnostic = Diagnostic(try #require(error))
    #expect(diagnostic.code == "no-such-output" && diagnostic.exitStatus == 2)
    #expect(diagnostic.description.contains("its outputs are conv3"))
  }

  @Test("a method without a teacher needs labels")
  func needsLabels() throws {
    let error = #expect(throws: (any Error).self) { try compile("conv-chain") { $0.method = .fd } }
    #expect(Diagnostic(try #require(error)).code == "labels-needed")
  }
}
