/// How the network is trained while it loses channels, and afterwards: everything that ``CompileOptions/training`` adds.
///
/// The defaults are Table 1 of [FD-SKD], where it says anything.
public struct TrainingOptions: Sendable, Equatable, Codable {
  /// Samples to train with; with labels, or without (then the teacher alone is followed).
  public var data: String
  /// Samples with labels to measure accuracy on; nil takes the test half of ``data`` where it has one.
  @Nullable public var validationData: String?
  /// Passes over the samples, decay and retraining together.
  public var epochs = 250
  /// Samples a step.
  public var batchSize = 128
  /// η of a step of stochastic gradient descent.
  public var learningRate = 0.01
  public var learningRateSchedule = LearningRateSchedule.cosine
  /// μ of stochastic gradient descent.
  public var momentum = 0.9
  /// ω, of all that is learned.
  public var weightDecay = 1e-4
  /// How ξ goes from 1 to −1, Eq. 10-12.
  public var annealing = Annealing.linear
  /// T0, Eq. 9.
  public var initialTemperature = 10.0
  /// The part of all epochs in which filters decay.
  public var decayFraction = 0.5
  /// d_r of every attenuation, as in Table 4, instead of the annealed one.
  @Nullable public var decayRate: Double?
  /// What is multiplied by d_r.
  public var decayScope = DecayScope.channel
  /// Epochs from one attenuation to the next; less than 1 for several an epoch.
  public var pruneInterval = 0.1
  /// Gradients of selected channels are multiplied by d_r, too (ours).
  public var dampsGradients = true
  /// t, Eq. 13.
  public var distillationTemperature = 5.0
  /// λ, Eq. 15: the share of the labels; the teacher has the rest.
  public var distillationBalance = 0.9
  /// Outputs that follow the teacher's; empty for the classifier's own, or else all.
  public var distilledOutputs: [String] = []
  public var augmentation = Augmentation.none
  /// Subtracted from each channel, after bytes were divided by 255; as many as there are channels, or one, or none.
  public var mean: [Float] = []
  /// Each channel is divided by it.
  public var standardDeviation: [Float] = []
  /// Of order, augmentation and dropout.
  public var seed: UInt64 = 0
  /// Threads to compute on; nil for one a processor core.
  @Nullable public var threads: Int?
  /// What is done about convolutions whose normalisation was folded away.
  public var normalization = Normalization.restore
  /// Folder for checkpoints, one each epoch, the last two kept; nil writes one only when interrupted.
  @Nullable public var checkpointDirectory: String?
  /// Goes on from the last checkpoint of the folder.
  public var resumes = false
  /// Percentage points of accuracy that may be lost; more is a failed gate.
  @Nullable public var maxAccuracyDrop: Double?

  public init(data: String) { self.data = data }

  /// Of the epochs after decay; during decay the learning rate is constant (ours).
  public enum LearningRateSchedule: String, Sendable, Codable, CaseIterable {
    /// The same all the time.
    case constant
    /// η/2 · (1 + cos π·x), x from 0 to 1.
    case cosine
    /// η/10 from the middle, η/100 from three quarters.
    case step
  }

  /// ξ(n) of Eq. 10-12.
  public enum Annealing: String, Sendable, Codable, CaseIterable {
    /// 1 − 2n/N
    case linear
    /// 1 − 2/(1 + e^(−10(n/N − 1/2))) (ours: the paper gives no formula)
    case sigmoid
  }

  /// Which numbers of a selected channel decay.
  public enum DecayScope: String, Sendable, Codable, CaseIterable {
    /// All that make it: weights, bias, scale and shift of its normalisation (ours).
    case channel
    /// The filter's weights alone, as printed.
    case filter
  }

  public enum Augmentation: String, Sendable, Codable, CaseIterable {
    case none
    /// Crops of the image with 4 pixels of zeros around it, and flips from left to right.
    case cropFlip = "crop-flip"
  }

  public enum Normalization: String, Sendable, Codable, CaseIterable {
    /// A batch normalisation behind each, measured to change nothing, and folded away again at the end.
    case restore
    /// None.
    case keep
  }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case data, epochs, momentum, annealing, mean, seed, threads
    case validationData = "val_data"
    case batchSize = "batch_size"
    case learningRate = "lr"
    case learningRateSchedule = "lr_schedule"
    case weightDecay = "weight_decay"
    case initialTemperature = "initial_temperature"
    case decayFraction = "decay_fraction"
    case decayRate = "decay_rate"
    case decayScope = "decay_scope"
    case pruneInterval = "prune_interval"
    case dampsGradients = "damp_gradients"
    case distillationTemperature = "kd_temperature"
    case distillationBalance = "kd_balance"
    case distilledOutputs = "distill_output"
    case augmentation = "augment"
    case standardDeviation = "std"
    case normalization = "bn"
    case checkpointDirectory = "checkpoint"
    case resumes = "resume"
    case maxAccuracyDrop = "max_accuracy_drop"
  }
}
