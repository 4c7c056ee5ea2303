import Commands
import FDSKD
import Testing

@Suite("What users write")
struct SettingTextTests {
  private func complaint(_ settings: [SettingKey: String]) -> String {
    var all = Settings()
    for (key, value) in settings { all[key] = value }
    do { _ = try all.options() } catch { return Diagnostic(error).description }
    return ""
  }

  @Test(
    "as a rate and is none is refused with the value named",
    arguments: [
      ("30%", "hint: 30% is 0.3"), ("-0.1", "at least 0 and less than 1"), ("1", "less than 1"),
      ("1.5", "if percent is meant, write 0.015"), ("30", "if percent is meant, write 0.3"),
      ("nan", "less than 1"),
      ("inf", "less than 1"), ("", "not a number"), ("a third", "not a number"), ("0,3", "not a number"),
    ])
  func badRates(text: String, hint: String) {
    let message = complaint([.rate: text])
    #expect(message.hasPrefix("error[bad-rate]: --rate is '\(text)'"))
    #expect(message.contains(hint))
  }

  @Test("as a rate", arguments: [("0", 0), ("0.3", 0.3), (".25", 0.25), ("1e-3", 0.001)])
  func rates(text: String, rate: Double) throws {
    #expect(try SettingText.rate(text, for: .rate) == rate)
  }

  @Test("as a layer's rate")
  func layerRates() throws {
    #expect(try SettingText.layerRate("a=b*=0.2") == .init(pattern: "a=b*", rate: 0.2))
    for text in ["conv", "=0.2", "conv=", "conv=x", "conv=1"] {
      #expect(throws: (any Error).self, "\(text)") { try SettingText.layerRate(text) }
    }
  }

  @Test(
    "as a target",
    arguments: [
      ("0.5", .fraction(0.5)), ("1", .fraction(1)), ("1.0", .fraction(1)), ("600M", .count(600_000_000)),
      ("1.2G", .count(1_200_000_000)), ("0.5k", .count(500)), ("250000", .count(250_000)), ("2", .count(2)),
    ] as [(String, CompileOptions.Target)])
  func targets(text: String, target: CompileOptions.Target) throws {
    #expect(try SettingText.target(text, for: .targetMACs) == target)
  }

  @Test("as a target and is none", arguments: ["0", "-1", "1.5", "50%", "x", "", "M", "-5M", "nan", "1e30G"])
  func badTargets(text: String) {
    #expect(complaint([.targetMACs: text]).hasPrefix("error[bad-target]: --target-macs is"))
  }

  @Test(
    "as a number of bytes",
    arguments: [
      ("1000", 1000), ("2G", 2_000_000_000), ("512M", 512_000_000), ("2Gi", 2_147_483_648), ("1.5kb", 1500),
    ])
  func bytes(text: String, count: Int) throws {
    #expect(try SettingText.byteCount(text, for: .maxMemory) == count)
  }

  @Test("as an input's shape")
  func inputShapes() throws {
    #expect(try SettingText.inputShape("a:b:1,3") == .init(name: "a:b", dimensions: [1, 3]))
    for text in ["x", "x:", ":1", "x:1,", "x:1,0", "x:1,a", "x:-1"] {
      #expect(throws: (any Error).self, "\(text)") { try SettingText.inputShape(text) }
    }
  }

  @Test("as a choice and is none is refused with the choices")
  func choices() {
    #expect(
      complaint([.criterion: "l3"]) == "error[bad-option]: --criterion is 'l3', and has to be l1, l2 or gm")
    #expect(complaint([.roundTo: "0"]).contains("--round-to is '0'"))
    #expect(complaint([.minChannels: "x"]).contains("--min-channels is 'x'"))
    #expect(complaint([.maxMemory: "2X"]).contains("--max-memory is '2X'"))
  }

  @Test("arrives in the options")
  func options() throws {
    var settings = Settings()
    settings[.rate] = "0.25"
    settings[list: .ignoreLayers] = ["a", "b"]
    settings[isOn: .clobber] = false
    settings[isOn: .metadata] = false
    settings[isOn: .global] = true
    settings[.criterion] = "gm"
    var expected = CompileOptions()
    expected.rate = 0.25
    expected.ignoredLayers = ["a", "b"]
    expected.noClobber = true
    expected.writesMetadata = false
    expected.isGlobal = true
    expected.criterion = .gm
    #expect(try settings.options() == expected)
    #expect(try Settings().options() == CompileOptions())
  }
}
