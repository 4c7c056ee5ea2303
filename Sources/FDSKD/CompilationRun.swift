import Analysis
import GraphIR
import Logging
import Operators
import Passes
import Training

/// One way of a model through the passes, with what is worth telling about it.
struct CompilationRun {
  private(set) var state: Compilation
  private(set) var records: [Pipeline.Record] = []
  private(set) var dumps: [CompileResult.Dump] = []
  /// Groups that stay whole because a node cannot do without their channels, with the node and the reason.
  private(set) var spared: [String: (node: Node, reason: String)] = [:]
  private let options: CompileOptions
  private let logger: Logger

  /// Where the selection comes from.
  enum Source {
    case scores
    case plan([AdoptPlan.Entry])
  }

  /// Trains on the way; nil where channels are removed without.
  private let training: TrainingRun?

  init(_ model: Model, _ options: CompileOptions, _ logger: Logger, training: TrainingRun? = nil) {
    self.training = training
    let shapes = Dictionary(
      options.inputShapes.map { ($0.name, $0.dimensions) }, uniquingKeysWith: { first, _ in first })
    state = Compilation(model, registry: .standard, inputShapes: shapes)
    self.options = options
    self.logger = logger
  }

  /// The training run, once it has begun.
  var session: TrainingSession? { training?.handle.begun }

  /// Runs the passes, those that remove again without the groups concerned where a removal cannot be expressed.
  mutating func run(_ source: Source, upTo last: String?) throws {
    let names = Pipeline(passes(source, upTo: last)).names
    try checkNames(names, last)
    // What took hours to train is not trained again.
    let first = training == nil ? 0 : (names.firstIndex(of: DecayTrain.name) ?? -1) + 1
    if first > 0 { try runOnce(Pipeline(Array(passes(source, upTo: last).prefix(first))), names.count, last) }
    if last.map({ names.prefix(first).contains($0) }) ?? false { return }
    let (start, startRecords, startDumps) = (state, records, dumps)
    while true {
      do {
        let rest = passes(source, upTo: last).dropFirst(first)
        return try runOnce(Pipeline(Array(rest)), names.count, last)
      } catch let failure as FixUpChannels.Failure {
        if options.isStrict { throw failure.error }
        try spare(failure)
        (state, records, dumps) = (start, startRecords, startDumps)
        for (index, group) in (state.groups?.groups ?? []).enumerated() where spared[group.id] != nil {
          state.selection?.removal.members[index] = []
        }
      }
    }
  }

  /// - Parameter total: of all passes of the run.
  private mutating func runOnce(_ pipeline: Pipeline, _ total: Int, _ last: String?) throws {
    // What the closure changes is put back afterwards: it must not touch `self` while `state` is being changed.
    var (records, dumps) = (self.records, self.dumps)
    defer { (self.records, self.dumps) = (records, dumps) }
    let (options, logger) = (options, logger)
    try pipeline.run(on: &state, upTo: last) { record, state in
      records.append(record)
      logger.info("\(Self.line(record, number: records.count, of: total))")
      if record.name == InlineFunctions.name { for note in state.functionNotes { logger.warning("\(note)") } }
      if record.name == InferShapes.name { try Self.checkOperators(state, options, logger) }
      if record.name == ScoreFilters.name { try Self.checkPatterns(state, options) }
      if options.dumpAfter.contains(record.name) {
        dumps.append(.init(pass: record.name, text: Self.text(state)))
      }
    }
  }

  /// The network with what is known of its values; between cutting and mending, that is of others.
  private static func text(_ state: Compilation) -> String {
    let facts = state.isUnfinished ? nil : state.facts
    return state.model.text(fact: { facts?[$0] }, digest: Digest.short)
  }

  private func passes(_ source: Source, upTo last: String?) -> [any Pass] {
    let sparing = Set(spared.keys)
    let select: any Pass =
      switch source {
      case .scores: SelectFilters(options.rules, sparing: sparing)
      case .plan(let entries): AdoptPlan(entries, sparing: sparing)
      }
    var passes: [any Pass] = [
      InlineFunctions(), OpenBodies(), InferShapes(), FoldConstants(memoryLimit: options.maxMemory),
      SeparateConstants(),
    ]
    let handle = training?.handle
    if let handle {
      passes.append(BeginTraining(handle))
      if options.training?.normalization == .restore { passes.append(RestoreBatchNorm(handle)) }
    }
    passes += [
      ScoreFilters(options.criterion.analysis) { [options] names in
        options.ignores(names: names) ? "is ignored on request" : nil
      },
      select,
    ]
    if let handle {
      passes.append(DecayTrain(handle, options.criterion.analysis, options.rules, sparing: sparing))
    }
    if last == ZeroFilters.name || options.dumpAfter.contains(ZeroFilters.name) {
      passes.append(ZeroFilters())
    }
    passes += [RemoveZeroedFilters(), FixUpChannels()]
    if let handle { passes += [Retrain(handle), FoldBatchNorm()] as [any Pass] }
    return passes + [RejoinConstants(), UnfoldConstants(), RemoveDeadNodes(), VerifyInterface()]
  }

