import Analysis

/// Everything that a training run needs to go on as if it had never stopped.
package struct Checkpoint: Sendable {
  /// All but the numbers of the network.
  package struct State: Sendable, Equatable, Codable {
    package var phase: TrainingRecord.Phase
    /// Epochs, and steps of the next one, that are done.
    package var epoch: Int
    package var step: Int
    /// Sums over the steps of the epoch that is going on.
    package var sums: EpochSums
    /// d_r of the last attenuation.
    package var decayRate: Double?
    /// The selected members by group, now and when the epoch began.
    package var selected: [[Int]]
    package var selectedBefore: [[Int]]
    package var record: TrainingRecord
  }

  package var state: State
  /// Of a ``ParameterStore``, as they lie there: what is learned, statistics, constants.
  package var values: [Float]
  /// v of what is learned.
  package var momenta: [Float]

  package init(state: State, values: [Float], momenta: [Float]) {
    self.state = state
    self.values = values
    self.momenta = momenta
  }
}

/// What an epoch adds up.
package struct EpochSums: Sendable, Equatable, Codable {
  package var total = 0.0
  package var crossEntropy = 0.0
  package var divergence = 0.0
  package var correct = 0
  package var samples = 0
  package var steps = 0

  package init() {}
}
