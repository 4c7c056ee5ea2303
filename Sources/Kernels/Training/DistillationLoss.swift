#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The loss of self-knowledge distillation, [FD-SKD] Eq. 13-15, mean over the batch.
///
///     p = softmax(T/t)   q = softmax(S/t)                                            Eq. 13
///     KL = Σ k  p[k] · (ln p[k] − ln q[k])                                           Eq. 14
///     CE = −Σ k  y[k] · ln s[k]   s = softmax(S)   y = (1 − ε) · one-hot + ε/K
///     L  = λ · CE + (1 − λ) · KL                                                     Eq. 15
///     dL/dS = λ · (s − y) + (1 − λ) · (q − p) / t
///
/// T and S are the teacher's and the student's logits, t the temperature, λ the balance, ε the label smoothing of
/// Szegedy et al. (arXiv 1512.00567, section 7). As in the paper there is no factor of t². With λ = 1 no teacher is
/// needed, with λ = 0 no labels are. All is computed in Double, and summed in the order of the samples.
///
/// ## Shapes    T, S and dL/dS [N, K], labels [N]
package final class DistillationLoss {
  /// Means over a batch; a part whose weight is 0 is not computed, and 0.
  package struct Parts: Sendable, Equatable {
    package var crossEntropy: Double
    package var divergence: Double
    package var total: Double
  }

  private let balance: Double
  private let temperature: Double
  private let smoothing: Double
  /// CE and KL of every sample of a batch.
  private var terms: UnsafeMutableBufferPointer<(crossEntropy: Double, divergence: Double)>

  /// - Parameters:
  ///   - balance: λ.
  ///   - temperature: t.
  ///   - labelSmoothing: ε.
  ///   - capacity: samples of the largest batch.
  package init(balance: Double, temperature: Double, labelSmoothing: Double = 0, capacity: Int) {
    precondition((0...1).contains(balance), "the balance \(balance) is not in 0…1")
    precondition(temperature > 0, "the temperature \(temperature) is not positive")
    precondition((0...1).contains(labelSmoothing), "the label smoothing \(labelSmoothing) is not in 0…1")
    self.balance = balance
    self.temperature = temperature
    smoothing = labelSmoothing
    terms = .allocate(capacity: capacity)
    terms.initialize(repeating: (0, 0))
  }

  deinit { terms.deallocate() }

  /// The loss of a batch, and its gradient with respect to the student's logits where it is wanted.
  ///
  /// - Throws: ``KernelError`` if labels or the teacher are missing, or a label is no class.
  package func evaluate(_ batch: LossBatch, gradient: UnsafeMutablePointer<Float>? = nil) throws -> Parts {
    precondition(batch.count > 0 && batch.count <= terms.count, "a batch of \(batch.count) samples")
    let labels = balance > 0 ? try batch.checkedLabels() : nil
    let teacher = balance < 1 ? try batch.checkedTeacher() : nil
    let classes = batch.classCount
    Parallel.run(batch.count, grain: max(1, (1 << 10) / classes)) { samples in
      for sample in samples {
        let row = sample * classes
        terms[sample] = evaluate(
          batch.student + row, teacher.map { $0 + row }, labels.map { Int($0[sample]) }, classes,
          gradient.map { $0 + row }, share: 1 / Double(batch.count))
      }
    }
    var parts = Parts(crossEntropy: 0, divergence: 0, total: 0)
    for sample in 0..<batch.count {
      parts.crossEntropy += terms[sample].crossEntropy
      parts.divergence += terms[sample].divergence
    }
    parts.crossEntropy /= Double(batch.count)
    parts.divergence /= Double(batch.count)
    parts.total = balance * parts.crossEntropy + (1 - balance) * parts.divergence
    return parts
  }

  /// The two terms of one sample; the gradient is written times `share`.
  @inline(__always)
  private func evaluate(
    _ student: UnsafePointer<Float>, _ teacher: UnsafePointer<Float>?, _ label: Int?, _ classes: Int,
    _ gradient: UnsafeMutablePointer<Float>?, share: Double
  ) -> (crossEntropy: Double, divergence: Double) {
    var (crossEntropy, divergence) = (0.0, 0.0)
    if let label {
      let s = SoftmaxRow(student, classes, temperature: 1)
      var sum = 0.0
      if smoothing > 0 { for k in 0..<classes { sum += s.logProbability(k) } }
      crossEntropy = -(1 - smoothing) * s.logProbability(label) - smoothing / Double(classes) * sum
      if let gradient {
        let weight = balance * share
        for k in 0..<classes {
          let y = smoothing / Double(classes) + (k == label ? 1 - smoothing : 0)
          gradient[k] = Float(weight * (s.probability(k) - y))
        }
      }
    }
    if let teacher {
      let p = SoftmaxRow(teacher, classes, temperature: temperature)
      let q = SoftmaxRow(student, classes, temperature: temperature)
      let weight = (1 - balance) * share / temperature
      for k in 0..<classes {
        let expected = p.probability(k)
        // p · ln p is 0 where p is.
        if expected > 0 { divergence += expected * (p.logProbability(k) - q.logProbability(k)) }
        if let gradient {
          let term = weight * (q.probability(k) - expected)
          gradient[k] = label == nil ? Float(term) : Float(Double(gradient[k]) + term)
        }
      }
    }
    return (crossEntropy, divergence)
  }
}

/// The cross-entropy of logits with labels, mean over the batch: ``DistillationLoss`` without a teacher.
///
///     CE = −Σ k  y[k] · ln s[k]   s = softmax(S)   y = (1 − ε) · one-hot + ε/K
///
/// ## Shapes    S and dCE/dS [N, K], labels [N]
package final class CrossEntropy {
  private let loss: DistillationLoss

  /// - Parameters:
  ///   - labelSmoothing: ε.
  ///   - capacity: samples of the largest batch.
  package init(labelSmoothing: Double = 0, capacity: Int) {
    loss = DistillationLoss(balance: 1, temperature: 1, labelSmoothing: labelSmoothing, capacity: capacity)
  }

  /// - Throws: ``KernelError`` if labels are missing, or one is no class.
  package func evaluate(_ batch: LossBatch, gradient: UnsafeMutablePointer<Float>? = nil) throws -> Double {
    try loss.evaluate(batch, gradient: gradient).crossEntropy
  }
}

/// The divergence of the student's softened outputs from the teacher's, mean over the batch: ``DistillationLoss``
/// without labels.
///
///     KL(p ‖ q) = Σ k  p[k] · (ln p[k] − ln q[k])      p = softmax(T/t)   q = softmax(S/t)
///
/// ## Shapes    T, S and dKL/dS [N, K]
package final class KullbackLeibler {
  private let loss: DistillationLoss

  /// - Parameters:
  ///   - temperature: t.
  ///   - capacity: samples of the largest batch.
  package init(temperature: Double, capacity: Int) {
    loss = DistillationLoss(balance: 0, temperature: temperature, capacity: capacity)
  }

  /// - Throws: ``KernelError`` if the teacher's logits are missing.
  package func evaluate(_ batch: LossBatch, gradient: UnsafeMutablePointer<Float>? = nil) throws -> Double {
    try loss.evaluate(batch, gradient: gradient).divergence
  }
}
