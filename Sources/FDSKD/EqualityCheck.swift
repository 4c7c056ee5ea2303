import Analysis
import GraphIR
import Operators
import Passes
import Training

/// Runs the input with its removed channels at zero, and the result, and compares them.
package enum EqualityCheck {
  /// Without `--check`, networks with more multiply-accumulates than this are not run: it would take longer than all
  /// the rest.
  private static let defaultLimit = 1_000_000_000
  /// Nor are those of more nodes and inputs: planning their memory would take longer than all the rest.
  private static let defaultSizeLimit = 10_000
  /// Nor are those that need more memory than this beside their weights: a small file may not take much.
  private static let defaultMemoryLimit = 16 << 20

  /// - Returns: nil where there is nothing to prove: nothing was removed, or `--check 0`.
  package static func run(_ state: Compilation, _ options: CompileOptions) -> Report.Check? {
    guard options.checkBatches != 0, let original = state.original, state.survivors?.isEmpty == false else {
      return nil
    }
    // What is run without being asked for is so small that a second thread would be waited for longer than it helps,
    // above all where many compilers share a machine.
    guard options.checkBatches == nil else { return compare(state, original, options) }
    return RunnableModel.onOneThread { compare(state, original, options) }
  }

  private static func compare(
    _ state: Compilation, _ original: Compilation.Original, _ options: CompileOptions
  ) -> Report.Check {
    let tolerance = Tolerance(
      relative: options.checkRelativeTolerance ?? rounding(original),
      absolute: options.checkAbsoluteTolerance)
    let shapes: [String: [Int]]
    let expected: Program
    let memoryLimit: Int?
    do {
      shapes = SeededInputs.shapes(
        original.model, original.facts, given: state.inputShapes, batch: 1, length: 32)
      if options.checkBatches == nil, let reason = try costsTooMuch(original.model, shapes) {
        return Report.Check(.notRun, batches: 0, tolerance: tolerance.relative, reason: reason)
      }
      var zeroed = state
      (zeroed.model, zeroed.facts) = (original.model, original.facts)
      _ = try ZeroFilters().run(on: &zeroed)
      // What is proven is that the file's own network is left.
      if let folded = state.folded { zeroed.model.graph = try folded.computingAll(in: zeroed.model.graph) }
      memoryLimit =
        options.checkBatches == nil ? self.memoryLimit(original.model, options) : options.maxMemory
      expected = try RunnableModel(zeroed.model, shapes: shapes, memoryLimit: memoryLimit).program
    } catch {
      return Report.Check(.notRun, batches: 0, tolerance: tolerance.relative, reason: message(error))
    }
    // What ran before has to run now.
    do {
      let found = try RunnableModel(state.model, shapes: shapes, memoryLimit: memoryLimit).program
      return try compare(expected, found, batches: options.checkBatches ?? 1, tolerance)
    } catch {
      return Report.Check(
        .failed, batches: 0, tolerance: tolerance.relative,
        reason: "the result does not run: \(message(error))")
    }
  }

  private static func costsTooMuch(_ model: Model, _ shapes: [String: [Int]]) throws -> String? {
    let size = model.graph.nodes.count + model.graph.inputs.count
    guard size <= defaultSizeLimit else { return "\(size) nodes and inputs; --check 1 runs it" }
    let facts = try GraphFacts(of: model, registry: .standard, inputShapes: shapes)
    let macs = CostSummary(model.graph, facts).multiplyAccumulates
    if let macs, macs <= defaultLimit { return nil }
    return "\(macs.map { CountText.short($0) } ?? "an unknown number of") MACs; --check 1 runs it"
  }

  private static func memoryLimit(_ model: Model, _ options: CompileOptions) -> Int {
    let weights = model.graph.constants.values.reduce(0) { $0 + $1.count * MemoryLayout<Float>.stride }
    return min(defaultMemoryLimit + 8 * weights, options.maxMemory ?? .max)
  }

  private static func compare(
    _ expected: Program, _ found: Program, batches: Int, _ tolerance: Tolerance
  ) throws -> Report.Check {
    var worst = 0.0
    var reason: String?
    if expected.outputs.map(\.name) != found.outputs.map(\.name) { reason = "the outputs are others" }
    for seed in 0..<batches {
      do {
        try run(expected, seed)
      } catch {
        return Report.Check(.notRun, batches: seed, tolerance: tolerance.relative, reason: message(error))
      }
      try run(found, seed)
      for (a, b) in zip(expected.outputs, found.outputs) {
        let difference = OutputDifference(expected: a, found: b, tolerance)
        if difference.reason != nil, a.scalar == .float, a.floats.contains(where: \.isNaN) {
          // As infinity times the zero of a removed channel is, which the result does not compute.
          return Report.Check(
            .notRun, batches: seed, tolerance: tolerance.relative,
            reason: "the network itself gives NaN in output '\(a.name)'")
        }
        worst = max(worst, difference.maxRelative)
        reason = reason ?? difference.reason.map { "output '\(a.name)' \($0)" }
      }
    }
    return Report.Check(
      reason == nil ? .passed : .failed, batches: batches, maxRelativeError: worst.isFinite ? worst : nil,
      tolerance: tolerance.relative, reason: reason)
  }

  private static func run(_ program: Program, _ seed: Int) throws {
    var inputs = SeededInputs(seed: UInt64(seed))
    for port in program.inputs { inputs.fill(port) }
    try program.forward()
  }

  /// What the order of additions may change, relative to the largest magnitude of an output: a number that lies
  /// between two of a coarser type goes to either.
  private static func rounding(_ original: Compilation.Original) -> Double {
    let graph = original.model.graph
    let quantizes = graph.nodes.contains { node in
      ["QuantizeLinear", "DynamicQuantizeLinear"].contains(node.opType)
        && node.inputs.first.flatMap { $0 }.map { !original.facts[$0].isConstantDerived } ?? false
    }
    if quantizes { return 3e-2 }
    let isHalf = original.facts.values.contains { [.float16, .bfloat16].contains($0.elementType) }
    return isHalf ? 5e-3 : 1e-4
  }

  private static func message(_ error: any Error) -> String {
    guard let error = error as? CompileError else { return "\(error)" }
    return (error.place.map { "\($0): " } ?? "") + error.message
  }
}
