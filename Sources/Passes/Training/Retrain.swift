import GraphIR
import Training

/// Retrains the compacted network for the epochs that are left, with the teacher still beside it ([FD-SKD] section 2.3);
/// the optimizer goes on with the momenta of what survived.
///
/// Changes the numbers of the network and nothing else.
package struct Retrain: Pass {
  package static let name = "retrain"

  private let handle: TrainingHandle

  package init(_ handle: TrainingHandle) { self.handle = handle }

  package func require(_ state: Compilation) throws {
    if !state.isMended { throw CompileError.order(FixUpChannels.name) }
    _ = try handle.session()
  }

  package func run(on state: inout Compilation) throws -> PassOutcome {
    let session = try handle.session()
    let network = try session.student(state.model)
    network.setMomenta(state.momenta)
    try session.measureAfterRemoval(network)
    let selected = state.selection?.removal ?? .init(members: [])
    let hooks = TrainingSession.Hooks { (selected, selected) }
    try session.train(.retrain, network, from: try session.start(.retrain, network), hooks)
    try session.measureResult(network)
    state.model = try network.trainedModel()
    state.momenta = [:]
    state.facts = try state.currentFacts()
    return .changed(detail: "\(session.settings.epochs - session.settings.decayEpochs) epochs")
  }

  package func ensure(_ state: Compilation, after before: Compilation) throws {}
}
