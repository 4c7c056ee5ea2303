import FDSKD
import Logging

/// What every command does around its work: settings, log, reports, and what goes to which stream.
struct Session {
  let settings: Settings
  let logger: Logger
  /// Where progress is shown.
  let statusLine: StatusLine
  private let verbosity: Int
  private let color: ColorChoice

  /// Puts flags and configuration file together; a flag wins.
  ///
  /// - Throws: `bad-config`, `bad-option`, `no-effect`, before anything is read or written.
  init(
    _ groups: [any SettingFlags], _ log: LogFlags, _ configuration: ConfigurationFlags? = nil,
    _ own: Settings = .init()
  )
    throws
  {
    var settings = own
    log.set(&settings)
    for group in groups {
      var part = Settings()
      group.set(&part)
      settings.fill(from: part)
    }
    let file = try configuration?.config.map { try ConfigurationFile.read($0) }
    settings = try Settings.merged(flags: settings, file: file ?? Settings())
    self.settings = settings
    verbosity = log.verbose - log.quiet
    color = try settings.colorChoice()
    let level: Logger.Level =
      switch verbosity {
      case ..<(-1): .error
      case -1: .warning
      case 0: .notice
      case 1: .info
      default: .debug
      }
    let usesColor = StandardStream.error.usesColor(color)
    let statusLine = StatusLine(try settings.progressChoice(), isQuiet: verbosity < 0)
    self.statusLine = statusLine
    logger = Logger(label: "fdskd-compile") { _ in
      LineLogHandler(level: level, usesColor: usesColor, statusLine: statusLine)
    }
    for path in settings[list: .report] where path == "-" || ReportFormat(path: path) == nil {
      throw Diagnostic.usage(
        "bad-option", "--report '\(path)' does not end in .json, .md, .html or .txt",
        hint: path == "-" ? "--json prints the report" : nil)
    }
    if settings[isOn: .json] == true, settings[.output] == "-" || settings[.savePlan] == "-" {
      throw Diagnostic.usage("bad-option", "--json and '-' both want the standard output")
    }
    if settings[.output] == "-", settings[.savePlan] == "-" {
      throw Diagnostic.usage("bad-option", "--output and --save-plan both want the standard output")
    }
    if let path = configuration?.saveConfig {
      _ = try settings.options()
      try Publishing.write(ConfigurationFile.text(of: settings), to: path)
    }
  }

  /// The options of the library.
  ///
  /// The table for people shows no digests, and to compute them would double the time that large models take.
  func options() throws -> CompileOptions {
    var options = try settings.options()
    options.computesDigests =
      settings[isOn: .json] == true || settings[.savePlan] != nil || !settings[list: .report].isEmpty
    return options
  }

  /// Runs `body` and delivers what it finds, also where a gate turned the result down.
  func deliver(_ body: () throws -> CompileResult) throws {
    let result: CompileResult
    do {
      defer { statusLine.clear() }
      result = try body()
    } catch let failure as GateFailure {
      let diagnostic = Diagnostic(failure)
      diagnostic.print()
      try deliver(failure.result)
      throw ReportedFailure(exitStatus: diagnostic.exitStatus)
    }
    try deliver(result)
  }

  /// Files first: they are there even where nobody reads the standard output any more.
  private func deliver(_ result: CompileResult) throws {
    for dump in result.dumps {
      try StandardStream.error.write(
        "# after \(dump.pass)\n\(dump.text)" + (dump.text.hasSuffix("\n") ? "" : "\n"))
    }
    for path in settings[list: .report] {
      guard let format = ReportFormat(path: path) else { continue }
      try Publishing.write(try result.report.rendered(as: format), to: path)
    }
    if let path = settings[.savePlan] { try Publishing.write(try result.plan.json(), to: path) }
    if settings[isOn: .json] == true { return try StandardStream.output.write(try result.report.json()) }
    try show { stream in
      ReportTable(
        result.report, usesColor: stream.usesColor(color), rowLimit: rowLimit, listsWarnings: false
      ).text
    }
  }

  /// The result for people: on the standard output, or on the other one where a file goes there.
  func show(_ text: (StandardStream) -> String) throws {
    guard verbosity >= 0 else { return }
    let isTaken = settings[.output] == "-" || settings[.savePlan] == "-"
    let stream: StandardStream = isTaken ? .error : .output
    try stream.write(text(stream))
  }

  /// How many rows a table may have; nil where it lists all.
  var rowLimit: Int? { verbosity > 0 ? nil : 20 }
  var usesColor: Bool { StandardStream.output.usesColor(color) }
}

extension Settings {
  /// The output file, from `-o` or the second positional argument.
  static func output(option: String?, argument: String?) throws -> Settings {
    if let option, let argument, option != argument {
      throw Diagnostic.usage("bad-option", "two outputs are named, '\(argument)' and '\(option)'")
    }
    var settings = Settings()
    settings[.output] = option ?? argument
    return settings
  }
}
