import Analysis
import Datasets
import GraphIR
import Kernels

/// One training run from the network as it came to the compacted one: its data, its teacher, where it stands, and what
/// it has to tell.
///
/// The student changes on the way, when channels are removed; the session stays. Used by one thread at a time.
package final class TrainingSession: @unchecked Sendable {
  /// What the run tells, and asks, the world outside.
  package struct Observer: Sendable {
    package var progress: @Sendable (SessionProgress) -> Void = { _ in }
    /// Asked after every step: whether to write a checkpoint and end.
    package var isInterrupted: @Sendable () -> Bool = { false }
    /// Given a checkpoint after every epoch, and when interrupted.
    package var save: @Sendable (Checkpoint, _ isInterrupted: Bool) throws -> Void = { _, _ in }

    package init() {}
  }

  package let settings: TrainingSettings
  package let input: TrainingInput
  /// The batch in front.
  package let inputShape: [Int]
  package let objective: Objective
  package let validationCount: Int
  package let sampleCount: Int
  package let schedule: AttenuationSchedule
  package private(set) var record = TrainingRecord()
  /// Where the run goes on, until the phase is reached that it belongs to.
  private var resumed: Checkpoint?
  /// d_r of the last attenuation.
  package var decayRate: Double?

  private let teacher: Teacher?
  private let loader: BatchLoader
  private let validation: BatchLoader?
  private let observer: Observer
  private var pace = Pace()
  /// Outputs on the first batch, just before the removal.
  private var outputsBefore: [[Float]] = []

  /// - Parameters:
  ///   - model: the network as it came.
  ///   - data: samples to train with.
  ///   - validation: samples with labels to measure on; nil measures nothing.
  ///   - resumed: where an earlier run ended.
  /// - Throws: what ``TrainingInput``, ``Objective`` and ``Program`` throw, and a `DatasetError`.
  package init(
    _ model: Model, _ data: any Dataset, validation: (any Dataset)?, _ settings: TrainingSettings,
    resumed: Checkpoint?, _ observer: Observer
  ) throws {
    self.settings = settings
    self.observer = observer
    self.resumed = resumed
    Parallel.setThreads(settings.threads ?? Parallel.threadCount)
    input = try TrainingInput(of: model)
    let batch = min(settings.batchSize, data.count)
    inputShape = [batch] + data.sampleShape
    let facts = try input.facts(of: model, shape: inputShape)
    objective = try Objective(
      model, facts, batch: batch, classes: data.labels.map { Int($0.max() ?? 0) + 1 }, settings)
    teacher = try Teacher(model, facts, objective, memoryLimit: settings.memoryLimit)
    loader = try BatchLoader(
      data, batchSize: batch, shuffles: true, seed: settings.seed, preprocessing: settings.preprocessing,
      augmentation: settings.augmentation, dropsLast: true)
    let measures = objective.labelled != nil ? validation : nil
    self.validation = try measures.map {
      try BatchLoader(
        $0, batchSize: batch, shuffles: false, seed: 0, preprocessing: settings.preprocessing)
    }
    validationCount = measures?.count ?? 0
    sampleCount = data.count
    schedule = AttenuationSchedule(
      epochs: settings.decayEpochs, stepsPerEpoch: loader.batchCount, annealing: settings.annealing,
      initialTemperature: settings.initialTemperature, interval: settings.interval,
      fixedRate: settings.decayRate)
    if let resumed {
      record = resumed.state.record
      decayRate = resumed.state.decayRate
    } else if let teacher {
      record.teacher = try measurement(of: teacher.program)
    }
  }

  package var stepsPerEpoch: Int { loader.batchCount }
  /// Whether anything measures accuracy.
  package var measures: Bool { validation != nil }

  /// The network that learns, on a model of this state of the graph.
  package func student(_ model: Model) throws -> TrainableNetwork {
    try TrainableNetwork(
      model, input.facts(of: model, shape: inputShape), objective, seed: settings.seed,
      memoryLimit: settings.memoryLimit)
  }

  // MARK: - Epochs

  /// Where the phase begins, or goes on.
  package struct Start: Sendable {
    package var epoch: Int
    package var step: Int
    package var sums: EpochSums
    /// Selected members by group, now and when the epoch began; nil where nothing was resumed.
    package var selected: ChannelRemoval?
    package var selectedBefore: ChannelRemoval?
  }

  /// The checkpoint that this phase, or a later one, goes on from.
  package var resumedState: Checkpoint.State? { resumed?.state }

  /// Takes the numbers of a checkpoint of this phase, where the run goes on from one.
  ///
  /// - Throws: `checkpoint-mismatch` where it holds another network.
  package func start(_ phase: TrainingRecord.Phase, _ network: TrainableNetwork) throws -> Start {
    let first = phase == .decay ? 0 : settings.decayEpochs
    guard let checkpoint = resumed, checkpoint.state.phase == phase else {
      return Start(epoch: first, step: 0, sums: EpochSums())
    }
    resumed = nil
    guard checkpoint.values.count == network.store.values.count,
      checkpoint.momenta.count == network.store.trainableCount
    else {
      throw CompileError("checkpoint-mismatch", "the checkpoint holds another network than this one")
    }
    _ = network.store.values.update(fromContentsOf: checkpoint.values)
    if !checkpoint.momenta.isEmpty { _ = network.momenta.update(fromContentsOf: checkpoint.momenta) }
    network.parametersChanged()
    return Start(
      epoch: checkpoint.state.epoch, step: checkpoint.state.step, sums: checkpoint.state.sums,
      selected: ChannelRemoval(members: checkpoint.state.selected),
      selectedBefore: ChannelRemoval(members: checkpoint.state.selectedBefore))
  }

  /// What a phase does beside training.
  package struct Hooks {
    /// Called after each step with the number of steps of the phase that are done.
    package var afterStep: (Int) throws -> Void = { _ in }
    /// Called when an epoch is over; gives how many channels were newly selected in it.
    package var afterEpoch: () -> Int? = { nil }
    /// Selected members now, and when the epoch began: for checkpoints.
    package var selection: () -> (now: ChannelRemoval, before: ChannelRemoval)

    package init(selection: @escaping () -> (now: ChannelRemoval, before: ChannelRemoval)) {
      self.selection = selection
    }
  }

  /// Trains from `start` to the end of the phase.
  ///
  /// - Throws: `training-diverged`, `interrupted` after a checkpoint was saved, and what reading samples throws.
  package func train(
    _ phase: TrainingRecord.Phase, _ network: TrainableNetwork, from start: Start, _ hooks: Hooks,
    _ prepare: (Trainer) -> Void = { _ in }
  ) throws {
    let trainer = Trainer(network, teacher: teacher, objective, settings, batch: inputShape[0])
    prepare(trainer)
    try train(phase, trainer, from: start, hooks)
  }

  private func train(
    _ phase: TrainingRecord.Phase, _ trainer: Trainer, from start: Start, _ hooks: Hooks
  ) throws {
    let (first, end) =
      phase == .decay ? (0, settings.decayEpochs) : (settings.decayEpochs, settings.epochs)
    var (step, sums) = (start.step, start.sums)
    for epoch in start.epoch..<max(end, start.epoch) {
      loader.begin(epoch: epoch, batch: step)
      pace.begin()
      while let batch = try loader.next() {
        let done = (epoch - first) * stepsPerEpoch + step
        let rate = learningRate(phase, done: done, of: (end - first) * stepsPerEpoch)
        try trainer.step(
          batch, number: epoch * stepsPerEpoch + step, learningRate: rate, &sums)
        step += 1
        pace.count(batch.count)
        try hooks.afterStep(done + 1)
        // The last step is told once the epoch was measured.
        guard step < stepsPerEpoch else { continue }
        observer.progress(progress(phase, epoch, step, sums, rate, nil))
        if observer.isInterrupted() {
          try save(phase, trainer.network, epoch, step, sums, hooks, isInterrupted: true)
        }
      }
      let entry = try finish(phase, trainer.network, epoch, sums, hooks)
      let last = sums
      (step, sums) = (0, EpochSums())
      observer.progress(
        progress(phase, epoch, stepsPerEpoch, last, entry.learningRate, entry.validation?.accuracy))
      let isInterrupted = epoch + 1 < settings.epochs && observer.isInterrupted()
      try save(phase, trainer.network, epoch + 1, 0, sums, hooks, isInterrupted: isInterrupted)
    }
  }

  private func learningRate(_ phase: TrainingRecord.Phase, done: Int, of total: Int) -> Double {
    phase == .decay
      ? settings.learningRate
      : settings.schedule.rate(settings.learningRate, at: Double(done) / Double(max(total, 1)))
  }

  /// Writes down what the epoch gave.
  private func finish(
    _ phase: TrainingRecord.Phase, _ network: TrainableNetwork, _ epoch: Int, _ sums: EpochSums,
    _ hooks: Hooks
  ) throws -> TrainingRecord.Epoch {
    network.parametersChanged()
    let count = Double(max(sums.steps, 1))
    let isLabelled = objective.labelled != nil
    let first = phase == .decay ? 0 : settings.decayEpochs
    let end = phase == .decay ? settings.decayEpochs : settings.epochs
    let entry = TrainingRecord.Epoch(
      epoch: epoch, phase: phase,
      learningRate: learningRate(
        phase, done: (epoch - first + 1) * stepsPerEpoch - 1, of: (end - first) * stepsPerEpoch),
      decayRate: phase == .decay ? decayRate : nil, loss: sums.total / count,
      crossEntropy: isLabelled ? sums.crossEntropy / count : nil,
      divergence: objective.hasTeacher ? sums.divergence / count : nil,
      trainAccuracy: isLabelled ? Double(sums.correct) / Double(max(sums.samples, 1)) : nil,
      validation: try measurement(of: network.inference), newlySelected: hooks.afterEpoch())
    record.curve.append(entry)
    return entry
  }

  private func save(
    _ phase: TrainingRecord.Phase, _ network: TrainableNetwork, _ epoch: Int, _ step: Int,
    _ sums: EpochSums, _ hooks: Hooks, isInterrupted: Bool
  ) throws {
    let selection = hooks.selection()
    let store = network.store
    let checkpoint = Checkpoint(
      state: Checkpoint.State(
        phase: phase, epoch: epoch, step: step, sums: sums, decayRate: decayRate,
        selected: selection.now.members, selectedBefore: selection.before.members, record: record),
      values: Array(store.values), momenta: Array(network.momenta.prefix(store.trainableCount)))
    try observer.save(checkpoint, isInterrupted)
    if isInterrupted {
      throw CompileError(
        "interrupted",
        "training was interrupted in epoch \(epoch + (step > 0 ? 1 : 0)) of \(settings.epochs)",
        exit: .interrupted)
    }
  }

  private func progress(
    _ phase: TrainingRecord.Phase, _ epoch: Int, _ step: Int, _ sums: EpochSums, _ rate: Double,
    _ validation: Double?
  ) -> SessionProgress {
    let count = Double(max(sums.steps, 1))
    let left = (settings.epochs - epoch) * stepsPerEpoch - step
    let speed = pace.samplesPerSecond
    return SessionProgress(
      phase: phase, epoch: epoch, epochs: settings.epochs, step: step, stepsPerEpoch: stepsPerEpoch,
      loss: sums.total / count, crossEntropy: objective.labelled == nil ? nil : sums.crossEntropy / count,
      divergence: objective.hasTeacher ? sums.divergence / count : nil,
      accuracy: objective.labelled == nil ? nil : Double(sums.correct) / Double(max(sums.samples, 1)),
      decayRate: phase == .decay ? decayRate : nil, learningRate: rate, validationAccuracy: validation,
      samplesPerSecond: speed, secondsLeft: speed > 0 ? Double(left * inputShape[0]) / speed : 0)
  }

  // MARK: - Measuring

  private func measurement(of program: Program) throws -> TrainingRecord.Measurement? {
    guard let validation, let output = objective.labelled else { return nil }
    let score = try ClassifierScore(of: program, output: output, on: validation)
    return .init(
      accuracy: Double(score.accuracy.topOne) / Double(max(score.accuracy.count, 1)), loss: score.loss)
  }

  /// The student with its channels at zero: what the compacted one must equal.
  package func measureBeforeRemoval(_ network: TrainableNetwork) throws {
    try network.roundToStoredTypes()
    record.beforeRemoval = try measurement(of: network.inference)
    outputsBefore = try outputs(of: network.inference)
  }

  package func measureAfterRemoval(_ network: TrainableNetwork) throws {
    guard !outputsBefore.isEmpty else { return }
    record.afterRemoval = try measurement(of: network.inference)
    var error = 0.0
    for (before, after) in zip(outputsBefore, try outputs(of: network.inference)) {
      let largest = before.reduce(Float(1e-2)) { max($0, $1.magnitude) }
      let difference = zip(before, after).reduce(Float(0)) { max($0, ($1.0 - $1.1).magnitude) }
      error = max(error, Double(difference / largest))
    }
    record.removalError = error
    outputsBefore = []
  }

  package func measureResult(_ network: TrainableNetwork) throws {
    try network.roundToStoredTypes()
    record.final = try measurement(of: network.inference)
  }

  /// What a program makes of the first batch of the first epoch.
  private func outputs(of program: Program) throws -> [[Float]] {
    try forEachBatch(atMost: 1) { batch in
      guard let source = batch.samples.baseAddress else { return }
      program.inputs[0].floats.baseAddress?.update(from: source, count: batch.samples.count)
    }
    try program.forward()
    return program.outputs.map { Array($0.floats) }
  }

  /// The first batches of the first epoch.
  func forEachBatch(atMost count: Int, _ body: (borrowing Batch) throws -> Void) throws {
    loader.begin(epoch: 0)
    for _ in 0..<count {
      guard let batch = try loader.next() else { return }
      try body(batch)
    }
  }
}

/// Samples a second, of the epoch that is going on.
private struct Pace {
  private let clock = ContinuousClock()
  private var start: ContinuousClock.Instant
  private var samples = 0

  init() { start = clock.now }

  mutating func begin() {
    start = clock.now
    samples = 0
  }

  mutating func count(_ samples: Int) { self.samples += samples }

  var samplesPerSecond: Double {
    let seconds = (clock.now - start) / .seconds(1)
    return seconds > 0 ? Double(samples) / seconds : 0
  }
}
