import Training

extension TrainingProgress {
  init(_ progress: SessionProgress) {
    self.init(
      phase: progress.phase == .decay ? .decay : .retrain, epoch: progress.epoch + 1, epochs: progress.epochs,
      step: progress.step, stepsPerEpoch: progress.stepsPerEpoch, loss: progress.loss,
      learningRate: progress.learningRate, crossEntropy: progress.crossEntropy,
      divergence: progress.divergence, decayRate: progress.decayRate, accuracy: progress.accuracy,
      validationAccuracy: progress.validationAccuracy, samplesPerSecond: progress.samplesPerSecond,
      secondsLeft: progress.secondsLeft)
  }
}

extension Report.Training {
  /// What a session has to tell, at whatever point it is.
  init(_ session: TrainingSession) {
    let settings = session.settings
    self.init(
      samples: session.sampleCount, isLabelled: session.objective.labelled != nil,
      validationSamples: session.validationCount, epochs: settings.epochs,
      decayEpochs: settings.decayEpochs, stepsPerEpoch: session.stepsPerEpoch,
      isDistilled: session.objective.hasTeacher)
    let record = session.record
    teacher = record.teacher.map { Measurement($0) }
    beforeRemoval = record.beforeRemoval.map { Measurement($0) }
    afterRemoval = record.afterRemoval.map { Measurement($0) }
    final = record.final.map { Measurement($0) }
    removalError = record.removalError
    curve = record.curve.map { Epoch($0) }
  }
}

extension Report.Training.Measurement {
  init(_ measurement: TrainingRecord.Measurement) {
    self.init(accuracy: measurement.accuracy, loss: measurement.loss)
  }
}

extension Report.Training.Epoch {
  init(_ entry: TrainingRecord.Epoch) {
    self.init(
      epoch: entry.epoch + 1, phase: entry.phase == .decay ? .decay : .retrain,
      learningRate: entry.learningRate, loss: entry.loss)
    decayRate = entry.decayRate
    crossEntropy = entry.crossEntropy
    divergence = entry.divergence
    trainAccuracy = entry.trainAccuracy
    validation = entry.validation.map { Report.Training.Measurement($0) }
    newlySelected = entry.newlySelected
  }
}
