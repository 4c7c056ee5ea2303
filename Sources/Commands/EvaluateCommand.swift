import ArgumentParser
import FDSKD

/// `fdskd-compile evaluate model.onnx --data folder`.
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate", abstract: "Measure the accuracy of a classifier on a data set.",
    discussion: """
      Data: an .npz archive (x, y), .npy arrays, CIFAR-10 or CIFAR-100 in binary, MNIST's IDX files, or a folder of \
      class folders with JPEG and PNG images. Bytes are divided by 255; then --mean is subtracted, and what is left \
      divided by --std.
      """)

  @Argument(help: "The ONNX model to run.", completion: .file(extensions: ["onnx"]))
  var input: String

  @Option(help: .init("The samples and their labels.", valueName: "path"))
  var data: String

  @Option(help: .init("Which half, where the data has two.", valueName: "test|train"))
  var split = EvaluationOptions.Split.test

  @Option(help: .init("Samples at a time.", valueName: "n"))
  var batchSize = 128

  @Option(
    parsing: .unconditional, help: .init("Means of the channels: 0.485,0.456,0.406.", valueName: "list"))
  var mean = ChannelList()

  @Option(parsing: .unconditional, help: .init("Standard deviations of the channels.", valueName: "list"))
  var std = ChannelList()

  @Option(help: .init("Threads to compute on (default: one a processor core).", valueName: "n"))
  var threads: Int?

  @Flag(inversion: .prefixedNo, help: "Print the figures as JSON.")
  var json: Bool?

  @OptionGroup(title: "Reading") var reading: ReadingFlags
  @OptionGroup(title: "Terminal") var log: LogFlags

  func validate() throws {
    guard (1...65536).contains(batchSize) else { throw ValidationError("--batch-size has to be 1 to 65536") }
    guard (1...1024).contains(threads ?? 1) else { throw ValidationError("--threads has to be 1 to 1024") }
  }

  func run() throws {
    let session = try Session([reading], log)
    var evaluation = EvaluationOptions(data: data)
    evaluation.split = split
    evaluation.batchSize = batchSize
    evaluation.mean = mean.values
    evaluation.standardDeviation = std.values
    evaluation.threads = threads
    let line = session.statusLine
    defer { line.clear() }
    let compiler = Compiler(options: try session.settings.options(), logger: session.logger)
    let result = try compiler.evaluate(input: input, evaluation) { done, total in
      line.update { columns in
        String("\(done) of \(total) samples (\(total > 0 ? 100 * done / total : 100)%)".prefix(columns))
      }
    }
    line.clear()
    if json == true { return try StandardStream.output.write(try result.json()) }
    try session.show { _ in result.text() }
  }
}

/// Numbers with commas between them, one a channel.
struct ChannelList: ExpressibleByArgument {
  var values: [Float] = []

  init() {}

  init?(argument: String) {
    let numbers = argument.split(separator: ",", omittingEmptySubsequences: false).map { Float($0) }
    guard !numbers.contains(nil) else { return nil }
    values = numbers.compactMap(\.self)
  }

  var defaultValueDescription: String { "none" }
}

extension EvaluationOptions.Split: ExpressibleByArgument {}
