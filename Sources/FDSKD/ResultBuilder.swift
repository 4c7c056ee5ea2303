import Analysis
import GraphIR
import Passes

/// Tells what a run did: its report, its plan, and the model that is to be written.
struct ResultBuilder {
  private let run: CompilationRun
  private let source: SourceModel
  private let options: CompileOptions
  // Walks of the whole graph, taken once.
  private let costBefore: CostSummary?
  private let costAfter: CostSummary?
  private let remedy: ShapeRemedy?
  private var check: Report.Check?

  init(_ run: CompilationRun, _ source: SourceModel, _ options: CompileOptions) {
    self.run = run
    self.source = source
    self.options = options
    costBefore = (run.state.uncutFacts ?? run.state.facts).map { CostSummary(run.state.uncut, $0) }
    costAfter = Self.costAfter(run.state)
    remedy = ShapeRemedy(run.state, options)
  }

  private var groups: [ChannelGroup] { run.state.groups?.groups ?? [] }
  /// The network before anything was removed, its functions inlined and its bodies opened.
  private var graph: Graph { run.state.uncut }

  /// What speaks against writing a model; nil where nothing does.
  func gate(_ command: Report.Command) -> CompileError? {
    let asked =
      options.rate > 0 || !options.layerRates.isEmpty || options.targetMACs != nil
      || options.targetParameters != nil
    guard command == .compile, run.state.selection != nil, asked,
      groups.allSatisfy({ run.spared[$0.id] != nil })
    else { return nil }
    let all = obstacles
    let first = all.first.map { "; first, '\($0.layer)': \($0.sentence)" } ?? ""
    let count = CountText.counted(all.count, "axis", plural: "axes")
    return CompileError(
      "nothing-prunable", "no channel of the network can be removed: \(count) of weights pinned\(first)",
      exit: .gate,
      hint: all.lazy.compactMap(\.hint).first ?? "fdskd-compile inspect lists every axis and what pins it")
  }

  /// How much accuracy the training may cost, and did not keep to.
  func accuracyGate() -> CompileError? {
    guard let limit = options.training?.maxAccuracyDrop, let record = run.session?.record,
      let before = record.teacher, let after = record.final
    else { return nil }
    let drop = 100 * (before.accuracy - after.accuracy)
    guard drop > limit else { return nil }
    let text = (drop * 100).rounded() / 100
    return CompileError(
      "accuracy-dropped",
      "the accuracy fell by \(text) points, more than the \(limit) of --max-accuracy-drop",
      exit: .gate, hint: "ask for a lower --rate or more --epochs")
  }

  /// The run's model with the note of what was done to it.
  ///
  /// A model from which nothing was removed is written as it was read.
  func outputModel(_ command: Report.Command) -> Model {
    if run.state.survivors?.isEmpty ?? false, run.session == nil { return source.model }
    var model = run.state.closedModel
    guard options.writesMetadata else { return model }
    var entries = [("fdskd.version", Report.Tool.currentVersion), ("fdskd.method", options.method.rawValue)]
    if command == .compile { entries.append(("fdskd.rate", "\(run.state.selection?.rate ?? options.rate)")) }
    for (key, value) in entries {
      if let index = model.metadata.firstIndex(where: { $0.key == key }) {
        model.metadata[index].value = value
      } else {
        model.metadata.append(StringEntry(key: key, value: value))
      }
    }
    return model
  }

  /// Compares input and result, once.
  mutating func prove() {
    if run.session == nil { check = EqualityCheck.run(run.state, options) }
  }

  /// What speaks against a result that does not compute what it should.
  func checkGate() -> CompileError? {
    guard let check, check.result == .failed else { return nil }
    return CompileError(
      "check-failed", "the result differs from the input with zeroed channels: \(check.reason ?? "")",
      exit: .gate,
      hint:
        "if the network amplifies rounding, --check-rtol allows more; otherwise this is a defect, please report it"
    )
  }

  func result(_ command: Report.Command, output: Report.File?, _ stopwatch: Stopwatch) -> CompileResult {
    var report = Report(
      command: command, input: source.file, output: output, settings: options, totals: totals,
      layers: layers, groups: reportGroups, whyNot: obstacles, passes: run.records.map(passRecord),
      warnings: warnings,
      timing: Report.Timing(totalSeconds: stopwatch.total, passes: stopwatch.steps))
    report.training = run.session.map { Report.Training($0) }
    report.check = check
    return CompileResult(report: report, plan: plan, dumps: run.dumps)
  }

