import FDSKD
import Foundation
import Synchronization
import TestSupport
import Testing

/// Whole compilations that train, on the example's digits. Serialized: the number of threads is the process's.
@Suite("Compilations that train", .serialized)
struct TrainingCompilationTests {
  private static let digits = Golden.example("digits/digits.onnx")
  private static let samples = Golden.example("digits/digits-train.npz")
  private static let tests = Golden.example("digits/digits-test.npz")

  private static func options(_ method: CompileOptions.Method, epochs: Int, rate: Double = 0.5)
    -> CompileOptions
  {
    var training = TrainingOptions(data: samples)
    training.validationData = tests
    training.epochs = epochs
    training.batchSize = 64
    training.threads = 1
    var options = CompileOptions()
    options.rate = rate
    options.method = method
    options.criterion = method == .fpgm ? .gm : method == .l1 ? .l1 : .l2
    options.training = training
    return options
  }

  /// Compiles in a folder of its own; gives the report and the bytes of the output.
  private static func compile(
    _ options: CompileOptions, input: String = digits, control: TrainingControl = .init()
  ) throws -> (report: Report, bytes: Data) {
    try Golden.withFolder { folder in
      let result = try Compiler(options: options, training: control).compile(
        input: input, output: folder + "/out.onnx")
      return (result.report, try Golden.contents(folder + "/out.onnx"))
    }
  }

