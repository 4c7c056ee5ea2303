import GraphIR
import Logging
import ONNXFormat
import Passes
import Platform

/// Compiles trained networks, from ONNX file to smaller ONNX file.
///
/// ```swift
/// var options = CompileOptions()
/// options.rate = 0.3
/// let result = try Compiler(options: options).compile(input: "in.onnx", output: "out.onnx")
/// print(result.report.totals.after.parameters ?? 0)
/// ```
///
/// Every error is one that ``Diagnostic`` explains. Whatever goes wrong, an output that was there before is untouched.
public struct Compiler: Sendable {
  public let options: CompileOptions
  let logger: Logger
  private let training: TrainingControl

  /// - Parameters:
  ///   - logger: where warnings, and at level `info` one line a pass, go; by default warnings alone.
  ///   - training: what a training run tells, and asks.
  public init(
    options: CompileOptions = CompileOptions(), logger: Logger? = nil, training: TrainingControl = .init()
  ) {
    self.options = options
    self.training = training
    var standard = Logger(label: "fdskd-compile")
    standard.logLevel = .warning
    self.logger = logger ?? standard
  }

  /// Reads `input` ("-" is the standard input), compiles, and publishes to `output` (nil: writes no model; "-": the
  /// standard output).
  ///
  /// - Throws: ``GateFailure`` where the network was read and nothing in it can be pruned, or a target cannot be met.
  public func compile(input: String, output: String?) throws -> CompileResult {
    try compile(input, to: output, .scores, command: .compile)
  }

  /// Removes what a plan says, whatever the options say of rates.
  ///
  /// - Throws: a diagnostic `plan-mismatch` where the plan was made for another model, or was changed since.
  public func apply(plan: Plan, input: String, output: String?) throws -> CompileResult {
    let entries = plan.groups.map { AdoptPlan.Entry(id: $0.id, size: $0.size, removed: $0.removed) }
    return try compile(input, to: output, .plan(entries), command: .apply, plan: plan)
  }

  /// Finds out what can be pruned and why the rest cannot, and writes nothing. The channels are removed all the same, as
  /// ``compile(input:output:)`` does without training: what the result says is what that would do.
  public func inspect(input: String) throws -> CompileResult {
    var stopwatch = Stopwatch()
    try options.validate()
    let source = try SourceModel(input, options, logger)
    return try naming(input) {
      var run = CompilationRun(source.model, options, logger)
      try stoppingAtGates(source, .inspect, stopwatch, &run) { try $0.run(.scores, upTo: nil) }
      stopwatch.add(run.records)
      return ResultBuilder(run, source, options).result(.inspect, output: nil, stopwatch)
    }
  }

  /// What a gate turns down comes with what was found out until then.
  private func stoppingAtGates(
    _ source: SourceModel, _ command: Report.Command, _ stopwatch: Stopwatch, _ run: inout CompilationRun,
    _ body: (inout CompilationRun) throws -> Void
  ) throws {
    do { try body(&run) } catch let error as CompileError where error.exit == .gate {
      throw GateFailure(
        error: error, result: ResultBuilder(run, source, options).result(command, output: nil, stopwatch))
    }
  }