  // MARK: - Figures

  /// Of what was removed, or, before anything is, of what is selected: a forecast.
  private static func costAfter(_ state: Compilation) -> CostSummary? {
    guard state.original == nil, let facts = state.facts, let selection = state.selection else {
      return state.currentCost
    }
    return CostSummary(state.uncut, facts, lost: selection.removal.losses(state.groups?.groups ?? []))
  }

  private var totals: Report.Totals {
    let before = costBefore.map { Self.figures($0) } ?? Report.Figures(parameters: nil, macs: nil, bytes: nil)
    return Report.Totals(
      before: before, after: costAfter.map { Self.figures($0) } ?? before,
      uncountedNodes: costBefore?.layers.count { $0.cost.multiplyAccumulates == nil } ?? 0)
  }

  static func figures(_ cost: CostSummary) -> Report.Figures {
    Report.Figures(
      parameters: cost.parameters, macs: cost.multiplyAccumulates, bytes: cost.parameterBytes,
      paperParameters: cost.paperParameters, paperFLOPs: cost.paperFloatingPointOperations)
  }

  static func figures(_ layer: CostSummary.Layer) -> Report.Figures {
    Report.Figures(
      parameters: layer.parameters, macs: layer.cost.multiplyAccumulates, bytes: layer.parameterBytes,
      paperParameters: layer.cost.paper?.parameters, paperFLOPs: layer.cost.paper?.floatingPointOperations)
  }

  private var layers: [Report.Layer] {
    guard let before = costBefore else { return [] }
    let after = Dictionary(
      uniqueKeysWithValues: (costAfter ?? before).layers.map { ($0.node.id, $0) })
    return before.layers.map { layer in
      let now = after[layer.node.id]
      return Report.Layer(
        name: Self.name(of: layer.node, graph), op: Self.operatorName(layer.node),
        weight: layer.weight.map { graph.fileName(of: $0) },
        before: Self.figures(layer), after: now.map { Self.figures($0) },
        weightShape: layer.weight.map { _ in
          Report.ShapeChange(
            before: layer.weightShape.map { .length($0) }, after: now?.weightShape.map { .length($0) })
        },
        outputShape: layer.outputShape.map { shape in
          Report.ShapeChange(before: shape.map(Self.dimension), after: now?.outputShape?.map(Self.dimension))
        })
    }
  }

  private static func dimension(_ length: Dimension) -> Report.Dimension {
    length.known.map { .length($0) } ?? .symbol(length.description)
  }

  static func operatorName(_ node: Node) -> String {
    OperatorIdentifier(node.opType, domain: node.canonicalDomain).description
  }

  static func name(of node: Node, _ graph: Graph) -> String { graph.title(of: node) }

  // MARK: - Groups

  private var reportGroups: [Report.Group] {
    groups.enumerated().map { index, group in
      let removed = run.state.selection?.removal.members[index] ?? []
      let requested = run.state.selection?.requestedRates[index] ?? options.rate
      return Report.Group(
        id: group.id, size: group.size, requestedRate: requested, kept: kept(group, removed),
        removed: removed,
        scores: run.state.scores?.values[index] ?? [], members: members(group),
        reason: reason(group, requested, removed, run.state.selection?.limits[index] ?? nil))
    }
  }

  private func kept(_ group: ChannelGroup, _ removed: [Int]) -> [Int] {
    let gone = Set(removed)
    return (0..<group.size).filter { !gone.contains($0) }
  }

  private func reason(
    _ group: ChannelGroup, _ requested: Double, _ removed: [Int], _ limit: SelectionRules.Limit?
  ) -> String? {
    if let (node, reason) = run.spared[group.id] { return "\(reason) (\(node.label))" }
    switch limit {
    case .roundTo?: return "--round-to \(options.roundTo) keeps \(group.size - removed.count)"
    case .minChannels?: return "--min-channels \(options.minChannels) keeps \(group.size - removed.count)"
    case nil: break
    }
    guard requested > 0, removed.isEmpty, !options.isGlobal else { return nil }
    return "\(CountText.trimmed(requested * 100))% of \(group.size) channels is less than one"
  }

  private func members(_ group: ChannelGroup) -> [Report.Member] {
    storedAxes(group).map { axis, role in
      Report.Member(
        tensor: graph.fileName(of: axis.value), axis: axis.axis, role: role,
        layer: run.state.groups?.layers[axis.value] ?? graph[axis.value].name)
    }
  }