  /// Sees to it that the groups that touch a failed node are left alone from now on.
  private mutating func spare(_ failure: FixUpChannels.Failure) throws {
    let touched = state.shapeSources(of: failure.node).union(failure.node.outputs.compactMap(\.self))
    guard let groups = state.groups?.groups, let removal = state.selection?.removal else {
      throw failure.error
    }
    var found = false
    for (group, members) in zip(groups, removal.members) where !members.isEmpty && spared[group.id] == nil {
      guard group.axes.contains(where: { touched.contains($0.value) }) else { continue }
      spared[group.id] = (failure.node, failure.error.message)
      logger.warning("group '\(group.id)' stays whole: \(failure.error.message) (\(failure.node.label))")
      found = true
    }
    // A failure that no removal explains is a defect.
    if !found {
      var error = failure.error
      error.exit = .internal
      throw error
    }
  }

  // MARK: - Checks between passes

  private static func checkOperators(_ state: Compilation, _ options: CompileOptions, _ logger: Logger) throws
  {
    let unknown = state.unknownOperators
    guard !unknown.isEmpty else { return }
    if options.isStrict {
      throw CompileError("unknown-operator", "the compiler does not know \(unknown.joined(separator: ", "))")
    }
    logger.warning("kept as they are, with all they touch: operators \(unknown.joined(separator: ", "))")
  }

  private static func checkPatterns(_ state: Compilation, _ options: CompileOptions) throws {
    guard let groups = state.groups else { return }
    try options.validateEffect(on: groups, state.model.graph)
  }

  private func checkNames(_ names: [String], _ last: String?) throws {
    if let last, !names.contains(last) {
      throw CompileError(
        "no-such-pass", "there is no pass '\(last)'", exit: .usage,
        hint: NearestNames.hint(for: last, among: names) ?? names.joined(separator: ", "))
    }
    for name in options.dumpAfter where !names.contains(name) {
      throw CompileError(
        "no-such-pass", "--dump-after names '\(name)'; there is no such pass", exit: .usage,
        hint: NearestNames.hint(for: name, among: names) ?? names.joined(separator: ", "))
    }
    let ran = last.flatMap(names.firstIndex).map { names[...$0] } ?? names[...]
    for name in options.dumpAfter where !ran.contains(name) {
      throw CompileError(
        "no-effect", "--dump-after '\(name)' has no effect: --stop-after '\(last ?? "")' comes before it",
        exit: .usage, hint: "leave one of them away")
    }
  }

  /// `4/7 remove-zeroed-filters  changed  18 ms  params 11.69M -> 4.02M  MACs 1.81G -> 0.74G`
  private static func line(_ record: Pipeline.Record, number: Int, of total: Int) -> String {
    let milliseconds = record.duration / .milliseconds(1)
    let outcome = record.outcome == .unchanged ? "unchanged" : "changed"
    var line = "\(number)/\(total) \(record.name)  \(outcome)  \(Int(milliseconds.rounded())) ms"
    if record.outcome != .unchanged, let before = record.before, let after = record.after {
      line += "  params \(CountText.short(before.parameters)) -> \(CountText.short(after.parameters))"
      if let macs = before.multiplyAccumulates, let now = after.multiplyAccumulates {
        line += "  MACs \(CountText.short(macs)) -> \(CountText.short(now))"
      }
    }
    return line
  }
}

extension Compilation {
  /// The node's operands, and all that the lengths that it reads are computed from.
  fileprivate func shapeSources(of node: Node) -> Set<ValueID> {
    let graph = original?.model.graph ?? model.graph
    var found = Set(node.inputs.compactMap(\.self))
    for earlier in graph.nodes.reversed() {
      let isRead = earlier.outputs.contains { output in
        output.map { found.contains($0) && original?.facts[$0].content != nil } ?? false
      }
      if isRead { found.formUnion(earlier.inputs.compactMap(\.self)) }
    }
    return found
  }

  /// Operators that the registry does not know, sorted.
  var unknownOperators: [String] {
    Set(
      model.graph.nodes.filter { facts?.known($0.id) == nil }.map {
        OperatorIdentifier($0.opType, domain: $0.canonicalDomain).description
      }
    ).sorted()
  }
}

extension CompileOptions {
  var rules: SelectionRules {
    func amount(_ target: Target) -> SelectionRules.Target.Amount {
      switch target {
      case .fraction(let fraction): .fraction(fraction)
      case .count(let count): .count(count)
      }
    }
    let target =
      targetMACs.map { SelectionRules.Target(.multiplyAccumulates, amount($0)) }
      ?? targetParameters.map { SelectionRules.Target(.parameters, amount($0)) }
    return SelectionRules(
      rate: rate, ownRate: { [self] in layerRate(names: $0) }, isGlobal: isGlobal, roundTo: roundTo,
      minChannels: minChannels, target: target)
  }
}

extension CompileOptions.Criterion {
  var analysis: FilterScores.Criterion {
    switch self {
    case .l1: .l1
    case .l2: .l2
    case .gm: .gm
    }
  }
}
