import ArgumentParser
import FDSKD

/// How the network is trained while it loses channels, and afterwards. The defaults are those of ``TrainingOptions``.
struct TrainingFlags: SettingFlags {
  @Option(
    help: .init(
      "Samples to train with; without it nothing is trained. An .npz archive (x, y), .npy arrays, CIFAR's or MNIST's "
        + "files, or a folder of class folders. Without labels the teacher alone is followed.",
      valueName: "path"))
  var data: String?

  @Option(
    help: .init(
      "Labelled samples to measure accuracy on (default: the test half of --data, where it has one).",
      valueName: "path"))
  var valData: String?

  @Option(
    help: .init(
      "fd-skd decays filters and follows the unpruned network (the default with --data); fd decays without a teacher; "
        + "sfp and fpgm set filters to zero again and again, by l2 norm and geometric median; l1 removes once, then "
        + "trains.",
      valueName: "fd-skd|fd|sfp|fpgm|l1"),
    completion: .list(CompileOptions.Method.allCases.map(\.rawValue)))
  var method: String?

  @Option(
    parsing: .unconditional,
    help: .init("Passes over the samples, decay and retraining together (default: 250).", valueName: "n"))
  var epochs: String?

  @Option(parsing: .unconditional, help: .init("Samples a step (default: 128).", valueName: "n"))
  var batchSize: String?

  @Option(parsing: .unconditional, help: .init("Learning rate (default: 0.01).", valueName: "rate"))
  var lr: String?

  @Option(
    parsing: .unconditional,
    help: .init(
      "How the learning rate falls while retraining (default: cosine); it is constant while filters decay.",
      valueName: "constant|cosine|step"),
    completion: .list(TrainingOptions.LearningRateSchedule.allCases.map(\.rawValue)))
  var lrSchedule: String?

  @Option(parsing: .unconditional, help: .init("Momentum (default: 0.9).", valueName: "factor"))
  var momentum: String?

  @Option(
    parsing: .unconditional,
    help: .init("Weight decay, of all that is learned (default: 0.0001).", valueName: "factor"))
  var weightDecay: String?

  @Option(
    parsing: .unconditional,
    help: .init(
      "How the decay rate goes from 1 to 0 over the decay phase (default: linear).",
      valueName: "linear|sigmoid"),
    completion: .list(TrainingOptions.Annealing.allCases.map(\.rawValue)))
  var annealing: String?

  @Option(
    parsing: .unconditional,
    help: .init("T0 of the decay rate, Eq. 9 (default: 10).", valueName: "number"))
  var initialTemperature: String?

  @Option(
    parsing: .unconditional,
    help: .init("The part of the epochs in which filters decay (default: 0.5).", valueName: "fraction"))
  var decayFraction: String?

  @Option(
    parsing: .unconditional,
    help: .init("The same decay rate all the time instead of the annealed one, 0 to 1.", valueName: "rate"))
  var decayRate: String?

  @Option(
    parsing: .unconditional,
    help: .init(
      "What decays: all that makes the channel (the default), or the filter's weights alone.",
      valueName: "channel|filter"),
    completion: .list(TrainingOptions.DecayScope.allCases.map(\.rawValue)))
  var decayScope: String?

  @Option(
    parsing: .unconditional,
    help: .init(
      "Epochs from one selection and attenuation to the next; fractions are several an epoch (default: 0.1).",
      valueName: "epochs"))
  var pruneInterval: String?

  @Flag(
    inversion: .prefixedNo, help: "Gradients of selected channels decay with them (the default), or not.")
  var dampGradients: Bool?

  @Option(
    parsing: .unconditional,
    help: .init("t of the distillation, Eq. 13 (default: 5).", valueName: "number"))
  var kdTemperature: String?

  @Option(
    parsing: .unconditional,
    help: .init(
      "The labels' share of the loss, Eq. 15; the teacher has the rest (default: 0.9).", valueName: "fraction"
    ))
  var kdBalance: String?

  @Option(
    parsing: .unconditionalSingleValue,
    help: .init(
      "An output that follows the teacher's (default: the classifier's, or else all). Repeatable.",
      valueName: "name"))
  var distillOutput: [String] = []

  @Option(
    parsing: .unconditional,
    help: .init("Random crops and flips of the samples (default: none).", valueName: "crop-flip|none"),
    completion: .list(TrainingOptions.Augmentation.allCases.map(\.rawValue)))
  var augment: String?

  @Option(
    parsing: .unconditional,
    help: .init(
      "Subtracted from each channel, after bytes were divided by 255: 0.485,0.456,0.406.", valueName: "list"))
  var mean: String?

  @Option(parsing: .unconditional, help: .init("Each channel is divided by it.", valueName: "list"))
  var std: String?

  @Option(
    parsing: .unconditional,
    help: .init("Of everything random: order, augmentation, dropout (default: 0).", valueName: "n"))
  var seed: String?

  @Option(
    parsing: .unconditional,
    help: .init(
      "Threads to compute on (default: one a processor core); the result depends on it.", valueName: "n"))
  var threads: String?

  @Option(
    parsing: .unconditional,
    help: .init(
      "Convolutions without batch normalisation get one for the training (restore, the default), or not (keep).",
      valueName: "restore|keep"),
    completion: .list(TrainingOptions.Normalization.allCases.map(\.rawValue)))
  var bn: String?

  @Option(
    help: .init("Keep a checkpoint of each of the last two epochs in this folder.", valueName: "dir"),
    completion: .directory)
  var checkpoint: String?

  @Flag(inversion: .prefixedNo, help: "Go on from the last checkpoint of --checkpoint.")
  var resume: Bool?

  @Option(
    parsing: .unconditional,
    help: .init(
      "Percentage points of accuracy that may be lost; with more, exit code 3 and no model.",
      valueName: "points"
    ))
  var maxAccuracyDrop: String?

  func set(_ settings: inout Settings) {
    settings[.data] = data
    settings[.validationData] = valData
    settings[.method] = method
    settings[.epochs] = epochs
    settings[.batchSize] = batchSize
    settings[.learningRate] = lr
    settings[.learningRateSchedule] = lrSchedule
    settings[.momentum] = momentum
    settings[.weightDecay] = weightDecay
    settings[.annealing] = annealing
    settings[.initialTemperature] = initialTemperature
    settings[.decayFraction] = decayFraction
    settings[.decayRate] = decayRate
    settings[.decayScope] = decayScope
    settings[.pruneInterval] = pruneInterval
    settings[isOn: .dampGradients] = dampGradients
    settings[.distillationTemperature] = kdTemperature
    settings[.distillationBalance] = kdBalance
    settings[list: .distillOutput] = distillOutput
    settings[.augment] = augment
    settings[.mean] = mean
    settings[.standardDeviation] = std
    settings[.seed] = seed
    settings[.threads] = threads
    settings[.normalization] = bn
    settings[.checkpoint] = checkpoint
    settings[isOn: .resume] = resume
    settings[.maxAccuracyDrop] = maxAccuracyDrop
  }
}