  private func storedAxes(_ group: ChannelGroup) -> [(GroupAxis, Plan.Role)] {
    group.axes.compactMap { axis in
      // What was put in for training is not in the input.
      guard axis.isStored, let role = axis.role, axis.value.index < graph.values.count else { return nil }
      switch role {
      case .producer: return (axis, .producer)
      case .follower: return (axis, .follower)
      case .consumer: return (axis, .consumer)
      }
    }
  }

  private var plan: Plan {
    Plan(
      inputSHA256: source.file.sha256,
      groups: groups.enumerated().map { index, group in
        let removed = run.state.selection?.removal.members[index] ?? []
        return Plan.Group(
          id: group.id, size: group.size, kept: kept(group, removed), removed: removed,
          scores: run.state.scores?.values[index] ?? [], members: planMembers(group))
      })
  }

  private func planMembers(_ group: ChannelGroup) -> [Plan.Member] {
    storedAxes(group).map { axis, role in
      Plan.Member(
        tensor: graph.fileName(of: axis.value), axis: axis.axis, role: role,
        slots: (0..<group.size).map { axis.positions(ofMember: $0).map { Int($0) } })
    }
  }

  /// What a plan says of tensors must be what was done to them.
  ///
  /// - Throws: `plan-mismatch` naming the first tensor of which it says something else.
  func refuseOtherMembers(_ plan: Plan) throws {
    let found = Dictionary(uniqueKeysWithValues: groups.map { ($0.id, $0) })
    for group in plan.groups where !group.removed.isEmpty {
      let members = found[group.id].map(planMembers) ?? []
      if group.members == members { continue }
      let unknown = group.members.first { !members.contains($0) }
      guard let member = unknown ?? members.first(where: { !group.members.contains($0) }) else { continue }
      throw CompileError(
        "plan-mismatch",
        "in the plan, group '\(group.id)' has other channels on axis \(member.axis) of '\(member.tensor)'",
        hint: "it was changed, or saved by another version; save it anew with --save-plan")
    }
  }

  // MARK: - What was not done

  private var obstacles: [Report.Obstacle] {
    let pinned = run.state.groups?.pinned ?? []
    return pinned.map { axis in
      let part = axis.slots < axis.length ? "; so \(axis.slots) of \(axis.length) channels stay" : ""
      return Report.Obstacle(
        layer: axis.layer, tensor: axis.tensor, axis: axis.axis,
        node: axis.pin.node.map { Self.name(of: $0, graph) },
        op: axis.pin.node.map(Self.operatorName),
        reason: "axis \(axis.pin.axis) of '\(axis.pin.value)' \(axis.pin.reason)\(part)",
        hint: axis.pin.hint ?? remedy?.hint(for: AxisKey(axis.value, axis.axis)))
    } + sparedAxes
  }

  /// The layers of groups that stay whole because a node cannot do without their channels.
  private var sparedAxes: [Report.Obstacle] {
    groups.flatMap { group -> [Report.Obstacle] in
      guard let (node, reason) = run.spared[group.id] else { return [] }
      return group.rankedAxes.map { axis in
        Report.Obstacle(
          layer: run.state.groups?.layers[axis.value] ?? graph[axis.value].name,
          tensor: graph.fileName(of: axis.value), axis: axis.axis, node: Self.name(of: node, graph),
          op: Self.operatorName(node), reason: "group '\(group.id)' stays whole: \(reason)")
      }
    }
  }

  private var warnings: [String] {
    let unknown = run.state.unknownOperators
    return source.notes + run.state.functionNotes
      + (unknown.isEmpty
        ? [] : ["kept as they are, with all they touch: operators \(unknown.joined(separator: ", "))"])
      + run.spared.sorted { $0.key < $1.key }.map {
        "group '\($0)' stays whole: \($1.reason) (\($1.node.label))"
      }
  }

  private func passRecord(_ record: Pipeline.Record) -> Report.PassRecord {
    var detail: String?
    if case .changed(let text) = record.outcome { detail = text }
    return Report.PassRecord(
      name: record.name, outcome: record.outcome == .unchanged ? .unchanged : .changed,
      parameters: .init(before: record.before?.parameters, after: record.after?.parameters),
      macs: .init(before: record.before?.multiplyAccumulates, after: record.after?.multiplyAccumulates),
      detail: detail)
  }
}
