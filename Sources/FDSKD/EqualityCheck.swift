import Analysis
import GraphIR
import Operators
import Passes
import Training

/// Runs the input with its removed channels at zero, and the result, and compares them.
///
/// There is always something to compare. Where nobody asked for a check, as much is run as costs little; a node that
/// cannot be run is left out, and the values around it are compared (``NetworkPart``).
package enum EqualityCheck {
  /// - Returns: nil where there is nothing to prove: nothing was removed, or `--check 0`.
  package static func run(_ state: Compilation, _ options: CompileOptions) -> Report.Check? {
    guard options.checkBatches != 0, let original = state.original, let survivors = state.survivors,
      !survivors.isEmpty
    else { return nil }
    let tolerance = Tolerance(
      relative: options.checkRelativeTolerance ?? rounding(original),
      absolute: options.checkAbsoluteTolerance, steps: roundsSums(original) ? 1 : 0)
    let budget = options.checkBatches == nil ? CheckBudget(original.model.graph) : nil
    let memoryLimit = [budget?.memory, options.maxMemory].compactMap(\.self).min()
    let run = CheckRun(
      state, original, KeptPositions(survivors, original.facts), tolerance: tolerance, budget: budget,
      memoryLimit: memoryLimit, batches: options.checkBatches ?? 1)
    return run.report()
  }

  private static func roundsSums(_ original: Compilation.Original) -> Bool {
    original.model.graph.nodes.contains { DiscreteChoice.roundsSums(original.facts.signature(of: $0.id)) }
  }

  /// What the order of additions may change, relative to the largest magnitude of an output.
  private static func rounding(_ original: Compilation.Original) -> Double {
    let isHalf = original.facts.values.contains { [.float16, .bfloat16].contains($0.elementType) }
    return isHalf ? 5e-3 : 1e-4
  }
}

/// What a check may cost that nobody asked for: about twice as long as compiling the network takes, and never the
/// memory and the time that a small file would have to be worth.
///
/// It depends on the network alone, not on a clock: the same input gives the same report.
struct CheckBudget {
  let work: PartWork.Budget
  let memory: Int

  /// Planning the memory of more would take longer than all the rest.
  private static let operands = 4_000

  init(_ graph: Graph) {
    let weights = graph.constants.values.reduce(0) { $0 + $1.count }
    let cost = min(1_000_000_000 + 2000 * weights, max(8_000_000_000, 1_000_000_000 + 400 * weights))
    work = PartWork.Budget(cost: cost, operands: Self.operands)
    memory = 16 << 20 + 8 * MemoryLayout<Float>.stride * weights
  }

  /// What is less work than this is run on one thread: a second one would be waited for longer than it helps, above all
  /// where many compilers share a machine.
  static let costOfSecondThread = 300_000_000
}
