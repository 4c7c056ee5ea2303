/// What a training run has to tell, epoch by epoch.
package struct TrainingRecord: Sendable, Equatable, Codable {
  /// Of the validation samples.
  package struct Measurement: Sendable, Equatable, Codable {
    /// Fraction of the samples that are right.
    package var accuracy: Double
    /// Mean cross-entropy, in nats.
    package var loss: Double
  }

  package enum Phase: String, Sendable, Codable { case decay, retrain }

  /// One pass over the samples.
  package struct Epoch: Sendable, Equatable, Codable {
    /// From 0.
    package var epoch: Int
    package var phase: Phase
    /// Of the last step.
    package var learningRate: Double
    /// d_r of the last attenuation.
    package var decayRate: Double?
    /// Means over the steps.
    package var loss: Double
    package var crossEntropy: Double?
    package var divergence: Double?
    package var trainAccuracy: Double?
    package var validation: Measurement?
    /// Channels that are selected at its end and were not at its beginning.
    package var newlySelected: Int?
  }

  /// The network as it came.
  package var teacher: Measurement?
  /// The student with its channels at zero, and after they were removed.
  package var beforeRemoval: Measurement?
  package var afterRemoval: Measurement?
  package var final: Measurement?
  /// Largest difference of the outputs before and after the removal, relative to their largest magnitude.
  package var removalError: Double?
  package var curve: [Epoch] = []

  package init() {}
}

/// How far a run is, after some step.
package struct SessionProgress: Sendable, Equatable {
  package var phase: TrainingRecord.Phase
  /// From 0, and how many there are.
  package var epoch: Int
  package var epochs: Int
  /// Steps of the epoch that are done.
  package var step: Int
  package var stepsPerEpoch: Int
  /// Means over those steps.
  package var loss: Double
  package var crossEntropy: Double?
  package var divergence: Double?
  package var accuracy: Double?
  package var decayRate: Double?
  package var learningRate: Double
  /// Of the epoch, once it is over.
  package var validationAccuracy: Double?
  package var samplesPerSecond: Double
  package var secondsLeft: Double
}
