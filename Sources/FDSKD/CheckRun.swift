import Analysis
import GraphIR
import Operators
import Passes
import Training

/// One comparison of a result with the input whose removed channels are zero.
struct CheckRun {
  private let state: Compilation
  private let original: Compilation.Original
  private let kept: KeptPositions
  private let tolerance: Tolerance
  /// Nil where as many batches of the whole network are asked for.
  private let budget: CheckBudget?
  private let memoryLimit: Int?
  private let batches: Int

  private typealias Lengths = (first: Int, others: Int)

  /// Lengths for what the file leaves open of an input's shape, of the first axis and of the others: the first that the
  /// network does not contradict.
  private static let lengths: [Lengths] = [
    (1, 32), (2, 32), (4, 32), (1, 64), (1, 128), (1, 224), (1, 16), (2, 16), (1, 8),
  ]
  private static let shortest = 8
  /// How often nodes are left out because of the numbers that they meet, and for how many nodes in all: each time the
  /// rest is made ready again.
  private static let (attempts, attemptedNodes) = (12, 2400)

  init(
    _ state: Compilation, _ original: Compilation.Original, _ kept: KeptPositions, tolerance: Tolerance,
    budget: CheckBudget?, memoryLimit: Int?, batches: Int
  ) {
    self.state = state
    self.original = original
    self.kept = kept
    self.tolerance = tolerance
    self.budget = budget
    self.memoryLimit = memoryLimit
    self.batches = batches
  }

  func report() -> Report.Check {
    do {
      var zeroed = state
      (zeroed.model, zeroed.facts) = (original.model, original.facts)
      _ = try ZeroFilters().run(on: &zeroed)
      if let folded = state.folded {
        // What is proven is that the file's own network is left.
        var computing = zeroed.model
        computing.graph = try folded.computingAll(in: computing.graph)
        do { return try report(on: computing, computesWeights: true) } catch is LeftOutWeights {}
      }
      return try report(on: zeroed.model, computesWeights: false)
    } catch {
      return notRun(Self.message(error))
    }
  }

  /// The network would have to be compared without nodes that compute weights, which the result has stored.
  private struct LeftOutWeights: Error {}

  /// - Throws: ``LeftOutWeights`` where weights are computed, but not all of them can be.
  private func report(on model: Model, computesWeights: Bool) throws -> Report.Check {
    var start = try begin(model)
    // What does not fit in memory may with shorter inputs; only then are nodes left out.
    while true {
      do {
        return try onItsThreads(start.search) {
          try compare(start, leavesOutForMemory: false, computesWeights: computesWeights)
        }
      } catch let error as CompileError where error.exit == .resources {
        guard let shorter = shorter(start, model) else { break }
        start = shorter
      }
    }
    return try onItsThreads(start.search) {
      try compare(start, leavesOutForMemory: true, computesWeights: computesWeights)
    }
  }

  private func onItsThreads<Result>(_ search: PartSearch, _ body: () throws -> Result) rethrows -> Result {
    guard budget != nil, search.cost < CheckBudget.costOfSecondThread else { return try body() }
    return try RunnableModel.onOneThread(body)
  }

  // MARK: - What is run

  /// A network with lengths for what its file leaves open.
  private struct Start {
    var search: PartSearch
    let lengths: Lengths
    let shapes: [String: [Int]]
  }

  private func start(_ model: Model, _ lengths: Lengths, whole: GraphFacts? = nil) throws -> Start {
    let shapes = SeededInputs.shapes(
      model, original.facts, given: state.inputShapes, batch: lengths.first, length: lengths.others)
    return Start(
      search: try PartSearch(model, kept, inputShapes: shapes, memoryLimit: memoryLimit, whole: whole),
      lengths: lengths, shapes: shapes)
  }

  /// With the first lengths that the network does not contradict; shorter ones where it would cost too much.
  private func begin(_ model: Model) throws -> Start {
    var found: Start?
    for lengths in Self.lengths where found == nil { found = try? start(model, lengths) }
    // It contradicts them all; what contradicts the first is left out then.
    guard var start = found else { return try start(model, Self.lengths[0], whole: original.facts) }
    guard let budget else { return start }
    while start.search.cost > budget.work.cost, let shorter = shorter(start, model, fits: false) {
      start = shorter
    }
    start.search.fit(budget.work)
    return start
  }

  /// The same with half the length; nil where that is no length, or makes no difference.
  private func shorter(_ start: Start, _ model: Model, fits: Bool = true) -> Start? {
    let length = start.lengths.others / 2
    guard length >= Self.shortest,
      var shorter = try? self.start(model, (start.lengths.first, length)), shorter.shapes != start.shapes
    else { return nil }
    if fits, let budget { shorter.search.fit(budget.work) }
    return shorter
  }

