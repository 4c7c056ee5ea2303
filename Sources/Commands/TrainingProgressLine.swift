import FDSKD
import Synchronization

/// Shows how far the training is: on a terminal one line that is written over, otherwise a line an epoch, and every
/// half minute within one.
package final class TrainingProgressLine: Sendable {
  private let line: StatusLine
  /// The epoch whose end was told last, and the accuracy that was.
  private let told = Mutex<Told>(Told())

  private struct Told: Equatable {
    var epoch = 0
    var accuracy: Double?
  }

  package init(_ line: StatusLine) { self.line = line }

  package func show(_ progress: TrainingProgress) {
    line.update(isMilestone: isNews(progress)) { columns in
      line.style == .overwritten
        ? Self.short(progress, columns: columns) : Self.sentence(progress)
    }
  }

  /// The end of an epoch is told once, and once more if its accuracy comes later.
  private func isNews(_ progress: TrainingProgress) -> Bool {
    guard progress.isEndOfEpoch else { return false }
    let now = Told(epoch: progress.epoch, accuracy: progress.validationAccuracy)
    return told.withLock { told in
      defer { told = now }
      return told != now
    }
  }

  /// `epoch 3/20 decay: loss 0.4123 (labels 0.4010, teacher 0.5140), accuracy 88.1%, …, 2 min 14 s left`
  package static func sentence(_ progress: TrainingProgress) -> String {
    var loss = "loss \(CountText.significant(progress.loss))"
    if let labels = progress.crossEntropy, let teacher = progress.divergence {
      loss += " (labels \(CountText.significant(labels)), teacher \(CountText.significant(teacher)))"
    }
    let parts = [loss] + accuracies(progress) + rates(progress) + speed(progress) + timeLeft(progress)
    return "\(place(progress)): \(parts.joined(separator: ", "))"
  }

  /// As many whole parts as fit, those that matter most first.
  package static func short(_ progress: TrainingProgress, columns: Int) -> String {
    let parts =
      [place(progress)] + timeLeft(progress) + ["loss \(CountText.significant(progress.loss))"]
      + accuracies(progress).reversed() + rates(progress) + speed(progress)
    var text = String(parts[0].prefix(columns))
    for part in parts.dropFirst() {
      guard text.count + 2 + part.count <= columns else { break }
      text += "  " + part
    }
    return text
  }

  private static func place(_ progress: TrainingProgress) -> String {
    let phase = "epoch \(progress.epoch)/\(progress.epochs) \(progress.phase.rawValue)"
    return progress.isEndOfEpoch ? phase : "\(phase) \(progress.step)/\(progress.stepsPerEpoch)"
  }

  /// Of the training samples, then of the validation samples.
  private static func accuracies(_ progress: TrainingProgress) -> [String] {
    [
      progress.accuracy.map { "accuracy \(CountText.percent($0))" },
      progress.validationAccuracy.map { "validation \(CountText.percent($0))" },
    ].compactMap(\.self)
  }

  private static func rates(_ progress: TrainingProgress) -> [String] {
    let decay = progress.decayRate.map { "d_r \(CountText.trimmed($0, digits: 3))" }
    return [decay, "lr \(CountText.trimmed(progress.learningRate, digits: 3))"].compactMap(\.self)
  }

  private static func speed(_ progress: TrainingProgress) -> [String] {
    let speed = progress.samplesPerSecond
    guard speed.isFinite, speed > 0, speed < 1e12 else { return [] }
    return [
      speed >= 10
        ? "\(CountText.full(Int(speed.rounded()))) samples/s"
        : "\(CountText.trimmed(speed, digits: 2)) samples/s"
    ]
  }

  private static func timeLeft(_ progress: TrainingProgress) -> [String] {
    progress.secondsLeft.map { ["\(CountText.span(inSeconds: $0)) left"] } ?? []
  }
}
