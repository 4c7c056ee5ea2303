import Analysis
import GraphIR
import Operators
import Passes
import Training

/// Runs the input with its removed channels at zero, and the result, and compares them.
enum EqualityCheck {
  /// Without `--check`, networks with more multiply-accumulates than this are not run: it would take longer than all
  /// the rest.
  static let defaultLimit = 1_000_000_000

  /// - Returns: nil where there is nothing to prove: nothing was removed, or `--check 0`.
  static func run(_ state: Compilation, _ options: CompileOptions) -> Report.Check? {
    guard options.checkBatches != 0, let original = state.original, state.survivors?.isEmpty == false else {
      return nil
    }
    let tolerance = Tolerance(
      relative: options.checkRelativeTolerance ?? (isHalf(original.model) ? 5e-3 : 1e-4),
      absolute: options.checkAbsoluteTolerance)
    do {
      return try compare(state, original, options, tolerance)
    } catch {
      let message = (error as? CompileError).map { error in
        (error.place.map { "\($0): " } ?? "") + error.message
      }
      return Report.Check(
        .notRun, batches: 0, tolerance: tolerance.relative, reason: message ?? "\(error)")
    }
  }

  private static func compare(
    _ state: Compilation, _ original: Compilation.Original, _ options: CompileOptions, _ tolerance: Tolerance
  ) throws -> Report.Check {
    let shapes = SeededInputs.shapes(
      original.model, try GraphFacts(of: original.model, registry: .standard, inputShapes: state.inputShapes),
      given: state.inputShapes, batch: 1, length: 32)
    if options.checkBatches == nil {
      let facts = try GraphFacts(of: original.model, registry: .standard, inputShapes: shapes)
      let macs = CostSummary(original.model.graph, facts).multiplyAccumulates
      guard let macs, macs <= defaultLimit else {
        return Report.Check(
          .notRun, batches: 0, tolerance: tolerance.relative,
          reason: "\(macs.map { CountText.short($0) } ?? "an unknown number of") MACs; --check 1 runs it")
      }
    }
    var zeroed = state
    (zeroed.model, zeroed.facts) = (original.model, original.facts)
    _ = try ZeroFilters().run(on: &zeroed)
    let expected = try RunnableModel(zeroed.model, shapes: shapes).program
    let found = try RunnableModel(state.model, shapes: shapes).program
    var worst = 0.0
    var reason: String?
    let batches = options.checkBatches ?? 1
    for seed in 0..<batches {
      for program in [expected, found] {
        var inputs = SeededInputs(seed: UInt64(seed))
        for port in program.inputs { inputs.fill(port) }
        try program.forward()
      }
      for (a, b) in zip(expected.outputs, found.outputs) {
        guard a.dims == b.dims else {
          throw CompileError("check", "output '\(a.name)' has another shape", exit: .internal)
        }
        let difference = OutputDifference(a.name, expected: a.doubles, found: b.doubles, tolerance)
        worst = max(worst, difference.maxRelative)
        guard reason == nil, let first = difference.first else { continue }
        reason = "element \(first.index) of '\(a.name)' is \(first.found), expected \(first.expected)"
      }
    }
    return Report.Check(
      reason == nil ? .passed : .failed, batches: batches, maxRelativeError: worst.isFinite ? worst : nil,
      tolerance: tolerance.relative, reason: reason)
  }

  /// The network computes in half precision somewhere.
  private static func isHalf(_ model: Model) -> Bool {
    model.graph.initializers.contains {
      [.float16, .bfloat16].contains(model.graph[$0].initializer?.elementType)
    }
  }
}
