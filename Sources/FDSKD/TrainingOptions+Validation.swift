extension TrainingOptions {
  /// Refuses what nothing could be trained with.
  ///
  /// - Throws: `bad-option`, of exit class usage, with the flag, its value and the range named.
  package func validate() throws {
    try Self.check(path: data, for: "--data")
    if let validationData { try Self.check(path: validationData, for: "--val-data") }
    try Self.check(epochs, 1...1_000_000, for: "--epochs")
    try Self.check(batchSize, 1...65_536, for: "--batch-size")
    if let threads { try Self.check(threads, 1...1024, for: "--threads") }
    try Self.check(learningRate, for: "--lr", "above 0") { $0 > 0 }
    try Self.check(momentum, for: "--momentum", "at least 0 and less than 1") { $0 >= 0 && $0 < 1 }
    try Self.check(weightDecay, for: "--weight-decay", "at least 0") { $0 >= 0 }
    try Self.check(initialTemperature, for: "--initial-temperature", "above 0") { $0 > 0 }
    try Self.check(decayFraction, for: "--decay-fraction", "above 0 and at most 1") { $0 > 0 && $0 <= 1 }
    if let decayRate { try Self.check(decayRate, for: "--decay-rate", "0 to 1") { $0 >= 0 && $0 <= 1 } }
    let epochs = Double(epochs)
    try Self.check(
      pruneInterval, for: "--prune-interval", "0.01 to \(self.epochs), the number of epochs"
    ) { $0 >= 0.01 && $0 <= epochs }
    try Self.check(distillationTemperature, for: "--kd-temperature", "above 0") { $0 > 0 }
    try Self.check(distillationBalance, for: "--kd-balance", "0 to 1") { $0 >= 0 && $0 <= 1 }
    if let maxAccuracyDrop {
      try Self.check(maxAccuracyDrop, for: "--max-accuracy-drop", "0 to 100, in percentage points") {
        $0 >= 0 && $0 <= 100
      }
    }
    try validateDistilledOutputs()
    try validateScaling()
    if let checkpointDirectory { try Self.check(path: checkpointDirectory, for: "--checkpoint") }
    if resumes, checkpointDirectory == nil {
      throw CompileOptions.usage(
        "bad-option", "--resume goes on from a checkpoint, and --checkpoint names no folder of any",
        hint: "--checkpoint DIR --resume")
    }
  }

  private func validateDistilledOutputs() throws {
    var named: Set<String> = []
    for output in distilledOutputs {
      if output.isEmpty { throw CompileOptions.usage("bad-option", "--distill-output has an empty name") }
      if !named.insert(output).inserted {
        throw CompileOptions.usage("bad-option", "--distill-output names '\(output)' twice")
      }
    }
  }

  private func validateScaling() throws {
    guard mean.allSatisfy(\.isFinite) else {
      throw CompileOptions.usage(
        "bad-option", "--mean is \(Self.list(mean)), and each has to be a finite number")
    }
    guard standardDeviation.allSatisfy({ $0.isFinite && $0 > 0 }) else {
      throw CompileOptions.usage(
        "bad-option", "--std is \(Self.list(standardDeviation)), and each has to be above 0")
    }
    guard mean.count == standardDeviation.count else {
      throw CompileOptions.usage(
        "bad-option", "--mean names \(mean.count) and --std \(standardDeviation.count) channels",
        hint: "one value a channel, or one for all: --mean 0.5 --std 0.25")
    }
  }

  private static func list(_ values: [Float]) -> String { values.map { "\($0)" }.joined(separator: ",") }

  private static func check(path: String, for flag: String) throws {
    if path.isEmpty { throw CompileOptions.usage("bad-option", "\(flag) names no file or folder") }
  }

  private static func check(_ value: Int, _ range: ClosedRange<Int>, for flag: String) throws {
    guard range.contains(value) else {
      throw CompileOptions.usage(
        "bad-option", "\(flag) is \(value), and has to be \(range.lowerBound) to \(range.upperBound)")
    }
  }

  private static func check(
    _ value: Double, for flag: String, _ range: String, _ isInside: (Double) -> Bool
  ) throws {
    guard value.isFinite, isInside(value) else {
      throw CompileOptions.usage("bad-option", "\(flag) is \(value), and has to be \(range)")
    }
  }
}

extension CompileOptions.Method {
  /// The scores that belong to the method; nil where any do.
  public var criterion: CompileOptions.Criterion? {
    switch self {
    case .oneShot, .fdskd, .fd: nil
    case .sfp: .l2
    case .fpgm: .gm
    case .l1: .l1
    }
  }

  /// Whether a teacher is followed.
  public var distills: Bool { self == .fdskd }
}

extension CompileOptions {
  /// Method, scores, data and decay have to fit each other.
  ///
  /// - Throws: `no-data` where the method trains and there is nothing to train with; `bad-option`.
  func validateMethod() throws {
    try Self.check(criterion, fits: method)
    guard let training else {
      if method == .oneShot { return }
      throw Self.usage(
        "no-data", "--method '\(method.rawValue)' trains, and no data is named",
        hint: "--data FOLDER; without data, leave --method away or use --criterion")
    }
    try training.validate()
    switch method {
    case .oneShot:
      throw Self.usage(
        "bad-option", "--method 'one-shot' does not train, and --data names samples to train with",
        hint: "--method l1 removes at once and trains afterwards; --method fd-skd is the default with --data")
    case .sfp, .fpgm:
      if let rate = training.decayRate, rate != 0 {
        throw Self.usage(
          "bad-option", "--decay-rate is \(rate), and --method \(method.rawValue) always multiplies by 0",
          hint: "--method fd takes any decay rate")
      }
    case .l1:
      if training.decayRate != nil {
        throw Self.usage(
          "bad-option", "--decay-rate is set, and with --method l1 nothing decays",
          hint: "--method fd takes any decay rate")
      }
    case .fdskd, .fd: break
    }
    if !method.distills, !training.distilledOutputs.isEmpty {
      throw Self.usage(
        "bad-option", "--distill-output is set, and --method \(method.rawValue) follows no teacher",
        hint: "--method fd-skd does")
    }
  }

  package static func check(_ criterion: Criterion, fits method: Method) throws {
    guard let own = method.criterion, own != criterion else { return }
    throw usage(
      "bad-option",
      "--criterion is \(criterion.rawValue), and --method \(method.rawValue) scores by \(own.rawValue)",
      hint: "leave one of them away; --method fd takes any criterion")
  }
}
