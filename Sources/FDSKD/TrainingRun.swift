import Crypto
import Datasets
import GraphIR
import ONNXFormat
import Passes
import Training

/// Makes training sessions out of options: opens the data, and keeps checkpoints.
struct TrainingRun: Sendable {
  let handle: TrainingHandle
  private let options: CompileOptions

  /// - Parameters:
  ///   - model: SHA-256 of the input.
  ///   - output: where the model is going to be written; checkpoints of interrupted runs lie beside it.
  init(
    _ options: CompileOptions, _ training: TrainingOptions, model digest: String, output: String?,
    _ control: TrainingControl
  ) {
    self.options = options
    handle = TrainingHandle { model in
      do {
        return try Self.session(model, options, training, digest, output, control)
      } catch let error as DatasetError {
        throw CompileError(error)
      }
    }
  }

  private static func session(
    _ model: Model, _ options: CompileOptions, _ training: TrainingOptions, _ digest: String,
    _ output: String?, _ control: TrainingControl
  ) throws -> TrainingSession {
    let input = try TrainingInput(of: model)
    let expectation = SampleExpectation(shape: input.sampleShape)
    let data = try Datasets.open(
      training.data, split: .train, expecting: expectation, memoryLimit: options.maxMemory)
    let validation = try validationData(training, expectation, besides: data, options.maxMemory)
    if training.maxAccuracyDrop != nil, validation?.labels == nil || data.labels == nil {
      throw CompileError(
        "labels-needed", "--max-accuracy-drop needs labelled samples to measure on", exit: .usage,
        hint: "give them with --val-data")
    }
    let identity = CheckpointFile.Identity(
      version: Report.Tool.currentVersion, model: digest, data: try fingerprint(of: data),
      settings: try settingsText(options))
    let folder = CheckpointFolder(
      training.checkpointDirectory ?? (output == nil || output == "-" ? "fdskd" : output ?? "")
        + ".checkpoints")
    var resumed: Checkpoint?
    if training.resumes {
      resumed = try folder.last(for: identity)
    } else if training.checkpointDirectory != nil {
      try folder.prepare()
    }
    var observer = TrainingSession.Observer()
    observer.progress = { control.progress(TrainingProgress($0)) }
    observer.isInterrupted = control.isInterrupted
    observer.save = { checkpoint, isInterrupted in
      guard training.checkpointDirectory != nil || isInterrupted else { return }
      if training.checkpointDirectory == nil { try folder.prepare() }
      try folder.save(CheckpointFile(identity: identity, checkpoint: checkpoint))
      guard isInterrupted else { return }
      throw CompileError(
        "interrupted",
        "training was interrupted after \(checkpoint.state.epoch) of \(training.epochs) epochs",
        exit: .interrupted,
        hint: "the same command with --checkpoint '\(folder.path)' --resume goes on")
    }
    do {
      return try TrainingSession(
        model, data, validation: validation, settings(options, training), resumed: resumed, observer)
    } catch let error as CompileError where error.code == "dataset-label" {
      throw error.in(file: training.data)
    }
  }

  /// The samples to measure on: those named, or the test half of the data where it has one.
  private static func validationData(
    _ training: TrainingOptions, _ expectation: SampleExpectation, besides data: any Dataset,
    _ memoryLimit: Int?
  ) throws -> (any Dataset)? {
    if let path = training.validationData {
      let found = try Datasets.open(
        path, split: .test, expecting: expectation, memoryLimit: memoryLimit)
      guard found.labels != nil else {
        throw DatasetError(.label, path, "has no labels to compare with")
      }
      return found
    }
    // Formats without halves give the same samples for both.
    guard
      let half = try? Datasets.open(
        training.data, split: .test, expecting: expectation, memoryLimit: memoryLimit),
      let labels = half.labels, labels != data.labels
    else { return nil }
    return half
  }

  // MARK: - Settings

  private static func settings(_ options: CompileOptions, _ training: TrainingOptions) -> TrainingSettings {
    var settings = TrainingSettings()
    settings.epochs = training.epochs
    settings.batchSize = training.batchSize
    settings.learningRate = training.learningRate
    settings.schedule =
      switch training.learningRateSchedule {
      case .constant: .constant
      case .cosine: .cosine
      case .step: .step
      }
    settings.momentum = training.momentum
    settings.weightDecay = training.weightDecay
    settings.annealing = training.annealing == .linear ? .linear : .sigmoid
    settings.initialTemperature = training.initialTemperature
    settings.decayRate = training.decayRate
    settings.decaysWholeChannels = training.decayScope == .channel
    settings.interval = training.pruneInterval
    settings.dampsGradients = training.dampsGradients
    settings.balance = training.distillationBalance
    settings.temperature = training.distillationTemperature
    settings.distilledOutputs = training.distilledOutputs
    settings.preprocessing = Preprocessing(
      mean: training.mean, standardDeviation: training.standardDeviation)
    settings.augmentation = training.augmentation == .cropFlip ? .cropFlip(padding: 4) : .none
    settings.seed = training.seed
    settings.threads = training.threads
    settings.memoryLimit = options.maxMemory
    settings.decayEpochs = min(
      training.epochs, max(1, Int((training.decayFraction * Double(training.epochs)).rounded())))
    settings.isDistilled = options.method == .fdskd
    switch options.method {
    case .fdskd, .fd, .oneShot: break
    case .sfp, .fpgm:
      // Filters are set to zero once an epoch at most, by themselves, and are free to grow again.
      settings.decayRate = 0
      settings.interval = max(1, training.pruneInterval)
      settings.decaysWholeChannels = false
      settings.dampsGradients = false
    case .l1: settings.decayEpochs = 0
    }
    return settings
  }

  /// What decides the result, as text.
  private static func settingsText(_ options: CompileOptions) throws -> String {
    var options = options
    options.training?.checkpointDirectory = nil
    options.training?.resumes = false
    options.training?.threads = nil
    options.training?.maxAccuracyDrop = nil
    options.noClobber = false
    options.dumpAfter = []
    options.maxMemory = nil
    return try JSONText.encode(options)
  }

  /// A digest of what a data set holds: number, shape and labels of all samples, and the numbers of 64 of them.
  private static func fingerprint(of data: any Dataset) throws -> String {
    var hash = SHA256()
    hash.update(data: Array("\(data.count) \(data.sampleShape)".utf8))
    data.labels?.withUnsafeBytes { hash.update(bufferPointer: $0) }
    var sample = [Float](repeating: 0, count: data.sampleSize)
    for number in 0..<min(64, data.count) {
      let index = number * data.count / min(64, data.count)
      try sample.withUnsafeMutableBufferPointer { try data.read(index, into: $0) }
      sample.withUnsafeBytes { hash.update(bufferPointer: $0) }
    }
    return hash.finalize().map { String(UInt16($0) | 0x100, radix: 16).dropFirst() }.joined()
  }
}

extension CompileError {
  /// A data set's error, as the compiler tells it.
  init(_ error: DatasetError) {
    self.init(
      error.code.rawValue, error.message, exit: error.code == .memory ? .resources : .rejected,
      hint: error.hint, file: error.path)
  }
}