  @Test("FD-SKD: half of the channels go, the removal changes nothing, the accuracy comes back")
  func fdskd() throws {
    let (report, _) = try Self.compile(Self.options(.fdskd, epochs: 10))
    let training = try #require(report.training)
    #expect(training.isDistilled && training.isLabelled)
    #expect(training.samples == 1347 && training.validationSamples == 450)
    #expect(training.decayEpochs == 5 && training.stepsPerEpoch == 21)
    #expect(training.curve.map(\.epoch) == Array(1...10))
    #expect(
      training.curve.map(\.phase) == Array(repeating: .decay, count: 5) + Array(repeating: .retrain, count: 5)
    )
    #expect(try #require(training.removalError) <= 1e-4)
    #expect(training.beforeRemoval?.accuracy == training.afterRemoval?.accuracy)
    #expect(try #require(training.teacher).accuracy == 447.0 / 450)
    #expect(try #require(training.final).accuracy >= 0.97)
    #expect(try #require(report.totals.after.macs) * 100 <= 35 * (try #require(report.totals.before.macs)))
    let rates = training.curve.compactMap(\.decayRate)
    #expect(rates == rates.sorted(by: >) && rates.count == 5 && rates[4] < 1e-4)
  }

  @Test(
    "every method gives a network of the same size", arguments: [CompileOptions.Method.fd, .sfp, .fpgm, .l1])
  func methods(_ method: CompileOptions.Method) throws {
    let (report, _) = try Self.compile(Self.options(method, epochs: 4))
    let training = try #require(report.training)
    #expect(!training.isDistilled && training.curve.allSatisfy { $0.divergence == nil })
    #expect(training.decayEpochs == (method == .l1 ? 0 : 2))
    #expect(try #require(training.removalError) <= 1e-4)
    let final = try #require(training.final)
    #expect(final.accuracy > 0.9)
    #expect(report.totals.after.parameters == 9794)
  }

  @Test("what is written is what was measured")
  func evaluates() throws {
    try Golden.withFolder { folder in
      let output = folder + "/out.onnx"
      let result = try Compiler(options: Self.options(.fdskd, epochs: 2)).compile(
        input: Self.digits, output: output)
      let evaluation = try Compiler().evaluate(input: output, EvaluationOptions(data: Self.tests))
      #expect(evaluation.top1 == result.report.training?.final?.accuracy)
    }
  }

  @Test("the same seed gives the same bytes, another seed others")
  func isDeterministic() throws {
    var options = Self.options(.fdskd, epochs: 2)
    let (first, second) = (try Self.compile(options), try Self.compile(options))
    #expect(first.bytes == second.bytes)
    #expect(first.report.training == second.report.training)
    options.training?.seed = 1
    #expect(try Self.compile(options).bytes != first.bytes)
  }

  @Test("interrupted in either phase and resumed, it gives the same bytes", arguments: [10, 21, 30, 60])
  func resumes(afterSteps count: Int) throws {
    var options = Self.options(.fdskd, epochs: 4)
    let whole = try Self.compile(options)
    try Golden.withFolder { folder in
      options.training?.checkpointDirectory = folder + "/checkpoints"
      let steps = Steps()
      let control = TrainingControl(
        progress: { _ in steps.count() }, isInterrupted: { steps.value >= count })
      let error = #expect(throws: (any Error).self) { try Self.compile(options, control: control) }
      let diagnostic = Diagnostic(try #require(error))
      #expect(diagnostic.code == "interrupted" && diagnostic.exitStatus == 130)
      #expect(diagnostic.description.contains("--resume goes on"))
      options.training?.resumes = true
      let resumed = try Self.compile(options)
      #expect(resumed.bytes == whole.bytes)
      #expect(resumed.report.training == whole.report.training)
    }
  }

  @Test("the last two checkpoints are kept; a damaged one is refused, and the one before offered")
  func damagedCheckpoint() throws {
    try Golden.withFolder { folder in
      var options = Self.options(.fdskd, epochs: 3)
      options.training?.checkpointDirectory = folder
      _ = try Self.compile(options)
      let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      #expect(
        names == ["epoch-0000002-step-000000000.checkpoint", "epoch-0000003-step-000000000.checkpoint"])
      #expect(try Self.code { _ = try Self.compile(options) } == "checkpoints-exist")
      options.training?.resumes = true
      let path = folder + "/" + names[1]
      let whole = try Golden.contents(path)
      for position in [0, 9, 40, whole.count / 2, whole.count - 1] {
        var damaged = whole
        damaged[position] ^= 1
        try damaged.write(to: URL(filePath: path))
        #expect(try Self.code { _ = try Self.compile(options) } == "checkpoint-damaged", "byte \(position)")
      }
      try whole.prefix(whole.count - 5).write(to: URL(filePath: path))
      let error = #expect(throws: (any Error).self) { try Self.compile(options) }
      #expect(Diagnostic(try #require(error)).description.contains("goes on from \(names[0])"))
    }
  }

  @Test("a checkpoint of other settings, data or another model is refused")
  func foreignCheckpoint() throws {
    try Golden.withFolder { folder in
      var options = Self.options(.fdskd, epochs: 2)
      options.training?.checkpointDirectory = folder
      _ = try Self.compile(options)
      options.training?.resumes = true
      options.training?.learningRate = 0.02
      options.training?.data = Self.tests
      let error = #expect(throws: (any Error).self) { try Self.compile(options) }
      let diagnostic = Diagnostic(try #require(error))
      #expect(diagnostic.code == "checkpoint-mismatch" && diagnostic.exitStatus == 1)
      #expect(diagnostic.description.contains("other data and other settings"))
    }
  }

  @Test("a loss that is no number ends the run with exit status 3, and the report says how far it came")
  func divergence() throws {
    var options = Self.options(.fdskd, epochs: 3)
    options.training?.learningRate = 1e30
    try Golden.withFolder { folder in
      try Data("old".utf8).write(to: URL(filePath: folder + "/out.onnx"))
      let failure = #expect(throws: GateFailure.self) {
        try Compiler(options: options).compile(input: Self.digits, output: folder + "/out.onnx")
      }
      let diagnostic = Diagnostic(try #require(failure))
      #expect(diagnostic.code == "training-diverged" && diagnostic.exitStatus == 3)
      #expect(failure?.result.report.training?.epochs == 3)
      #expect(try Golden.contents(folder + "/out.onnx") == Data("old".utf8))
    }
  }

  @Test("an accuracy that fell too far is a failed gate: no output, a report")
  func accuracyGate() throws {
    var options = Self.options(.l1, epochs: 1, rate: 0.9)
    options.training?.learningRate = 1e-6
    options.training?.maxAccuracyDrop = 0.5
    try Golden.withFolder { folder in
      let failure = #expect(throws: GateFailure.self) {
        try Compiler(options: options).compile(input: Self.digits, output: folder + "/out.onnx")
      }
      let diagnostic = Diagnostic(try #require(failure))
      #expect(diagnostic.code == "accuracy-dropped" && diagnostic.exitStatus == 3)
      #expect(failure?.result.report.training?.final != nil)
      #expect(!FileManager.default.fileExists(atPath: folder + "/out.onnx"))
    }
  }

  @Test("a network that was trained to nothing prunable is refused before it is trained")
  func nothingPrunable() throws {
    var options = Self.options(.fdskd, epochs: 1_000_000)
    options.ignoredLayers = ["*"]
    #expect(try Self.code { _ = try Self.compile(options) } == "nothing-prunable")
  }

  private static func code(_ body: () throws -> Void) throws -> String {
    let error = #expect(throws: (any Error).self, performing: body)
    return Diagnostic(try #require(error)).code
  }
}

private final class Steps: Sendable {
  private let steps = Atomic(0)

  func count() { steps.add(1, ordering: .relaxed) }

  var value: Int { steps.load(ordering: .relaxed) }
}
