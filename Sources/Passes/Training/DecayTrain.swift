import Analysis
import GraphIR
import Kernels
import Training

/// Trains the network while the selected filters are attenuated, softly selected anew each time, down to zero:
/// [FD-SKD] section 2.
///
///     before  conv1.weight, bn1.weight, ...: as they came
///     after   trained; what makes the selected channels is zero, so that nobody who reads them sees anything else
///
/// With no decay epochs (`l1`) the channels that `select-filters` chose are zeroed at once. The graph stays as it is.
package struct DecayTrain: Pass {
  package static let name = "decay-train"

  private let handle: TrainingHandle
  private let criterion: FilterScores.Criterion
  private let rules: SelectionRules
  private let spared: Set<String>

  package init(
    _ handle: TrainingHandle, _ criterion: FilterScores.Criterion, _ rules: SelectionRules,
    sparing spared: Set<String> = []
  ) {
    self.handle = handle
    self.criterion = criterion
    self.rules = rules
    self.spared = spared
  }

  package func require(_ state: Compilation) throws {
    if state.selection == nil { throw CompileError.order(SelectFilters.name) }
    _ = try handle.session()
  }

  package func run(on state: inout Compilation) throws -> PassOutcome {
    let session = try handle.session()
    guard let groups = state.groups, var selection = state.selection else {
      throw CompileError.order(SelectFilters.name)
    }
    if let resumed = session.resumedState, resumed.phase == .retrain {
      guard resumed.selected.count == groups.groups.count else {
        throw CompileError("checkpoint-mismatch", "the checkpoint has other groups of channels")
      }
      selection.removal = ChannelRemoval(members: resumed.selected)
      state.selection = selection
      return .changed(detail: "taken from a checkpoint")
    }
    let network = try session.student(state.model)
    try Self.checkTrainable(groups, network, state.model.graph)
    let reselect = Reselection(
      groups, criterion, rules, sparing: spared, first: selection)
    let phase = DecayPhase(session, network, groups, selection.removal, reselect)
    try phase.train()
    let removal = try phase.zeroSelected()
    try session.measureBeforeRemoval(network)
    state.model = try network.trainedModel()
    state.momenta = try network.momentumTensors()
    state.facts = try state.currentFacts()
    selection.removal = removal
    state.selection = selection
    if let scores = phase.scores { state.scores = scores }
    return .changed(detail: "\(session.settings.decayEpochs) epochs")
  }

  package func ensure(_ state: Compilation, after before: Compilation) throws {}

  /// - Throws: `not-trainable` where the weights that are ranked are none that can be learned.
  private static func checkTrainable(
    _ groups: ChannelGroups, _ network: TrainableNetwork, _ graph: Graph
  ) throws {
    for group in groups.groups {
      for axis in group.rankedAxes where network.store[axis.value]?.isTrainable != true {
        throw CompileError(
          "not-trainable", "the weights '\(graph.fileName(of: axis.value))' cannot be trained",
          hint:
            "train the network in floating point, and quantize it afterwards; or leave them out with --ignore-layers"
        )
      }
    }
  }
}

/// The decay phase of one network.
final class DecayPhase {
  /// Of the last selection.
  private(set) var scores: FilterScores?

  private let session: TrainingSession
  private let network: TrainableNetwork
  private let groups: ChannelGroups
  private let reselect: Reselection
  private let decay: ChannelDecay
  private var selected: ChannelRemoval
  /// What was selected when the epoch began.
  private var selectedBefore: ChannelRemoval

  init(
    _ session: TrainingSession, _ network: TrainableNetwork, _ groups: ChannelGroups,
    _ first: ChannelRemoval, _ reselect: Reselection
  ) {
    self.session = session
    self.network = network
    self.groups = groups
    self.reselect = reselect
    selected = first
    selectedBefore = first
    decay = ChannelDecay(
      groups.groups, network.store, network.model.graph, network.facts,
      wholeChannels: session.settings.decaysWholeChannels, readers: Self.readers(groups, network))
  }

  func train() throws {
    let start = try session.start(.decay, network)
    if let resumed = start.selected { selected = resumed }
    if let resumed = start.selectedBefore { selectedBefore = resumed }
    var trainer: Trainer?
    var hooks = TrainingSession.Hooks { [unowned self] in (selected, selectedBefore) }
    hooks.afterStep = { [unowned self] steps in
      guard let event = session.schedule.event(afterSteps: steps) else { return }
      try attenuate(event)
      if session.settings.dampsGradients { trainer?.damp(decay, selected, by: Float(event.rate)) }
    }
    hooks.afterEpoch = { [unowned self] in
      defer { selectedBefore = selected }
      return selected.newMembers(since: selectedBefore)
    }
    try session.train(.decay, network, from: start, hooks) { [self] made in
      trainer = made
      // A resumed run goes on with the factors that it had.
      if session.settings.dampsGradients, let rate = session.decayRate {
        made.damp(decay, selected, by: Float(rate))
      }
    }
  }

  /// Eq. 7-8: selects anew by the weights as they are, and multiplies what is selected.
  private func attenuate(_ event: AttenuationSchedule.Event) throws {
    var graph = network.model.graph
    try network.store.write(to: &graph)
    let found = try reselect(graph)
    (selected, scores) = (found.removal, found.scores)
    session.decayRate = event.rate
    decay.attenuate(selected, network.store.values, by: Float(event.factor))
    decay.attenuate(selected, network.momenta, by: Float(event.factor))
    network.parametersChanged()
  }

  /// Sets the last selection to zero; where readers then see anything else, their weights, too.
  func zeroSelected() throws -> ChannelRemoval {
    decay.zero(selected, network.store.values)
    var model = network.model
    try network.store.write(to: &model.graph)
    let silent = ZeroedChannels(groups, model, network.facts).members
    let loud = zip(selected.members, silent).map { !Set($0).isSubset(of: $1) }
    if loud.contains(true) {
      ChannelDecay(
        groups.groups, network.store, model.graph, network.facts, wholeChannels: true, readers: loud
      ).zero(selected, network.store.values)
    }
    network.parametersChanged()
    return selected
  }

  /// By group: whether readers of a channel see something else than zero although all that makes it is zero. Tried
  /// with the first member of every group.
  private static func readers(_ groups: ChannelGroups, _ network: TrainableNetwork) -> [Bool] {
    let store = network.store
    let numbers = Array(store.values)
    defer { _ = store.values.update(fromContentsOf: numbers) }
    let none = groups.groups.map { _ in false }
    let first = ChannelRemoval(members: groups.groups.map { $0.size > 1 ? [0] : [] })
    ChannelDecay(
      groups.groups, store, network.model.graph, network.facts, wholeChannels: true, readers: none
    ).zero(first, store.values)
    var model = network.model
    guard (try? store.write(to: &model.graph)) != nil else { return none }
    let silent = ZeroedChannels(groups, model, network.facts).members
    return zip(first.members, silent).map { !Set($0).isSubset(of: $1) }
  }
}
