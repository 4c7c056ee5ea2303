extension Report {
  /// How the network was trained, and what that did.
  public struct Training: Codable, Sendable, Equatable {
    /// Samples that were trained with, and whether they had labels.
    public var samples: Int
    public var isLabelled: Bool
    /// Samples that accuracy was measured on; 0 where there were none.
    public var validationSamples: Int
    public var epochs: Int
    /// Epochs of them in which filters decayed.
    public var decayEpochs: Int
    public var stepsPerEpoch: Int
    /// Whether a teacher was followed.
    public var isDistilled: Bool
    /// The network as it came.
    @Nullable public var teacher: Measurement?
    /// The student with its channels at zero, just before they were removed.
    @Nullable public var beforeRemoval: Measurement?
    /// The compacted student, just after.
    @Nullable public var afterRemoval: Measurement?
    /// The result.
    @Nullable public var final: Measurement?
    /// Largest difference of the outputs just before and just after the removal, relative to their largest magnitude.
    @Nullable public var removalError: Double?
    public var curve: [Epoch]

    public init(
      samples: Int, isLabelled: Bool, validationSamples: Int, epochs: Int, decayEpochs: Int,
      stepsPerEpoch: Int, isDistilled: Bool, curve: [Epoch] = []
    ) {
      self.samples = samples
      self.isLabelled = isLabelled
      self.validationSamples = validationSamples
      self.epochs = epochs
      self.decayEpochs = decayEpochs
      self.stepsPerEpoch = stepsPerEpoch
      self.isDistilled = isDistilled
      self.curve = curve
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
      case samples, epochs, teacher, final, curve
      case isLabelled = "labelled"
      case validationSamples = "val_samples"
      case decayEpochs = "decay_epochs"
      case stepsPerEpoch = "steps_per_epoch"
      case isDistilled = "distilled"
      case beforeRemoval = "before_removal"
      case afterRemoval = "after_removal"
      case removalError = "removal_error"
    }

    /// Of the validation samples.
    public struct Measurement: Codable, Sendable, Equatable {
      /// Fraction of the samples whose label is the first choice.
      public var accuracy: Double
      /// Mean cross-entropy, in nats.
      public var loss: Double

      public init(accuracy: Double, loss: Double) {
        self.accuracy = accuracy
        self.loss = loss
      }
    }

    /// One pass over the samples.
    public struct Epoch: Codable, Sendable, Equatable {
      public enum Phase: String, Codable, Sendable { case decay, retrain }

      /// From 1.
      public var epoch: Int
      public var phase: Phase
      /// Of the last step.
      public var learningRate: Double
      /// d_r of the last attenuation; null while retraining.
      @Nullable public var decayRate: Double?
      /// Means over the steps: L, and its parts CE (null without labels) and KL or mean squared error (null without a
      /// teacher).
      public var loss: Double
      @Nullable public var crossEntropy: Double?
      @Nullable public var divergence: Double?
      /// Fraction of the samples that were right while they were trained with; null without labels.
      @Nullable public var trainAccuracy: Double?
      /// Null without validation samples.
      @Nullable public var validation: Measurement?
      /// Channels that were selected at its end and not at its beginning; null while retraining.
      @Nullable public var newlySelected: Int?

      public init(epoch: Int, phase: Phase, learningRate: Double, loss: Double) {
        self.epoch = epoch
        self.phase = phase
        self.learningRate = learningRate
        self.loss = loss
      }

      enum CodingKeys: String, CodingKey, CaseIterable {
        case epoch, phase, loss, divergence, validation
        case learningRate = "learning_rate"
        case decayRate = "decay_rate"
        case crossEntropy = "cross_entropy"
        case trainAccuracy = "train_accuracy"
        case newlySelected = "newly_selected"
      }
    }
  }
}
