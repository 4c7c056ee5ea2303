import ArgumentParser
import FDSKD

/// `fdskd-compile in.onnx -o out.onnx --rate 0.3`.
struct CompileCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compile", abstract: "Write a smaller model.",
    discussion: """
      fdskd-compile in.onnx -o out.onnx --rate 0.3
      fdskd-compile in.onnx out.onnx --target-macs 0.5 --report report.html
      fdskd-compile in.onnx -o out.onnx --data cifar-10-batches-bin --epochs 20 --checkpoint checkpoints
      fdskd-compile in.onnx --dry-run --save-plan plan.json
      """)

  @Argument(
    help: .init("The ONNX model to read; - is the standard input."), completion: .file(extensions: ["onnx"]))
  var input: String

  @Argument(help: .init("The ONNX model to write; the same as --output.", valueName: "output"))
  var outputArgument: String?

  @Option(
    name: .shortAndLong, help: .init("The ONNX model to write; - is the standard output.", valueName: "file"))
  var output: String?

  @OptionGroup(title: "Amount and choice") var selection: SelectionFlags
  @OptionGroup(title: "Training") var training: TrainingFlags
  @OptionGroup(title: "Reading") var reading: ReadingFlags
  @OptionGroup(title: "Writing") var writing: WritingFlags

  @Flag(inversion: .prefixedNo, help: "Decide everything, write no model.")
  var dryRun: Bool?

  @Option(
    help: .init("Write which channels go, for 'apply'.", valueName: "file"),
    completion: .file(extensions: ["json"]))
  var savePlan: String?

  @OptionGroup(title: "Proof") var proof: ProofFlags
  @OptionGroup(title: "Reports") var reports: ReportFlags
  @OptionGroup(title: "Passes") var passes: PassFlags
  @OptionGroup(title: "Terminal") var log: LogFlags
  @OptionGroup(title: "Configuration") var configuration: ConfigurationFlags

  func run() throws {
    var own = try Settings.output(option: output, argument: outputArgument)
    own[isOn: .dryRun] = dryRun
    own[.savePlan] = savePlan
    let session = try Session(
      [selection, training, reading, writing, proof, reports, passes], log, configuration, own)
    let options = try session.options()
    let output = session.settings[.output]
    guard output != nil || options.isDryRun else {
      throw Diagnostic.usage("no-output", "no output is named", hint: "-o out.onnx, or --dry-run")
    }
    let line = TrainingProgressLine(session.statusLine)
    let control = TrainingControl(
      progress: { line.show($0) }, isInterrupted: { Interruption.isRequested })
    if options.training != nil { Interruption.deferFirst() }
    try session.deliver {
      try Compiler(options: options, logger: session.logger, training: control).compile(
        input: input, output: options.isDryRun ? nil : output)
    }
  }
}
