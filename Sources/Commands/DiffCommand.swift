import ArgumentParser
import FDSKD

/// `fdskd-compile diff a.onnx b.onnx`, or two plans.
struct DiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff", abstract: "Compare two models, or two plans.",
    discussion: "Files that end in .json are plans. The exit code is 0 whether they differ or not.")

  @Argument(help: "A model, or a plan.")
  var a: String

  @Argument(help: "Another of the same kind.")
  var b: String

  @Flag(inversion: .prefixedNo, help: "Print the difference as JSON.")
  var json: Bool?

  @OptionGroup(title: "Reading") var reading: ReadingFlags
  @OptionGroup(title: "Terminal") var log: LogFlags

  func run() throws {
    let session = try Session([reading], log)
    let options = try session.settings.options()
    guard a.isPlan == b.isPlan else {
      throw Diagnostic.usage(
        "bad-option", "'\(a)' and '\(b)' are not of one kind", hint: "two models, or two .json plans")
    }
    if a.isPlan {
      let difference = PlanDifference(try Plan(contentsOf: a), try Plan(contentsOf: b))
      if json == true { return try StandardStream.output.write(try difference.json()) }
      try session.show { _ in difference.text(usesColor: session.usesColor) }
    } else {
      let difference = try Compiler(options: options, logger: session.logger).difference(a, b)
      if json == true { return try StandardStream.output.write(try difference.json()) }
      try session.show { _ in difference.text(usesColor: session.usesColor, rowLimit: session.rowLimit) }
    }
  }
}

extension String {
  fileprivate var isPlan: Bool { lowercased().hasSuffix(".json") }
}
