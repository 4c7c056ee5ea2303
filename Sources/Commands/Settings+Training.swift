import FDSKD

extension SettingKey {
  /// What says how to train, and means nothing without data to train with. `--seed` and `--threads` may stay in a
  /// configuration that is used for more.
  package static let trainingKeys: [SettingKey] = [
    .validationData, .epochs, .batchSize, .learningRate, .learningRateSchedule, .momentum, .weightDecay,
    .annealing, .initialTemperature, .decayFraction, .decayRate, .decayScope, .pruneInterval, .dampGradients,
    .distillationTemperature, .distillationBalance, .distillOutput, .augment, .mean, .standardDeviation,
    .normalization, .checkpoint, .resume, .maxAccuracyDrop,
  ]
}

extension Settings {
  /// Method, scores and training: with data the method is fd-skd unless another is named, without it one-shot.
  ///
  /// - Throws: `no-data`, `bad-option`.
  func setTraining(of options: inout CompileOptions) throws {
    let method: CompileOptions.Method? = try self[.method].map { try SettingText.choice($0, for: .method) }
    options.training = try training()
    options.method = method ?? (options.training == nil ? .oneShot : .fdskd)
    if let method {
      if self[.criterion] != nil {
        try CompileOptions.check(options.criterion, fits: method)
      } else {
        options.criterion = method.criterion ?? options.criterion
      }
    }
    // L1 scores and no training are not a method of their own.
    if method == .l1, options.training == nil { options.method = .oneShot }
  }

  /// How to train; nil without `--data`.
  private func training() throws -> TrainingOptions? {
    guard let data = self[.data] else {
      guard let key = SettingKey.trainingKeys.first(where: { self[$0] != nil }) else { return nil }
      throw Diagnostic.usage(
        "no-data", "\(key.flag) says how to train, and no data is named",
        hint: "--data FOLDER, or leave \(key.flag) away")
    }
    var training = TrainingOptions(data: data)
    training.validationData = self[.validationData]
    if let text = self[.epochs] { training.epochs = try SettingText.integer(text, for: .epochs) }
    if let text = self[.batchSize] { training.batchSize = try SettingText.integer(text, for: .batchSize) }
    try setNumber(.learningRate, &training.learningRate)
    try setChoice(.learningRateSchedule, &training.learningRateSchedule)
    try setNumber(.momentum, &training.momentum)
    try setNumber(.weightDecay, &training.weightDecay)
    try setChoice(.annealing, &training.annealing)
    try setNumber(.initialTemperature, &training.initialTemperature)
    try setNumber(.decayFraction, &training.decayFraction)
    training.decayRate = try self[.decayRate].map { try SettingText.number($0, for: .decayRate) }
    try setChoice(.decayScope, &training.decayScope)
    try setNumber(.pruneInterval, &training.pruneInterval)
    training.dampsGradients = self[isOn: .dampGradients] ?? training.dampsGradients
    try setNumber(.distillationTemperature, &training.distillationTemperature)
    try setNumber(.distillationBalance, &training.distillationBalance)
    training.distilledOutputs = self[list: .distillOutput]
    try setChoice(.augment, &training.augmentation)
    if let text = self[.mean] { training.mean = try SettingText.channels(text, for: .mean) }
    if let text = self[.standardDeviation] {
      training.standardDeviation = try SettingText.channels(text, for: .standardDeviation)
    }
    if let text = self[.seed] { training.seed = try SettingText.seed(text, for: .seed) }
    training.threads = try self[.threads].map { try SettingText.integer($0, for: .threads) }
    try setChoice(.normalization, &training.normalization)
    training.checkpointDirectory = self[.checkpoint]
    training.resumes = self[isOn: .resume] ?? training.resumes
    training.maxAccuracyDrop = try self[.maxAccuracyDrop].map {
      try SettingText.number($0, for: .maxAccuracyDrop)
    }
    return training
  }

  private func setNumber(_ key: SettingKey, _ number: inout Double) throws {
    if let text = self[key] { number = try SettingText.number(text, for: key) }
  }

  private func setChoice<Choice: RawRepresentable<String> & CaseIterable>(
    _ key: SettingKey, _ choice: inout Choice
  ) throws {
    if let text = self[key] { choice = try SettingText.choice(text, for: key) }
  }
}

extension SettingText {
  /// Any number but NaN; what it may be is for the options to say.
  static func number(_ text: String, for key: SettingKey) throws -> Double {
    if let number = Double(text), !number.isNaN { return number }
    throw Diagnostic.usage("bad-option", "\(key.flag) is '\(text)', and has to be a number")
  }

  /// `0.485,0.456,0.406`: one number a channel.
  static func channels(_ text: String, for key: SettingKey) throws -> [Float] {
    let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { Float($0) }
    let found = numbers.compactMap(\.self)
    if found.count == numbers.count, found.allSatisfy(\.isFinite) { return found }
    throw Diagnostic.usage(
      "bad-option", "\(key.flag) is '\(text)', and has to be numbers with commas between them",
      hint: "\(key.flag) 0.485,0.456,0.406")
  }

  static func seed(_ text: String, for key: SettingKey) throws -> UInt64 {
    if let seed = UInt64(text) { return seed }
    throw Diagnostic.usage(
      "bad-option", "\(key.flag) is '\(text)', and has to be a whole number of at least 0")
  }
}
