import FDSKD

/// What can be set, by the name of its long flag, which is also its key in a configuration file.
package enum SettingKey: String, CaseIterable, Sendable {
  case output
  case rate
  case layerRate = "layer-rate"
  case targetMACs = "target-macs"
  case targetParameters = "target-params"
  case global
  case criterion
  case ignoreLayers = "ignore-layers"
  case roundTo = "round-to"
  case minChannels = "min-channels"
  case inputShape = "input-shape"
  case saveAsExternalData = "save-as-external-data"
  case externalDataDirectory = "external-data-dir"
  case maxMemory = "max-memory"
  case clobber
  case strict
  case metadata
  case stopAfter = "stop-after"
  case dumpAfter = "dump-after"
  case dryRun = "dry-run"
  case check
  case checkRelativeTolerance = "check-rtol"
  case checkAbsoluteTolerance = "check-atol"
  case savePlan = "save-plan"
  case report
  case json
  case color
  case progress
  // Training
  case method
  case data
  case validationData = "val-data"
  case epochs
  case batchSize = "batch-size"
  case learningRate = "lr"
  case learningRateSchedule = "lr-schedule"
  case momentum
  case weightDecay = "weight-decay"
  case annealing
  case initialTemperature = "initial-temperature"
  case decayFraction = "decay-fraction"
  case decayRate = "decay-rate"
  case decayScope = "decay-scope"
  case pruneInterval = "prune-interval"
  case dampGradients = "damp-gradients"
  case distillationTemperature = "kd-temperature"
  case distillationBalance = "kd-balance"
  case distillOutput = "distill-output"
  case augment
  case mean
  case standardDeviation = "std"
  case seed
  case threads
  case normalization = "bn"
  case checkpoint
  case resume
  case maxAccuracyDrop = "max-accuracy-drop"

  /// What a value of it looks like.
  package enum Kind: Sendable {
    case number, integer, text
    /// A number, or a count with a unit: `0.5`, `1.2G`.
    case amount
    /// May be given several times.
    case texts
    /// Numbers with commas between them, one a channel; in a file also a list.
    case numbers
    /// Set by `--x`, unset by `--no-x`.
    case boolean
  }

  package var kind: Kind {
    switch self {
    case .rate: .number
    case .roundTo, .minChannels: .integer
    case .targetMACs, .targetParameters, .maxMemory: .amount
    case .output, .criterion, .externalDataDirectory, .stopAfter, .savePlan, .color: .text
    case .layerRate, .ignoreLayers, .inputShape, .dumpAfter, .report: .texts
    case .global, .saveAsExternalData, .clobber, .strict, .metadata, .dryRun, .json: .boolean
    case .epochs, .batchSize, .seed, .threads, .check: .integer
    case .checkRelativeTolerance, .checkAbsoluteTolerance: .number
    case .learningRate, .momentum, .weightDecay, .initialTemperature, .decayFraction, .decayRate,
      .pruneInterval, .distillationTemperature, .distillationBalance, .maxAccuracyDrop:
      .number
    case .progress, .method, .data, .validationData, .learningRateSchedule, .annealing, .decayScope,
      .augment, .normalization, .checkpoint:
      .text
    case .mean, .standardDeviation: .numbers
    case .distillOutput: .texts
    case .dampGradients, .resume: .boolean
    }
  }

  /// Whether `--save-config` keeps it: what decides the model, not where this run puts its files.
  var isSaved: Bool {
    switch self {
    case .output, .stopAfter, .dumpAfter, .dryRun, .savePlan, .report, .json, .color: false
    case .progress, .checkpoint, .resume: false
    default: true
    }
  }

  package var flag: String { "--\(rawValue)" }

  /// Every key that a configuration file may use: booleans also in the negative.
  package static let configurationKeys: [String] = allCases.flatMap { key in
    key.kind == .boolean ? [key.rawValue, "no-\(key.rawValue)"] : [key.rawValue]
  }
}

/// The settings of one run, as text: flags first, then what the configuration file adds.
package struct Settings: Sendable, Equatable {
  private var values: [SettingKey: [String]] = [:]

  package init() {}

  package subscript(key: SettingKey) -> String? {
    get { values[key]?.last }
    set { values[key] = newValue.map { [$0] } }
  }

  package subscript(list key: SettingKey) -> [String] {
    get { values[key] ?? [] }
    set { values[key] = newValue.isEmpty ? nil : newValue }
  }

  package subscript(isOn key: SettingKey) -> Bool? {
    get { self[key].map { $0 == "true" } }
    set { self[key] = newValue.map { $0 ? "true" : "false" } }
  }

  /// Takes from `other` what is not set here.
  package mutating func fill(from other: Settings) { values.merge(other.values) { own, _ in own } }
}