  /// Runs the first batch of the reference, and leaves out what cannot be run with these numbers.
  private func ready(_ search: inout PartSearch) throws -> (PartSearch.Runnable, SeededInputs.Floats) {
    var attempts = max(1, min(Self.attempts, Self.attemptedNodes / max(search.nodeCount, 1)))
    func next() throws -> PartSearch.Runnable {
      while true {
        let reference = try search.build()
        do {
          try reference.run(on: SeededInputs(seed: 0))
          return reference
        } catch let error as CompileError {
          attempts -= 1
          guard attempts > 0 else { throw error }
          try search.omit(after: error)
        }
      }
    }
    var reference = try next()
    for floats in SeededInputs.Floats.allCases {
      if floats != .normal { try reference.run(on: SeededInputs(seed: 0, floats)) }
      if !reference.givesNaN { return (reference, floats) }
    }
    while attempts > 0, try search.omitMakersOfNaN(SeededInputs(seed: 0)) {
      reference = try next()
      if !reference.givesNaN { break }
    }
    return (reference, .normal)
  }

  // MARK: - Comparison

  private func compare(_ start: Start, leavesOutForMemory: Bool, computesWeights: Bool) throws -> Report.Check
  {
    var search = start.search
    search.leavesOutForMemory = leavesOutForMemory
    let (reference, floats) = try ready(&search)
    if computesWeights, search.leavesOutWeights { throw LeftOutWeights() }
    var check: Report.Check
    // What ran before has to run now.
    do {
      let comparison = try PartComparison(
        reference, state.model, kept: kept, inputShapes: start.shapes,
        memoryLimit: memoryLimit.map { 2 * $0 })
      check = try compare(reference, comparison, floats)
    } catch let error as CompileError where error.exit == .resources {
      throw error
    } catch {
      check = Report.Check(
        .failed, batches: 0, tolerance: tolerance.relative,
        reason: "the result does not run: \(Self.message(error))")
    }
    describe(reference, search, in: &check)
    return check
  }

  private func compare(
    _ reference: PartSearch.Runnable, _ comparison: PartComparison, _ floats: SeededInputs.Floats
  ) throws -> Report.Check {
    let outputs = Set(original.model.graph.outputs.map(\.value))
    var worst = 0.0
    var reason: String?
    for seed in 0..<batches {
      // The first batch has been run to see whether it can be.
      if seed > 0 {
        do { try reference.run(on: SeededInputs(seed: UInt64(seed), floats)) } catch {
          return notRun(Self.message(error), batches: seed)
        }
      }
      for (value, difference) in try comparison.differences(tolerance) {
        if difference.reason != nil, difference.expectsNaN {
          // As infinity times the zero of a removed channel is, which the result does not compute.
          return notRun("the network itself gives NaN in '\(difference.name)'", batches: seed)
        }
        worst = max(worst, difference.maxRelative)
        let kind = outputs.contains(value) ? "output" : "value"
        reason = reason ?? difference.reason.map { "\(kind) '\(difference.name)' \($0)" }
      }
    }
    return Report.Check(
      reason == nil ? .passed : .failed, batches: batches, maxRelativeError: worst.isFinite ? worst : nil,
      tolerance: tolerance.relative, reason: reason)
  }

  private func notRun(_ reason: String, batches: Int = 0) -> Report.Check {
    Report.Check(.notRun, batches: batches, tolerance: tolerance.relative, reason: reason)
  }

  /// Says what was run and compared.
  private func describe(
    _ reference: PartSearch.Runnable, _ search: PartSearch, in check: inout Report.Check
  ) {
    let graph = original.model.graph
    let outputs = Set(graph.outputs.map(\.value))
    check.outputs = reference.part.compared.count { outputs.contains($0) }
    check.values = reference.part.compared.count - check.outputs
    check.nodesRun = search.nodeCount
    check.nodesTotal = search.nodes.count
    let inputs = Set(graph.inputs.map(\.value))
    check.inputs = reference.program.inputs.filter { inputs.contains($0.value) }.map {
      Report.Check.Input(name: $0.name, shape: $0.dims)
    }
    check.omissions = Self.omissions(search, graph)
  }

  private static func omissions(_ search: PartSearch, _ graph: Graph) -> [Report.Check.Omission] {
    var omissions: [Report.Check.Omission] = []
    var positions: [String: Int] = [:]
    for node in search.nodes {
      guard let reason = search.reasons[node.id] else { continue }
      let text =
        switch reason {
        case .impossible(let text): text
        case .consequence: "reads what cannot be known without the others"
        case .costs: "would take too much time or memory; --check 1 runs it"
        }
      if let position = positions[text] {
        omissions[position].nodes += 1
      } else {
        positions[text] = omissions.count
        omissions.append(.init(reason: text, nodes: 1, first: ResultBuilder.name(of: node, graph)))
      }
    }
    return omissions
  }

  private static func message(_ error: any Error) -> String {
    guard let error = error as? CompileError else { return "\(error)" }
    return (error.place.map { "\($0): " } ?? "") + error.message
  }
}
