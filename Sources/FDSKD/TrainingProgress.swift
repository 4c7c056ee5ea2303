/// How far a training run is, after some step.
public struct TrainingProgress: Sendable, Equatable {
  public var phase: Report.Training.Epoch.Phase
  /// From 1, and how many there are.
  public var epoch: Int
  public var epochs: Int
  /// Steps of the epoch that are done.
  public var step: Int
  public var stepsPerEpoch: Int
  /// Means over those steps.
  public var loss: Double
  public var crossEntropy: Double?
  public var divergence: Double?
  public var decayRate: Double?
  public var learningRate: Double
  /// Of the samples that were trained with, in this epoch.
  public var accuracy: Double?
  /// Of the validation samples, once the epoch is over.
  public var validationAccuracy: Double?
  public var samplesPerSecond: Double
  public var secondsLeft: Double
}
