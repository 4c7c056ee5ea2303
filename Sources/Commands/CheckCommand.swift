import ArgumentParser
import FDSKD

/// `fdskd-compile check a.onnx b.onnx`, or `fdskd-compile check model.onnx --data test_data_set_0`.
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Compare what two models compute, or a model with expected outputs.",
    discussion: """
      fdskd-compile check a.onnx b.onnx                     on seeded inputs
      fdskd-compile check model.onnx --data test_data_set_0 with input_0.pb and output_0.pb of ONNX's test data sets

      The exit code is 0 where all outputs are equal within the tolerance, and 3 where they are not.
      """)

  @Argument(help: "The ONNX model to run.", completion: .file(extensions: ["onnx"]))
  var model: String

  @Argument(help: "Another model of the same inputs and outputs.", completion: .file(extensions: ["onnx"]))
  var other: String?

  @Option(help: .init("An ONNX test data set, or a folder of them.", valueName: "folder"))
  var data: String?

  @Option(help: .init("Seeded batches to compare (default: \(CheckOptions().batches)).", valueName: "n"))
  var batches: Int?

  @Option(help: .init("How far outputs may differ, relative to the largest magnitude.", valueName: "x"))
  var rtol = CheckOptions().relativeTolerance

  @Option(help: .init("How far outputs may differ in any case.", valueName: "x"))
  var atol = CheckOptions().absoluteTolerance

  @Option(
    parsing: .unconditionalSingleValue,
    help: .init("Lengths for an input with dynamic dimensions. Repeatable.", valueName: "name:1,3,224,224"))
  var inputShape: [String] = []

  @Flag(inversion: .prefixedNo, help: "Print the figures as JSON.")
  var json: Bool?

  @OptionGroup(title: "Reading") var reading: ReadingFlags
  @OptionGroup(title: "Terminal") var log: LogFlags

  func validate() throws {
    guard (other == nil) != (data == nil) else {
      throw ValidationError("name a second model, or --data, and not both")
    }
    for (flag, isSet) in [("--batches", batches != nil), ("--input-shape", !inputShape.isEmpty)]
    where isSet && data != nil {
      throw ValidationError("\(flag) has no effect: --data has inputs of its own")
    }
    guard (1...1_000_000).contains(batches ?? 1) else {
      throw ValidationError("--batches has to be 1 to 1000000")
    }
    guard rtol >= 0, rtol.isFinite, atol >= 0, atol.isFinite else {
      throw ValidationError("--rtol and --atol have to be numbers of at least 0")
    }
  }

  func run() throws {
    var own = Settings()
    own[list: .inputShape] = inputShape
    let session = try Session([reading], log, nil, own)
    var check = CheckOptions()
    check.batches = batches ?? check.batches
    (check.relativeTolerance, check.absoluteTolerance) = (rtol, atol)
    let compiler = Compiler(options: try session.settings.options(), logger: session.logger)
    let result =
      try other.map { try compiler.check(model, against: $0, check) }
      ?? compiler.check(model, data: data ?? "", check)
    if json == true {
      try StandardStream.output.write(try result.json())
    } else {
      try session.show { _ in result.text() }
    }
    if !result.equal { throw ReportedFailure(exitStatus: 3) }
  }
}
