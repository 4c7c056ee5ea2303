/// How far a training is: what ``Compiler`` tells while it runs, after every step.
///
/// The last step of an epoch, ``step`` equal to ``stepsPerEpoch``, is told once, after the validation samples were
/// measured and with their accuracy.
public struct TrainingProgress: Sendable, Equatable {
  public var phase: Phase
  /// From 1.
  public var epoch: Int
  /// Of the whole training, decay and retraining together.
  public var epochs: Int
  /// Steps done in the epoch.
  public var step: Int
  public var stepsPerEpoch: Int
  /// Mean over the steps of the epoch so far: L, and its parts as in ``Report/Training/Epoch``.
  public var loss: Double
  public var crossEntropy: Double?
  public var divergence: Double?
  /// d_r of the last attenuation; nil where nothing decays.
  public var decayRate: Double?
  public var learningRate: Double
  /// Fraction of the epoch's samples that were right while they were trained with; nil without labels.
  public var accuracy: Double?
  /// Fraction of the validation samples that were right when they were measured last; nil before.
  public var validationAccuracy: Double?
  /// 0 where it is not known yet.
  public var samplesPerSecond: Double
  /// Until the training ends; nil where it is not known yet.
  public var secondsLeft: Double?

  public enum Phase: String, Sendable, CaseIterable {
    /// Filters decay.
    case decay
    case retrain
  }

  public init(
    phase: Phase, epoch: Int, epochs: Int, step: Int, stepsPerEpoch: Int, loss: Double, learningRate: Double,
    crossEntropy: Double? = nil, divergence: Double? = nil, decayRate: Double? = nil, accuracy: Double? = nil,
    validationAccuracy: Double? = nil, samplesPerSecond: Double = 0, secondsLeft: Double? = nil
  ) {
    self.phase = phase
    self.epoch = epoch
    self.epochs = epochs
    self.step = step
    self.stepsPerEpoch = stepsPerEpoch
    self.loss = loss
    self.crossEntropy = crossEntropy
    self.divergence = divergence
    self.decayRate = decayRate
    self.learningRate = learningRate
    self.accuracy = accuracy
    self.validationAccuracy = validationAccuracy
    self.samplesPerSecond = samplesPerSecond
    self.secondsLeft = secondsLeft
  }

  /// Nothing of the epoch is left to do.
  package var isEndOfEpoch: Bool { step >= stepsPerEpoch }
}
