import FDSKD
import Testing

@Suite("Options of training")
struct TrainingOptionsTests {
  /// What is wrong with these options, with data and method fd-skd unless `change` says otherwise.
  private func complaint(_ change: (inout CompileOptions, inout TrainingOptions) -> Void) -> Diagnostic? {
    var options = CompileOptions()
    options.method = .fdskd
    var training = TrainingOptions(data: "samples.npz")
    change(&options, &training)
    options.training = training
    do { try options.validate() } catch { return Diagnostic(error) }
    return nil
  }

  @Test("have the defaults of the documentation")
  func defaults() {
    let training = TrainingOptions(data: "d")
    #expect(training.epochs == 250 && training.batchSize == 128)
    #expect(training.learningRate == 0.01 && training.momentum == 0.9 && training.weightDecay == 1e-4)
    #expect(training.initialTemperature == 10 && training.decayFraction == 0.5)
    #expect(training.distillationTemperature == 5 && training.distillationBalance == 0.9)
    #expect(training.pruneInterval == 0.1 && training.dampsGradients)
    #expect(complaint { _, _ in } == nil)
  }

  typealias NumberCase = (
    flag: String, field: WritableKeyPath<TrainingOptions, Double> & Sendable, good: [Double], bad: [Double]
  )

  static let numbers: [NumberCase] = [
    ("--lr", \.learningRate, [1e-9, 0.1, 100], [0, -0.1]),
    ("--momentum", \.momentum, [0, 0.999], [1, -0.1]),
    ("--weight-decay", \.weightDecay, [0, 1], [-1e-9]),
    ("--initial-temperature", \.initialTemperature, [0.1, 100], [0, -1]),
    ("--decay-fraction", \.decayFraction, [0.01, 1], [0, 1.01]),
    ("--prune-interval", \.pruneInterval, [0.01, 0.1, 1, 250], [0, 0.009, 250.1, -1]),
    ("--kd-temperature", \.distillationTemperature, [0.5, 20], [0, -5]),
    ("--kd-balance", \.distillationBalance, [0, 1], [-0.1, 1.1]),
  ]

