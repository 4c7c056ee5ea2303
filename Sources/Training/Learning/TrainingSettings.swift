import Datasets

/// The numbers of a training run, [FD-SKD] Table 1 by default.
package struct TrainingSettings: Sendable {
  /// Passes over the samples, decay and retraining together.
  package var epochs = 250
  /// How many of them are the decay phase, N.
  package var decayEpochs = 125
  package var batchSize = 128
  /// η
  package var learningRate = 0.01
  package var schedule = LearningRateSchedule.cosine
  /// μ
  package var momentum = 0.9
  /// ω
  package var weightDecay = 1e-4
  package var annealing = AttenuationSchedule.Annealing.linear
  /// T0
  package var initialTemperature = 10.0
  /// d_r, where it is fixed.
  package var decayRate: Double?
  /// Biases and normalisations decay with their filters; else the weights alone, as printed.
  package var decaysWholeChannels = true
  /// Epochs from one attenuation to the next.
  package var interval = 0.1
  /// Gradients of selected channels are multiplied by d_r (ours).
  package var dampsGradients = true
  /// λ
  package var balance = 0.9
  /// t
  package var temperature = 5.0
  /// The teacher is followed.
  package var isDistilled = true
  /// Names of outputs that follow the teacher's; empty for the classifier's own, or else all.
  package var distilledOutputs: [String] = []
  package var preprocessing = Preprocessing.none
  package var augmentation = Augmentation.none
  package var seed: UInt64 = 0
  /// Threads to compute on; nil for one a processor core.
  package var threads: Int?
  /// Bytes that each of the programs may take; nil as for ``ProgramSettings``.
  package var memoryLimit: Int?

  package init() {}
}
