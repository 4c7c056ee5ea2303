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
  /// How often nodes are left out because of the numbers that they meet.
  private static let attempts = 12

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
      // What is proven is that the file's own network is left.
      if let folded = state.folded { zeroed.model.graph = try folded.computingAll(in: zeroed.model.graph) }
      let (search, shapes) = try begin(zeroed.model)
      guard budget != nil, search.cost < CheckBudget.costOfSecondThread else {
        return try compare(search, shapes)
      }
      return try RunnableModel.onOneThread { try compare(search, shapes) }
    } catch {
      return notRun(Self.message(error))
    }
  }

  // MARK: - What is run

  /// The network with lengths for what is open, short ones where it would cost too much otherwise.
  private func begin(_ model: Model) throws -> (PartSearch, shapes: [String: [Int]]) {
    func shapes(_ lengths: Lengths) -> [String: [Int]] {
      SeededInputs.shapes(
        model, original.facts, given: state.inputShapes, batch: lengths.first, length: lengths.others)
    }
    func search(_ lengths: Lengths) -> PartSearch? {
      try? PartSearch(model, inputShapes: shapes(lengths), memoryLimit: memoryLimit)
    }
    var lengths = Self.lengths[0]
    var found: PartSearch?
    for candidate in Self.lengths where found == nil {
      found = search(candidate)
      if found != nil { lengths = candidate }
      if shapes(candidate) == shapes((2, 3)) { break }
    }
    // The network contradicts them all; what contradicts the first is left out.
    guard var result = found else {
      let first = shapes(Self.lengths[0])
      return (
        try PartSearch(model, inputShapes: first, memoryLimit: memoryLimit, whole: original.facts), first
      )
    }
    guard let budget else { return (result, shapes(lengths)) }
    while result.cost > budget.work.cost, lengths.others / 2 >= Self.shortest,
      let less = search((lengths.first, lengths.others / 2)), less.cost < result.cost
    {
      result = less
      lengths.others /= 2
    }
    result.fit(budget.work)
    return (result, shapes(lengths))
  }

  /// Runs the first batch of the reference, and leaves out what cannot be run with these numbers.
  private func ready(_ search: inout PartSearch) throws -> (PartSearch.Runnable, SeededInputs.Floats) {
    var attempts = Self.attempts
    func next() throws -> PartSearch.Runnable {
      while true {
        let reference = try search.build()
        do {
          try reference.program.run(on: SeededInputs(seed: 0))
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
      if floats != .normal { try reference.program.run(on: SeededInputs(seed: 0, floats)) }
      if !reference.program.givesNaN { return (reference, floats) }
    }
    while attempts > 0, try search.omitMakersOfNaN(SeededInputs(seed: 0)) {
      reference = try next()
      if !reference.program.givesNaN { break }
    }
    return (reference, .normal)
  }

  // MARK: - Comparison

  private func compare(_ start: PartSearch, _ shapes: [String: [Int]]) throws -> Report.Check {
    var search = start
    let (reference, floats) = try ready(&search)
    var check: Report.Check
    // What ran before has to run now.
    do {
      let comparison = try PartComparison(
        reference, state.model, kept: kept, inputShapes: shapes,
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
        do { try reference.program.run(on: SeededInputs(seed: UInt64(seed), floats)) } catch {
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
        case .costs: "would take too long; --check 1 runs it"
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
