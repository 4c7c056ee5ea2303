import Analysis
import Datasets
import GraphIR
import Kernels

/// Trains a network, batch by batch: forward, loss, backward, one step of stochastic gradient descent.
package final class Trainer {
  package let network: TrainableNetwork
  private let teacher: Teacher?
  private let objective: Objective
  private let loss: ObjectiveLoss
  private let update: MomentumUpdate
  private var labels: [Int64]
  /// f of every gradient; nil while all are 1.
  private var factors: UnsafeMutableBufferPointer<Float>?

  package init(
    _ network: TrainableNetwork, teacher: Teacher?, _ objective: Objective, _ settings: TrainingSettings,
    batch: Int
  ) {
    self.network = network
    self.teacher = objective.hasTeacher ? teacher : nil
    self.objective = objective
    loss = ObjectiveLoss(objective, batch: batch)
    let count = network.store.trainableCount
    update = MomentumUpdate(
      count: count, decayed: [0..<count], weightDecay: Float(settings.weightDecay),
      momentum: Float(settings.momentum))
    labels = [Int64](repeating: 0, count: batch)
  }

  deinit { factors?.deallocate() }

  /// Gradients of selected channels are multiplied by `factor` from now on.
  package func damp(_ decay: ChannelDecay, _ removal: ChannelRemoval, by factor: Float) {
    if factors == nil {
      factors = .allocate(capacity: max(network.store.trainableCount, 1))
      factors?.initialize(repeating: 1)
    }
    if let factors { decay.fill(factors, removal, with: factor) }
  }

  /// One step.
  ///
  /// - Parameters:
  ///   - number: of all steps of the run, from 0; decides what dropout leaves out.
  ///   - sums: what the batch gave is added to it.
  /// - Throws: `training-diverged` where the loss is no number any more.
  package func step(_ batch: borrowing Batch, number: Int, learningRate: Double, _ sums: inout EpochSums)
    throws
  {
    guard let samples = batch.samples.baseAddress else { return }
    let size = batch.samples.count
    network.training.inputs[0].floats.baseAddress?.update(from: samples, count: size)
    if let teacher {
      teacher.program.inputs[0].floats.baseAddress?.update(from: samples, count: size)
      try teacher.program.forward()
    }
    for index in batch.labels.indices { labels[index] = Int64(batch.labels[index]) }
    network.training.setStep(UInt64(number))
    try network.training.forward()
    let parts = try labels.withUnsafeBufferPointer {
      try loss.evaluate(
        network.training, teacher: teacher?.program, labels: $0.baseAddress, count: batch.count)
    }
    guard parts.total.isFinite else {
      throw CompileError(
        "training-diverged", "the loss is \(parts.total) at step \(number + 1)", exit: .gate,
        hint: "try a smaller --lr")
    }
    sums.total += parts.total
    sums.crossEntropy += parts.crossEntropy
    sums.divergence += parts.divergence
    sums.steps += 1
    try count(batch, &sums)
    try network.training.backward()
    guard let parameters = network.store.values.baseAddress,
      let gradients = network.store.gradients.baseAddress, let momenta = network.momenta.baseAddress
    else { return }
    update.run(
      parameters: parameters, gradients: gradients, momenta: momenta,
      factors: factors.flatMap { UnsafePointer($0.baseAddress) }, learningRate: Float(learningRate))
    network.training.parametersChanged()
  }

  private func count(_ batch: borrowing Batch, _ sums: inout EpochSums) throws {
    sums.samples += batch.count
    guard let labelled = objective.labelled else { return }
    let output = network.training.outputs[labelled]
    guard let logits = output.floats.baseAddress else { return }
    var accuracy = Accuracy()
    try labels.withUnsafeBufferPointer {
      try accuracy.add(
        LossBatch(
          count: batch.count, classCount: output.dims[1], student: logits, labels: $0.baseAddress))
    }
    sums.correct += accuracy.topOne
  }
}
