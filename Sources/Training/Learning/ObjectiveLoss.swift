import GraphIR
import Kernels

/// Computes an ``Objective`` and its gradient on the outputs of two programs.
final class ObjectiveLoss {
  /// Means over one batch or over many.
  struct Parts: Sendable, Equatable {
    var total = 0.0
    var crossEntropy = 0.0
    var divergence = 0.0

    static func += (a: inout Parts, b: Parts) {
      a.total += b.total
      a.crossEntropy += b.crossEntropy
      a.divergence += b.divergence
    }

    static func / (a: Parts, count: Double) -> Parts {
      Parts(total: a.total / count, crossEntropy: a.crossEntropy / count, divergence: a.divergence / count)
    }
  }

  private struct Term {
    let output: Objective.Output
    /// Of outputs with class scores.
    let loss: DistillationLoss?
    /// What the gradient of ``loss`` is multiplied by.
    let weight: Double
  }

  private let objective: Objective
  private let terms: [Term]

  init(_ objective: Objective, batch: Int) {
    self.objective = objective
    let balance = objective.balance
    terms = objective.outputs.map { output in
      // Both parts come out of one pass where an output has both.
      let (own, weight) =
        switch (output.isLabelled, output.followsTeacher) {
        case (true, true): (balance, 1.0)
        case (true, false): (1.0, balance)
        case (false, _): (0.0, 1 - balance)
        }
      let loss =
        output.isScores
        ? DistillationLoss(balance: own, temperature: objective.temperature, capacity: batch) : nil
      return Term(output: output, loss: loss, weight: weight)
    }
  }

  /// The loss of a batch; its gradient is written to the student's ``Program/outputGradients``.
  ///
  /// - Throws: a `KernelError` where a label is no class.
  func evaluate(_ student: Program, teacher: Program?, labels: UnsafePointer<Int64>?, count: Int) throws
    -> Parts
  {
    var parts = Parts()
    for (index, term) in terms.enumerated() {
      let (own, gradient) = (student.outputs[index].floats, student.outputGradients[index].floats)
      guard let logits = own.baseAddress, let slope = gradient.baseAddress else { continue }
      let expected = teacher?.outputs[index].floats.baseAddress
      if let loss = term.loss {
        let batch = LossBatch(
          count: count, classCount: student.outputs[index].dims[1], student: logits, teacher: expected,
          labels: term.output.isLabelled ? labels : nil)
        let found = try loss.evaluate(batch, gradient: slope)
        parts.crossEntropy += found.crossEntropy
        parts.divergence += found.divergence
        if term.weight != 1 {
          let weight = Float(term.weight)
          for index in gradient.indices { slope[index] *= weight }
        }
      } else if let expected {
        parts.divergence += MeanSquaredError.evaluate(
          logits, expected, count: own.count, gradient: slope, weight: term.weight)
      }
    }
    parts.total = objective.balance * parts.crossEntropy + (1 - objective.balance) * parts.divergence
    return parts
  }
}
