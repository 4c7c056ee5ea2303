import FDSKD

extension Settings {
  /// Flags, and what the file adds to them. Of rate and targets the flags' one replaces the file's.
  ///
  /// - Throws: `bad-option` where settings exclude each other, `no-effect` where another one leaves a setting without
  ///   effect: both on the command line, or both in the file. A file may serve many runs: what flags make void in it is
  ///   dropped, as is what says how to train where nothing trains.
  package static func merged(flags: Settings, file: Settings) throws -> Settings {
    for settings in [flags, file] { try settings.refuseTwoAmounts() }
    var file = file
    if amounts.contains(where: { flags[$0] != nil }) { for key in amounts { file[key] = nil } }
    var merged = flags
    merged.fill(from: file)
    for rule in IdleRule.all where merged[rule.key] != nil && rule.isIdle(merged) {
      let isOwnFlag = flags[rule.key] != nil
      if !isOwnFlag, rule.isForgivenInFiles { continue }
      if !isOwnFlag, rule.causes.contains(where: { flags[$0] != nil }) {
        merged[rule.key] = nil
        continue
      }
      throw Diagnostic.usage(
        "no-effect", "\(rule.key.flag) has no effect: \(rule.reason(merged))",
        hint: "leave \(rule.key.flag) away")
    }
    return merged
  }

  private static let amounts: [SettingKey] = [.rate, .targetMACs, .targetParameters]

  private func refuseTwoAmounts() throws {
    let given = Self.amounts.filter { self[$0] != nil }
    guard given.count > 1 else { return }
    throw Diagnostic.usage(
      "bad-option", "\(given[0].flag) and \(given[1].flag) exclude each other",
      hint: "a target finds the rate that meets it")
  }

  /// The method that the settings come to.
  fileprivate var effectiveMethod: CompileOptions.Method? {
    if let text = self[.method] { return CompileOptions.Method(rawValue: text) }
    return self[.data] == nil ? .oneShot : .fdskd
  }
}

/// A setting that does nothing where others are as they are.
private struct IdleRule {
  let key: SettingKey
  let causes: [SettingKey]
  /// A configuration file that serves for more may have it.
  var isForgivenInFiles = false
  let isIdle: (Settings) -> Bool
  let reason: (Settings) -> String

  static var all: [IdleRule] { proofs + training }

  private static var proofs: [IdleRule] {
    [SettingKey.checkRelativeTolerance, .checkAbsoluteTolerance].map { key in
      IdleRule(key: key, causes: [.check]) {
        $0[.check].flatMap { Int($0) } == 0
      } reason: { _ in
        "--check 0 compares nothing"
      }
    } + [
      IdleRule(key: .clobber, causes: [.output]) {
        $0[isOn: .clobber] == false && $0[.output] == "-"
      } reason: { _ in
        "the standard output replaces no file"
      }
    ]
  }

  private static var training: [IdleRule] {
    let schedule: [SettingKey] = [.annealing, .initialTemperature]
    let decay: [SettingKey] = schedule + [.decayScope, .dampGradients]
    let teacher: [SettingKey] = [.distillationTemperature, .distillationBalance]
    return [SettingKey.seed, .threads].map { key in
      IdleRule(key: key, causes: [], isForgivenInFiles: true) {
        $0[.data] == nil
      } reason: { _ in
        "nothing is trained without --data"
      }
    }
      + schedule.map { key in
        IdleRule(key: key, causes: [.decayRate]) {
          $0[.data] != nil && $0[.decayRate] != nil
        } reason: { _ in
          "with --decay-rate the decay rate is the same all the time"
        }
      }
      + (decay + [.decayFraction, .pruneInterval]).map { key in
        IdleRule(key: key, causes: [.method]) {
          $0[.data] != nil && $0.effectiveMethod == .l1
        } reason: { _ in
          "with --method l1 nothing decays"
        }
      }
      + decay.map { key in
        IdleRule(key: key, causes: [.method]) {
          $0[.data] != nil && [.sfp, .fpgm].contains($0.effectiveMethod)
        } reason: {
          "--method \($0[.method] ?? "") sets filters to zero at once"
        }
      }
      + teacher.map { key in
        IdleRule(key: key, causes: [.method]) {
          $0[.data] != nil && $0.effectiveMethod != .fdskd
        } reason: {
          "--method \($0[.method] ?? "") follows no teacher"
        }
      }
      + [
        IdleRule(key: .learningRateSchedule, causes: [.decayFraction]) {
          $0[.data] != nil && $0[.decayFraction].flatMap { Double($0) } == 1 && $0.effectiveMethod != .l1
        } reason: { _ in
          "with --decay-fraction 1 nothing is retrained, and while filters decay the learning rate stays"
        }
      ]
  }
}
