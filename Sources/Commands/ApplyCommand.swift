import ArgumentParser
import FDSKD

/// `fdskd-compile apply plan.json in.onnx -o out.onnx`.
struct ApplyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apply", abstract: "Remove from a model exactly the channels that a plan names.",
    discussion: "The plan has to be for this very model: its SHA-256 is compared.")

  @Argument(help: "The plan, from --save-plan.", completion: .file(extensions: ["json"]))
  var plan: String

  @Argument(
    help: .init("The ONNX model to read; - is the standard input."), completion: .file(extensions: ["onnx"]))
  var input: String

  @Argument(help: .init("The ONNX model to write; the same as --output.", valueName: "output"))
  var outputArgument: String?

  @Option(
    name: .shortAndLong, help: .init("The ONNX model to write; - is the standard output.", valueName: "file"))
  var output: String?

  @OptionGroup(title: "Reading") var reading: ReadingFlags
  @OptionGroup(title: "Writing") var writing: WritingFlags
  @OptionGroup(title: "Proof") var proof: ProofFlags
  @OptionGroup(title: "Reports") var reports: ReportFlags
  @OptionGroup(title: "Passes") var passes: PassFlags
  @OptionGroup(title: "Terminal") var log: LogFlags

  func run() throws {
    let own = try Settings.output(option: output, argument: outputArgument)
    let session = try Session([reading, writing, proof, reports, passes], log, nil, own)
    let options = try session.options()
    guard let output = own[.output] else {
      throw Diagnostic.usage("no-output", "no output is named", hint: "-o out.onnx")
    }
    let plan = try Plan(contentsOf: plan)
    try session.deliver {
      try Compiler(options: options, logger: session.logger).apply(plan: plan, input: input, output: output)
    }
  }
}
