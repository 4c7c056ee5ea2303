import Analysis
import GraphIR
import ONNXFormat
import Operators
import Passes
import Training

extension Compiler {
  /// Compares what two models of the same inputs and outputs compute on seeded batches.
  ///
  /// - Throws: `interface-differs`, `no-kernel`, and what reading models throws.
  public func check(_ path: String, against other: String, _ check: CheckOptions = .init()) throws
    -> CheckResult
  {
    let tolerance = Tolerance(relative: check.relativeTolerance, absolute: check.absoluteTolerance)
    let (a, b) = (try inlined(path), try inlined(other))
    try Self.compareInterfaces(a, b, other)
    let shapes = try naming(path) {
      try Self.shapes(of: a, options, batch: check.batchSize, length: check.length)
    }
    let first = try naming(path) {
      try RunnableModel(a, shapes: shapes, memoryLimit: options.maxMemory).program
    }
    let second = try naming(other) {
      try RunnableModel(b, shapes: shapes, memoryLimit: options.maxMemory).program
    }
    var tally = CheckTally(model: path, reference: other)
    for seed in 0..<check.batches {
      try naming(path) { try Self.run(first, seed: UInt64(seed)) }
      try naming(other) { try Self.run(second, seed: UInt64(seed)) }
      tally.add(
        zip(second.outputs, first.outputs).map { OutputDifference(expected: $0, found: $1, tolerance) })
    }
    return tally.result
  }

  /// Compares what a model computes with what an ONNX test data set expects: a folder with `input_0.pb` and so on and
  /// `output_0.pb`, or one with such folders.
  ///
  /// - Throws: `no-test-data`, `test-data`, `no-kernel`, and what reading models throws.
  public func check(_ path: String, data folder: String, _ check: CheckOptions = .init()) throws
    -> CheckResult
  {
    let tolerance = Tolerance(relative: check.relativeTolerance, absolute: check.absoluteTolerance)
    let model = try inlined(path)
    var tally = CheckTally(model: path, reference: folder)
    for case let set in try TestDataSet.find(in: folder, for: model) {
      let program = try naming(path) { try set.program(of: model, memoryLimit: options.maxMemory) }
      try naming(path) { try program.forward() }
      tally.add(try set.differences(of: program, tolerance))
    }
    return tally.result
  }

  /// The model in one flat graph: branches of an If are run side by side.
  private func inlined(_ path: String) throws -> Model {
    let source = try SourceModel(path, options, logger)
    return try naming(path) {
      var state = Compilation(source.model, registry: .standard, inputShapes: [:])
      try Pipeline([InlineFunctions(), OpenBodies()]).run(on: &state)
      return state.model
    }
  }

  private static func shapes(of model: Model, _ options: CompileOptions, batch: Int, length: Int) throws
    -> [String: [Int]]
  {
    let given = Dictionary(
      options.inputShapes.map { ($0.name, $0.dimensions) }, uniquingKeysWith: { first, _ in first })
    let facts = try GraphFacts(of: model, registry: .standard, inputShapes: given)
    return SeededInputs.shapes(model, facts, given: given, batch: batch, length: length)
  }

  private static func run(_ program: Program, seed: UInt64) throws {
    var inputs = SeededInputs(seed: seed)
    for port in program.inputs { inputs.fill(port) }
    try program.forward()
  }

  private static func compareInterfaces(_ a: Model, _ b: Model, _ file: String) throws {
    func names(_ model: Model, _ infos: [ValueInfo]) -> [String] {
      infos.filter { model.graph[$0.value].initializer == nil }.map { model.graph[$0.value].name }
    }
    for (kind, one, other) in [
      ("inputs", names(a, a.graph.inputs), names(b, b.graph.inputs)),
      ("outputs", names(a, a.graph.outputs), names(b, b.graph.outputs)),
    ] where one != other {
      throw CompileError(
        "interface-differs",
        "\(kind) are \(other.joined(separator: ", ")), of the other model \(one.joined(separator: ", "))",
        file: file)
    }
  }
}
