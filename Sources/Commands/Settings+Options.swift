import FDSKD

extension Settings {
  /// The options that the settings stand for.
  ///
  /// - Throws: `bad-rate`, `bad-target`, `bad-option`, `no-data`, with the flag and the value named.
  package func options() throws -> CompileOptions {
    let options = try parsed()
    try options.validate()
    return options
  }

  /// Sees whether the value of one setting can be read; whether it goes with the others is not asked.
  func checkValue(of key: SettingKey) throws {
    var alone = Settings()
    // Or what says how to train would not be read.
    alone[.data] = "data"
    alone[list: key] = self[list: key]
    _ = try alone.parsed()
    _ = try alone.colorChoice()
    _ = try alone.progressChoice()
  }

  private func parsed() throws -> CompileOptions {
    var options = CompileOptions()
    if let text = self[.rate] { options.rate = try SettingText.rate(text, for: .rate) }
    options.layerRates = try self[list: .layerRate].map(SettingText.layerRate)
    options.targetMACs = try self[.targetMACs].map { try SettingText.target($0, for: .targetMACs) }
    options.targetParameters = try self[.targetParameters].map {
      try SettingText.target($0, for: .targetParameters)
    }
    options.isGlobal = self[isOn: .global] ?? options.isGlobal
    if let text = self[.criterion] { options.criterion = try SettingText.choice(text, for: .criterion) }
    options.ignoredLayers = self[list: .ignoreLayers]
    if let text = self[.roundTo] { options.roundTo = try SettingText.integer(text, for: .roundTo) }
    if let text = self[.minChannels] {
      options.minChannels = try SettingText.integer(text, for: .minChannels)
    }
    options.inputShapes = try self[list: .inputShape].map(SettingText.inputShape)
    options.saveAsExternalData = self[isOn: .saveAsExternalData] ?? options.saveAsExternalData
    options.externalDataDirectory = self[.externalDataDirectory]
    options.maxMemory = try self[.maxMemory].map { try SettingText.byteCount($0, for: .maxMemory) }
    options.noClobber = !(self[isOn: .clobber] ?? true)
    options.isStrict = self[isOn: .strict] ?? options.isStrict
    options.writesMetadata = self[isOn: .metadata] ?? options.writesMetadata
    options.stopAfter = self[.stopAfter]
    options.dumpAfter = self[list: .dumpAfter]
    options.isDryRun = self[isOn: .dryRun] ?? options.isDryRun
    try setTraining(of: &options)
    options.checkBatches = try self[.check].map { try SettingText.count($0, for: .check) }
    options.checkRelativeTolerance = try self[.checkRelativeTolerance].map {
      try SettingText.number($0, for: .checkRelativeTolerance)
    }
    if let text = self[.checkAbsoluteTolerance] {
      options.checkAbsoluteTolerance = try SettingText.number(text, for: .checkAbsoluteTolerance)
    }
    return options
  }

  /// - Throws: `bad-option` where `--color` is not one of its three.
  func colorChoice() throws -> ColorChoice {
    try self[.color].map { try SettingText.choice($0, for: .color) } ?? .auto
  }

  /// - Throws: `bad-option` where `--progress` is not one of its three.
  func progressChoice() throws -> ProgressChoice {
    try self[.progress].map { try SettingText.choice($0, for: .progress) } ?? .auto
  }
}
