import Commands
import FDSKD
import Testing

@Suite("Configuration files")
struct ConfigurationFileTests {
  private func complaint(_ text: String) -> String {
    do { _ = try ConfigurationFile.parse(text, file: "c.yaml") } catch {
      let diagnostic = Diagnostic(error)
      #expect(diagnostic.exitStatus == 2)
      return diagnostic.description
    }
    return ""
  }

  @Test("take the long flags as keys, in YAML and in JSON")
  func bothForms() throws {
    let yaml = try ConfigurationFile.parse(
      """
      # a comment
      rate: 0.25
      target-macs: 600M
      ignore-layers: ["*.downsample*", head]
      layer-rate: layer1.*=0.1
      no-clobber: true
      metadata: false
      min-channels: 8
      """, file: "c.yaml")
    let json = try ConfigurationFile.parse(
      """
      {"rate": 0.25, "target-macs": "600M", "ignore-layers": ["*.downsample*", "head"],
       "layer-rate": ["layer1.*=0.1"], "clobber": false, "no-metadata": true, "min-channels": 8}
      """, file: "c.json")
    #expect(yaml == json)
    let options = try yaml.options()
    #expect(options.rate == 0.25)
    #expect(options.targetMACs == .count(600_000_000))
    #expect(options.ignoredLayers == ["*.downsample*", "head"])
    #expect(options.noClobber)
    #expect(!options.writesMetadata)
  }

  @Test("may be empty", arguments: ["", "# nothing\n", "{}"])
  func empty(text: String) throws { #expect(try ConfigurationFile.parse(text, file: "c.yaml") == Settings()) }

  @Test(
    "are refused with line and reason",
    arguments: [
      ("rate: 0.3\nraet: 0.2", "c.yaml:2: 'raet' is not a setting; hint: did you mean 'rate'"),
      ("rate: 0.3\nrate: 0.2", "c.yaml:2: 'rate' is set twice"),
      ("clobber: true\nno-clobber: true", "c.yaml:2: 'clobber' is set twice"),
      ("rate: '0.3'", "c.yaml:1: 'rate' has to be a number, and is the text '0.3'"),
      ("rate: true", "'rate' has to be a number, and is 'true'"),
      ("rate:", "'rate' has to be a number, and is empty"),
      ("rate: [0.3]", "'rate' has to be a number, and is a list"),
      ("strict: 1", "'strict' has to be true or false, and is '1'"),
      ("min-channels: 1.5", "'min-channels' has to be a whole number"),
      ("criterion: {l1: 2}", "'criterion' has to be a text, and is a mapping"),
      ("ignore-layers: [[a]]", "'ignore-layers' has to be a text, or a list of texts, and is a list"),
      ("ignore-layers: [1]", "'ignore-layers' has to be a text, or a list of texts"),
      ("- rate", "has to be a list of 'key: value'"),
      ("just text", "has to be a list of 'key: value'"),
      ("? [a]\n: b", "has a key that is not text"),
      ("ignore-layers: *.downsample", "hint: quote a pattern that begins with *"),
      ("rate: [", "is neither YAML nor JSON"),
      ("a: b: c", "is neither YAML nor JSON"),
    ])
  func refused(text: String, expected: String) {
    let message = complaint(text)
    #expect(message.hasPrefix("error[bad-config]: c.yaml"))
    #expect(message.contains(expected), "\(message)")
  }

  @Test(
    "have values that flags could have, or are told with the line",
    arguments: [
      ("strict: true\nrate: 1.5", "error[bad-rate]: c.yaml:2: --rate is '1.5'"),
      ("rate: .nan", "error[bad-rate]: c.yaml:1: --rate is '.nan'"),
      ("criterion: l3", "error[bad-option]: c.yaml:1: --criterion is 'l3'"),
      ("epochs: 0", "error[bad-option]: c.yaml:1: --epochs is '0'"),
      ("layer-rate: [a=2]", "error[bad-rate]: c.yaml:1: --layer-rate 'a=2'"),
      ("color: red", "error[bad-option]: c.yaml:1: --color is 'red'"),
    ])
  func badValues(text: String, expected: String) {
    #expect(complaint(text).hasPrefix(expected), "\(complaint(text))")
  }

  @Test("may say how to go on with a training whose other settings are flags")
  func partOfTheSettings() throws {
    let settings = try ConfigurationFile.parse("resume: true\nepochs: 2", file: "c.yaml")
    #expect(settings[.epochs] == "2" && settings[isOn: .resume] == true)
  }

  @Test("cannot be alias bombs")
  func aliasBomb() {
    var text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    for index in 1...40 {
      text += "a\(index): &a\(index) [" + String(repeating: "*a\(index - 1), ", count: 9) + "]\n"
    }
    #expect(
      complaint(text) == "error[bad-config]: c.yaml:1: anchors and aliases are not allowed; "
        + "hint: quote a value that begins with & or *")
    #expect(complaint("? &k [a]\n: b").contains("anchors and aliases"))
    #expect(complaint("{rate:&r 0.3}") != "")
  }

  @Test("cannot overflow the stack")
  func deepNesting() {
    #expect(complaint("rate: " + String(repeating: "[", count: 100_000)).contains("neither YAML nor JSON"))
    #expect(complaint(String(repeating: "- ", count: 100_000)).contains("neither YAML nor JSON"))
  }

  @Test("are known for every flag, and know no other")
  func keys() throws {
    let command = try Executable()
    defer { command.removeFolder() }
    let help = try command.run("help", "compile").output
    let flags = help.matches(of: /--([a-z-]+)/).map { String($0.1) }
    let notSettings: Set = [
      "config", "save-config", "help", "version", "verbose", "quiet", "pruning-ratio",
    ]
    let known = Set(SettingKey.configurationKeys)
    #expect(Set(flags).subtracting(notSettings) == known)
  }

  @Test("that are saved come back as they were")
  func saved() throws {
    var settings = Settings()
    settings[.rate] = "0.25"
    settings[.targetMACs] = "0.5"
    settings[list: .layerRate] = ["a \"quoted\" \\ & *=0.1", "tab\t=0.2"]
    settings[isOn: .metadata] = false
    settings[.externalDataDirectory] = "no"
    settings[.minChannels] = "4"
    let text = ConfigurationFile.text(of: settings)
    #expect(
      try ConfigurationFile.parse(text.replacing(" & ", with: " "), file: "c.yaml").options().rate == 0.25)
    settings[list: .layerRate] = ["a \"quoted\" \\ *=0.1", "tab\t=0.2"]
    #expect(try ConfigurationFile.parse(ConfigurationFile.text(of: settings), file: "c.yaml") == settings)
  }

  @Test("lose against flags")
  func flagsWin() {
    var flags = Settings()
    flags[.rate] = "0.5"
    var file = Settings()
    file[.rate] = "0.1"
    file[.criterion] = "l1"
    flags.fill(from: file)
    #expect(flags[.rate] == "0.5")
    #expect(flags[.criterion] == "l1")
  }
}
