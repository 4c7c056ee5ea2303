import Commands
import FDSKD
import Testing

@Suite("Settings beside each other")
struct SettingEffectTests {
  private func settings(_ values: [SettingKey: String]) -> Settings {
    var settings = Settings()
    for (key, value) in values { settings[key] = value }
    return settings
  }

  private func complaint(_ flags: [SettingKey: String], file: [SettingKey: String] = [:]) -> String {
    do { _ = try Settings.merged(flags: settings(flags), file: settings(file)) } catch {
      #expect(Diagnostic(error).exitStatus == 2)
      return Diagnostic(error).description
    }
    return ""
  }

  @Test("rate and targets exclude each other, on the command line and in a file")
  func amounts() throws {
    let pairs: [(SettingKey, SettingKey)] = [
      (.rate, .targetMACs), (.rate, .targetParameters), (.targetMACs, .targetParameters),
    ]
    for (first, second) in pairs {
      let both: [SettingKey: String] = [first: "0.5", second: "0.4"]
      #expect(complaint(both).contains("\(first.flag) and \(second.flag) exclude each other"))
      #expect(complaint([:], file: both).contains("exclude each other"))
      let merged = try Settings.merged(flags: settings([first: "0.5"]), file: settings([second: "0.4"]))
      #expect(merged == settings([first: "0.5"]))
    }
  }

  @Test(
    "one that another leaves without effect is refused by name",
    arguments: [
      ([.check: "0", .checkRelativeTolerance: "1"], .checkRelativeTolerance, "--check 0 compares nothing"),
      ([.check: "0", .checkAbsoluteTolerance: "1"], .checkAbsoluteTolerance, "--check 0 compares nothing"),
      ([.data: "d", .decayRate: "0.5", .annealing: "linear"], .annealing, "the same all the time"),
      ([.data: "d", .method: "l1", .pruneInterval: "1"], .pruneInterval, "nothing decays"),
      ([.data: "d", .method: "sfp", .decayScope: "filter"], .decayScope, "sets filters to zero at once"),
      ([.data: "d", .method: "fd", .distillationBalance: "0.5"], .distillationBalance, "follows no teacher"),
      ([.data: "d", .decayFraction: "1", .learningRateSchedule: "step"], .learningRateSchedule, "retrained"),
      ([.seed: "1"], .seed, "nothing is trained"), ([.threads: "1"], .threads, "nothing is trained"),
    ] as [([SettingKey: String], SettingKey, String)])
  func withoutEffect(values: [SettingKey: String], key: SettingKey, reason: String) throws {
    let message = complaint(values)
    #expect(message.hasPrefix("error[no-effect]: \(key.flag) has no effect: "))
    #expect(message.contains(reason) && message.hasSuffix("hint: leave \(key.flag) away"))
    var others = values
    others[key] = nil
    #expect(complaint(others) == "")
    if values.count == 1 {
      // A file may serve runs that train and runs that do not.
      #expect(complaint([:], file: values) == "")
    } else {
      #expect(complaint([:], file: values) == message)
      // What flags make void in a file is dropped.
      #expect(try Settings.merged(flags: settings(others), file: settings(values)) == settings(others))
    }
  }

  @Test("all that train may be given together, as far as they fit")
  func together() {
    #expect(
      complaint([.data: "d", .annealing: "sigmoid", .initialTemperature: "8", .distillationBalance: "1"])
        == "")
    #expect(complaint([.data: "d", .method: "fd", .decayRate: "0.5", .decayScope: "filter"]) == "")
    #expect(complaint([.check: "2", .checkRelativeTolerance: "1e-3"]) == "")
  }
}
