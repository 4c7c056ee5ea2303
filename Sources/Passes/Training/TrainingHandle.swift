import GraphIR
import Synchronization
import Training

/// The training run that several passes share: it begins with the network as the first of them finds it.
package final class TrainingHandle: Sendable {
  private let make: @Sendable (Model) throws -> TrainingSession
  private let current = Mutex<TrainingSession?>(nil)

  package init(_ make: @escaping @Sendable (Model) throws -> TrainingSession) { self.make = make }

  func begin(_ model: Model) throws {
    let session = try make(model)
    current.withLock { $0 = session }
  }

  /// Nil before `begin-training`.
  package var begun: TrainingSession? { current.withLock { $0 } }

  func session() throws -> TrainingSession {
    guard let begun else { throw CompileError.order(BeginTraining.name) }
    return begun
  }
}
