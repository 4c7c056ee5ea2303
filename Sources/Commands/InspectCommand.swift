import ArgumentParser
import FDSKD

/// `fdskd-compile inspect in.onnx`.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Show what can be pruned, what a rate would do, and why the rest cannot.",
    discussion:
      "Writes no model. Takes the flags that choose channels, so that their effect can be seen first.")

  @Argument(
    help: .init("The ONNX model to read; - is the standard input."), completion: .file(extensions: ["onnx"]))
  var input: String

  @OptionGroup(title: "Amount and choice") var selection: SelectionFlags
  @OptionGroup(title: "Reading") var reading: ReadingFlags

  @Option(
    help: .init("Write which channels would go, for 'apply'.", valueName: "file"),
    completion: .file(extensions: ["json"]))
  var savePlan: String?

  @OptionGroup(title: "Reports") var reports: ReportFlags
  @OptionGroup(title: "Terminal") var log: LogFlags
  @OptionGroup(title: "Configuration") var configuration: ConfigurationFlags

  func run() throws {
    var own = Settings()
    own[.savePlan] = savePlan
    let session = try Session([selection, reading, reports], log, configuration, own)
    let options = try session.options()
    try session.deliver { try Compiler(options: options, logger: session.logger).inspect(input: input) }
  }
}