  @Test(
    "accept every number of their range, and refuse others, NaN and infinity with flag and value named",
    arguments: numbers)
  func ranges(example: NumberCase) throws {
    for value in example.good {
      #expect(complaint { $1[keyPath: example.field] = value } == nil, "\(example.flag) \(value)")
    }
    for value in example.bad + [.nan, .infinity, -.infinity] {
      let diagnostic = try #require(
        complaint { $1[keyPath: example.field] = value }, "\(example.flag) \(value)")
      #expect(diagnostic.exitStatus == 2)
      #expect(
        diagnostic.description.hasPrefix("error[bad-option]: \(example.flag) is \(value), and has to be "))
    }
  }

  @Test("refuse counts out of range with the flag named")
  func counts() {
    func refused(_ flag: String, _ change: (inout TrainingOptions) -> Void) {
      let diagnostic = complaint { change(&$1) }
      #expect(diagnostic?.exitStatus == 2)
      #expect(diagnostic?.description.hasPrefix("error[bad-option]: \(flag) ") == true, "\(flag)")
    }
    refused("--epochs") { $0.epochs = 0 }
    refused("--epochs") { $0.epochs = 1_000_001 }
    refused("--batch-size") { $0.batchSize = 0 }
    refused("--batch-size") { $0.batchSize = 65_537 }
    refused("--threads") { $0.threads = 0 }
    refused("--threads") { $0.threads = 1025 }
    refused("--decay-rate") { $0.decayRate = 1.1 }
    refused("--decay-rate") { $0.decayRate = .nan }
    refused("--max-accuracy-drop") { $0.maxAccuracyDrop = -0.1 }
    refused("--max-accuracy-drop") { $0.maxAccuracyDrop = 100.1 }
    refused("--max-accuracy-drop") { $0.maxAccuracyDrop = .nan }
    refused("--data") { $0.data = "" }
    refused("--val-data") { $0.validationData = "" }
    refused("--checkpoint") { $0.checkpointDirectory = "" }
    refused("--distill-output") { $0.distilledOutputs = [""] }
    refused("--distill-output") { $0.distilledOutputs = ["y", "y"] }
  }

  @Test("accept the ends of every count's range")
  func ends() {
    #expect(complaint { ($1.epochs, $1.batchSize, $1.threads, $1.pruneInterval) = (1, 1, 1, 1) } == nil)
    #expect(complaint { ($1.epochs, $1.batchSize, $1.threads) = (1_000_000, 65_536, 1024) } == nil)
    #expect(complaint { ($1.decayRate, $1.maxAccuracyDrop) = (0, 0) } == nil)
    #expect(complaint { ($1.decayRate, $1.maxAccuracyDrop) = (1, 100) } == nil)
  }

  @Test("take as many means as standard deviations, each of them a number")
  func scaling() {
    #expect(complaint { ($1.mean, $1.standardDeviation) = ([-0.5], [0.25]) } == nil)
    #expect(
      complaint { $1.mean = [0.5] }?.description.contains("--mean names 1 and --std 0 channels") == true)
    for bad in [0, -1, Float.nan, .infinity] {
      #expect(
        complaint { ($1.mean, $1.standardDeviation) = ([0], [bad]) }?.description.contains("--std is \(bad)")
          == true)
    }
    #expect(
      complaint { ($1.mean, $1.standardDeviation) = ([.nan], [1]) }?.description.contains("--mean is nan")
        == true)
  }

  @Test("cannot go on without checkpoints")
  func resuming() {
    let diagnostic = complaint { $1.resumes = true }
    #expect(diagnostic?.exitStatus == 2)
    #expect(diagnostic?.description.contains("--resume") == true)
    #expect(diagnostic?.description.contains("--checkpoint DIR --resume") == true)
    #expect(complaint { ($1.resumes, $1.checkpointDirectory) = (true, "c") } == nil)
  }

  @Test("need a method that trains, and such a method needs them", arguments: CompileOptions.Method.allCases)
  func methods(method: CompileOptions.Method) throws {
    var options = CompileOptions()
    options.method = method
    options.criterion = method.criterion ?? .l2
    if method == .oneShot {
      try options.validate()
      options.training = TrainingOptions(data: "d")
      let error = try #require(throws: (any Error).self) { try options.validate() }
      #expect(Diagnostic(error).description.contains("--method 'one-shot' does not train"))
    } else {
      let error = try #require(throws: (any Error).self) { try options.validate() }
      #expect(Diagnostic(error).code == "no-data" && Diagnostic(error).exitStatus == 2)
      #expect(
        Diagnostic(error).description.contains("--method '\(method.rawValue)' trains, and no data is named"))
      options.training = TrainingOptions(data: "d")
      try options.validate()
    }
  }

  @Test(
    "go with the scores of their method",
    arguments: [(.sfp, .l2), (.fpgm, .gm), (.l1, .l1)] as [(CompileOptions.Method, CompileOptions.Criterion)])
  func scores(method: CompileOptions.Method, criterion: CompileOptions.Criterion) {
    #expect(method.criterion == criterion)
    for other in CompileOptions.Criterion.allCases {
      let diagnostic = complaint { options, _ in (options.method, options.criterion) = (method, other) }
      let expected =
        "--criterion is \(other.rawValue), and --method \(method.rawValue) scores by \(criterion.rawValue)"
      #expect(other == criterion ? diagnostic == nil : diagnostic?.description.contains(expected) == true)
    }
    #expect(complaint { options, _ in (options.method, options.criterion) = (.fd, .gm) } == nil)
  }

  @Test("refuse what the method has no use for")
  func contradictions() {
    func refused(_ method: CompileOptions.Method, _ flag: String, _ change: (inout TrainingOptions) -> Void)
      -> Bool
    {
      let diagnostic = complaint { options, training in
        options.method = method
        options.criterion = method.criterion ?? .l2
        change(&training)
      }
      return diagnostic?.exitStatus == 2 && diagnostic?.description.contains(flag) == true
    }
    for method in [CompileOptions.Method.sfp, .fpgm] {
      #expect(refused(method, "--decay-rate is 0.2, and --method \(method.rawValue)") { $0.decayRate = 0.2 })
      #expect(!refused(method, "--decay-rate") { $0.decayRate = 0 })
    }
    #expect(refused(.l1, "--decay-rate") { $0.decayRate = 0 })
    #expect(!refused(.fd, "--decay-rate") { $0.decayRate = 0.2 })
    #expect(refused(.fd, "--distill-output is set, and --method fd") { $0.distilledOutputs = ["y"] })
    #expect(!refused(.fdskd, "--distill-output") { $0.distilledOutputs = ["y"] })
  }
}
