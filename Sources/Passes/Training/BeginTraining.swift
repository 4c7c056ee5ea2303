import Training

/// Opens the data and makes the teacher of the network as it is. Changes nothing.
package struct BeginTraining: Pass {
  package static let name = "begin-training"

  private let handle: TrainingHandle

  package init(_ handle: TrainingHandle) { self.handle = handle }

  package func require(_ state: Compilation) throws { _ = try state.inferred() }

  package func run(on state: inout Compilation) throws -> PassOutcome {
    try handle.begin(state.model)
    return .unchanged
  }

  package func ensure(_ state: Compilation, after before: Compilation) throws {}
}
