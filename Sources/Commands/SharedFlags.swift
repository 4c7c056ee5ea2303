import ArgumentParser
import FDSKD

/// A group of flags, and what they set.
protocol SettingFlags: ParsableArguments {
  func set(_ settings: inout Settings)
}

/// How much to remove, and what.
struct SelectionFlags: SettingFlags {
  @Option(
    name: [.long, .customLong("pruning-ratio")], parsing: .unconditional,
    help: .init(
      "Fraction of every group's channels to remove: 0.3, the default. 0 removes only what is zero already. Not beside a target."
    ))
  var rate: String?

  @Option(
    parsing: .unconditionalSingleValue,
    help: .init(
      "Another rate for the channels that matching layers make, and so for all that is tied to them: 'layer1.*=0.2'. Names are those of nodes, weights or groups in reports. Repeatable; the last match decides.",
      valueName: "glob=rate"))
  var layerRate: [String] = []

  @Option(
    name: .customLong("target-macs"), parsing: .unconditional,
    help: .init(
      "The smallest rate that gets the MACs down to a fraction (0.5) or a count (600M).", valueName: "amount")
  )
  var targetMACs: String?

  @Option(
    name: .customLong("target-params"), parsing: .unconditional,
    help: .init(
      "The smallest rate that gets the parameters down to a fraction or a count.", valueName: "amount"))
  var targetParameters: String?

  @Flag(inversion: .prefixedNo, help: "Rank the channels of all groups against each other.")
  var global: Bool?

  @Option(
    parsing: .unconditional,
    help: .init(
      "How filters are scored: l1 norm, l2 norm (the default), or gm, the geometric median.",
      valueName: "l1|l2|gm"),
    completion: .list(CompileOptions.Criterion.allCases.map(\.rawValue)))
  var criterion: String?

  @Option(
    parsing: .unconditionalSingleValue,
    help: .init(
      "Layers that keep all channels that they make, with all that is tied to them. Repeatable.",
      valueName: "glob"))
  var ignoreLayers: [String] = []

  @Option(
    parsing: .unconditional,
    help: .init(
      "Round the channels that a layer keeps of a group up to a multiple (default: 1); a head of 64 is 64.",
      valueName: "n"))
  var roundTo: String?

  @Option(
    parsing: .unconditional,
    help: .init("Keep at least this many channels, or heads, in a group (default: 1).", valueName: "n"))
  var minChannels: String?

  @Option(
    parsing: .unconditionalSingleValue,
    help: .init("Lengths for an input with dynamic dimensions. Repeatable.", valueName: "name:1,3,224,224"))
  var inputShape: [String] = []

  func set(_ settings: inout Settings) {
    settings[.rate] = rate
    settings[list: .layerRate] = layerRate
    settings[.targetMACs] = targetMACs
    settings[.targetParameters] = targetParameters
    settings[isOn: .global] = global
    settings[.criterion] = criterion
    settings[list: .ignoreLayers] = ignoreLayers
    settings[.roundTo] = roundTo
    settings[.minChannels] = minChannels
    settings[list: .inputShape] = inputShape
  }
}

/// How the input is read.
struct ReadingFlags: SettingFlags {
  @Option(
    help: .init("Folder of the input's external data, if not the model's own.", valueName: "dir"),
    completion: .directory)
  var externalDataDir: String?

  @Option(
    parsing: .unconditional, help: .init("Memory that may be used at most: 2G, 512M.", valueName: "bytes"))
  var maxMemory: String?

  @Flag(inversion: .prefixedNo, help: "Unknown operators and requests that cannot be met are errors.")
  var strict: Bool?

  func set(_ settings: inout Settings) {
    settings[.externalDataDirectory] = externalDataDir
    settings[.maxMemory] = maxMemory
    settings[isOn: .strict] = strict
  }
}

/// How the output is written.
struct WritingFlags: SettingFlags {
  @Flag(inversion: .prefixedNo, help: "Write the weights to a file of their own beside the model.")
  var saveAsExternalData: Bool?

  @Flag(inversion: .prefixedNo, help: "Replace an output that exists (the default), or make it an error.")
  var clobber: Bool?

  @Flag(
    inversion: .prefixedNo,
    help: "Note version, rate and method in the model's metadata (the default), or not.")
  var metadata: Bool?

  func set(_ settings: inout Settings) {
    settings[isOn: .saveAsExternalData] = saveAsExternalData
    settings[isOn: .clobber] = clobber
    settings[isOn: .metadata] = metadata
  }
}

/// Which passes run, and what they show.
struct PassFlags: SettingFlags {
  @Option(help: .init("Stop after this pass.", valueName: "pass"))
  var stopAfter: String?

  @Option(
    help: .init("Print the graph after this pass on the standard error. Repeatable.", valueName: "pass"))
  var dumpAfter: [String] = []

  func set(_ settings: inout Settings) {
    settings[.stopAfter] = stopAfter
    settings[list: .dumpAfter] = dumpAfter
  }
}

/// What is told about the run, and where.
struct ReportFlags: SettingFlags {
  @Option(
    help: .init(
      "Write the report; the extension says how: .json, .md, .html, .txt. Repeatable.", valueName: "file"),
    completion: .file(extensions: ["json", "md", "html", "txt"]))
  var report: [String] = []

  @Flag(
    inversion: .prefixedNo, help: "Print the report as JSON on the standard output, and nothing else there.")
  var json: Bool?

  func set(_ settings: inout Settings) {
    settings[list: .report] = report
    settings[isOn: .json] = json
  }
}

/// What appears on the terminal.
struct LogFlags: ParsableArguments {
  @Flag(name: .shortAndLong, help: "Say more: -v lists every group and a line a pass, -vv details.")
  var verbose: Int

  @Flag(name: .shortAndLong, help: "Say less: -q prints no table, -qq no warnings.")
  var quiet: Int

  @Option(
    help: .init(
      "Colour on the terminal (default: auto; NO_COLOR is respected).", valueName: "auto|always|never"),
    completion: .list(ColorChoice.allCases.map(\.rawValue)))
  var color: String?

  @Option(
    help: .init(
      "How far the work is, on the standard error (default: auto, which -q silences).",
      valueName: "auto|always|never"),
    completion: .list(ProgressChoice.allCases.map(\.rawValue)))
  var progress: String?

  func set(_ settings: inout Settings) {
    settings[.color] = color
    settings[.progress] = progress
  }
}

/// Settings from a file, and into one.
struct ConfigurationFlags: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: .init(
      "Settings from a YAML or JSON file; keys are the long flags. A flag wins.", valueName: "file"),
    completion: .file(extensions: ["yaml", "yml", "json"]))
  var config: String?

  @Option(help: .init("Write the settings in effect as a file for --config.", valueName: "file"))
  var saveConfig: String?
}