  private func compile(
    _ input: String, to output: String?, _ selection: CompilationRun.Source, command: Report.Command,
    plan: Plan? = nil
  ) throws -> CompileResult {
    var stopwatch = Stopwatch()
    try options.validate()
    if let output, !options.isDryRun {
      if options.noClobber { try Publishing.refuseToReplace(output) }
      try FilePublisher.checkTarget(output)
    }
    let trains = options.trains && command == .compile
    let source = try SourceModel(input, options, logger, isDigestNeeded: plan != nil || trains)
    stopwatch.lap("read")
    return try naming(input) {
      if let plan, plan.inputSHA256 != source.file.sha256 {
        throw CompileError(
          "plan-mismatch", "the plan was made for another model, with SHA-256 \(plan.inputSHA256)",
          hint: "this one has \(source.file.sha256)")
      }
      if trains { try refuseInVain(source, selection, command) }
      var run = CompilationRun(
        source.model, options, logger,
        training: trains
          ? options.training.map {
            TrainingRun(options, $0, model: source.file.sha256, output: output, training)
          } : nil)
      try stoppingAtGates(source, command, stopwatch, &run) { try $0.run(selection, upTo: options.stopAfter) }
      stopwatch.add(run.records)
      var builder = ResultBuilder(run, source, options)
      try plan.map(builder.refuseOtherMembers)
      builder.prove()
      stopwatch.lap("check")
      if let error = builder.gate(command) ?? builder.accuracyGate() ?? builder.checkGate() {
        throw GateFailure(error: error, result: builder.result(command, output: nil, stopwatch))
      }
      if output != nil, !options.isDryRun, run.state.isUnfinished {
        throw CompileError(
          "unfinished", "after \(RemoveZeroedFilters.name) the graph does not fit its constants yet",
          exit: .usage,
          hint: "stop after \(FixUpChannels.name), or look with --dry-run --dump-after")
      }
      guard let output, !options.isDryRun else { return builder.result(command, output: nil, stopwatch) }
      let written = try write(builder.outputModel(command), to: output)
      stopwatch.lap("write")
      return builder.result(command, output: written, stopwatch)
    }
  }

  /// Looks whether there is anything to remove, before hours are spent on training.
  private func refuseInVain(
    _ source: SourceModel, _ selection: CompilationRun.Source, _ command: Report.Command
  ) throws {
    var trial = CompilationRun(source.model, options, logger)
    try trial.run(selection, upTo: SelectFilters.name)
    let builder = ResultBuilder(trial, source, options)
    if let error = builder.gate(command) {
      throw GateFailure(error: error, result: builder.result(command, output: nil, Stopwatch()))
    }
  }

  private func write(_ model: Model, to output: String) throws -> Report.File {
    let receipt = try ONNXExporter.write(
      model, to: output,
      options: ExportOptions(
        savesAsExternalData: options.saveAsExternalData, computesDigest: options.computesDigests))
    return Report.File(path: output, bytes: receipt.byteCount, sha256: receipt.digest)
  }

  /// Adds the input's name to errors that name no file.
  func naming<Result>(_ input: String, _ body: () throws -> Result) throws -> Result {
    let file = input == "-" ? "standard input" : input
    do { return try body() } catch let error as CompileError {
      throw error.exit == .usage ? error : error.in(file: file)
    } catch let failure as GateFailure {
      throw GateFailure(error: failure.error.in(file: file), result: failure.result)
    }
  }
}

/// A model as it was read, with the figures of its file.
struct SourceModel {
  let model: Model
  let notes: [String]
  private let path: String
  private let byteCount: Int
  private let digest: BackgroundDigest?

  init(
    _ path: String, _ options: CompileOptions, _ logger: Logger, isDigestNeeded: Bool = false
  ) throws {
    CrashReport.describe(file: (path == "-" ? "standard input" : path).printable)
    let imported = try ONNXImporter.load(
      path,
      options: ImportOptions(
        maximumMemoryInBytes: options.maxMemory, externalDataFolder: options.externalDataDirectory))
    model = imported.model
    notes = imported.notes.map(\.message)
    for note in notes { logger.warning("\(note)") }
    self.path = path
    byteCount = imported.file.count
    digest = options.computesDigests || isDigestNeeded ? BackgroundDigest(of: imported.file) : nil
  }

  /// Waits for the digest where it is not known yet.
  var file: Report.File { Report.File(path: path, bytes: byteCount, sha256: digest?.value ?? "") }
}

/// How long the steps of a compilation took.
struct Stopwatch {
  private let clock = ContinuousClock()
  private let start: ContinuousClock.Instant
  private var last: ContinuousClock.Instant
  private(set) var steps: [Report.Timing.Step] = []

  init() {
    start = clock.now
    last = start
  }

  /// Ends the step that began with the one before.
  mutating func lap(_ name: String) {
    let now = clock.now
    steps.append(.init(name: name, seconds: (now - last) / .seconds(1)))
    last = now
  }

  mutating func add(_ records: [Pipeline.Record]) {
    for record in records { steps.append(.init(name: record.name, seconds: record.duration / .seconds(1))) }
    last = clock.now
  }

  var total: Double { (clock.now - start) / .seconds(1) }
}
