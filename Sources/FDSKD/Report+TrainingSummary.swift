extension Report.Training {
  /// A network on its way, as the tables list it.
  struct Stage: Sendable {
    let name: String
    let measurement: Measurement
    /// In percentage points of the teacher's accuracy, with a sign; empty for the teacher itself.
    let change: String
    var accuracyText: String { Self.percent(measurement.accuracy) }
    var lossText: String { CountText.significant(measurement.loss) }

    /// Hundredths of a percent: one of 10,000 samples.
    static func percent(_ fraction: Double) -> String { CountText.fixed(fraction * 100, digits: 2) + "%" }
  }

  /// Those that were measured, in order.
  var stages: [Stage] {
    let all = [
      ("as it came", teacher), ("before removal", beforeRemoval), ("after removal", afterRemoval),
      ("final", final),
    ]
    return all.compactMap { name, measurement in
      measurement.map { Stage(name: name, measurement: $0, change: name == all[0].0 ? "" : change(to: $0)) }
    }
  }

  /// `-0.22`, in percentage points of the teacher's; empty where that is not known.
  private func change(to measurement: Measurement) -> String {
    guard let teacher else { return "" }
    let points = (measurement.accuracy - teacher.accuracy) * 100
    let text = CountText.fixed(points, digits: 2)
    return text == "0.00" ? "±0" : points > 0 ? "+\(text)" : text
  }

  /// `20 epochs, 10 of them with decay, on 50,000 samples, 391 steps each`
  var sentence: String {
    var parts = ["\(CountText.counted(epochs, "epoch"))"]
    if decayEpochs > 0 { parts.append("\(CountText.full(decayEpochs)) of them with decay") }
    parts.append("on \(CountText.counted(samples, isLabelled ? "sample" : "unlabelled sample"))")
    parts.append("\(CountText.counted(stepsPerEpoch, "step")) each")
    if isDistilled { parts.append("following the network as it came") }
    return parts.joined(separator: ", ")
  }

  /// What accuracy was measured on, and how exact the removal was; nil where neither is known.
  var measuring: String? {
    var parts: [String] = []
    if validationSamples > 0, !stages.isEmpty {
      parts.append("accuracy on \(CountText.counted(validationSamples, "sample"))")
    }
    if let removalError {
      parts.append(
        "the removal changed outputs by \(CountText.significant(removalError, digits: 2)) of the largest")
    }
    return parts.isEmpty ? nil : parts.joined(separator: "; ")
  }

  /// The epochs, at most so many: evenly spaced, and the last.
  func epochs(atMost limit: Int) -> [Epoch] {
    guard curve.count > limit, limit > 0 else { return curve }
    let step = (curve.count + limit - 1) / limit
    return curve.enumerated().filter { ($0.offset + 1).isMultiple(of: step) || $0.offset == curve.count - 1 }
      .map(\.element)
  }
}

extension Report {
  private static let trainingPasses: Set = ["begin-training", "decay-train", "retrain"]

  /// What the passes that train took; nil where none ran.
  var trainingSeconds: Double? {
    let steps = timing.passes.filter { Report.trainingPasses.contains($0.name) }
    return steps.isEmpty ? nil : steps.reduce(0) { $0 + $1.seconds }
  }

  /// The training in a sentence, with its time.
  func sentence(of training: Training) -> String {
    training.sentence + (trainingSeconds.map { ", in \(CountText.span(inSeconds: $0))" } ?? "")
  }
}

extension Report.Training.Epoch {
  /// A cell of a table; empty where there is no value.
  static func text(_ value: Double?) -> String { value.map { CountText.significant($0) } ?? "" }
  static func percent(_ fraction: Double?) -> String {
    fraction.map(Report.Training.Stage.percent) ?? ""
  }

  /// One cell a column of ``columns``.
  var cells: [String] {
    [
      "\(epoch)", phase.rawValue, Self.text(loss), Self.text(crossEntropy), Self.text(divergence),
      Self.percent(trainAccuracy), Self.percent(validation?.accuracy),
      decayRate.map { CountText.trimmed($0, digits: 3) } ?? "", CountText.trimmed(learningRate, digits: 3),
      newlySelected.map { CountText.full($0) } ?? "",
    ]
  }

  static let columns = [
    "epoch", "phase", "loss", "labels", "teacher", "training", "validation", "d_r", "learning rate",
    "newly selected",
  ]
}

extension TrainingOptions {
  /// Every setting under the name of its flag.
  var described: [(name: String, value: String)] {
    func list<Item>(_ items: [Item]) -> String {
      items.isEmpty ? "–" : items.map { "\($0)" }.joined(separator: ", ")
    }
    func answer(_ isSo: Bool) -> String { isSo ? "yes" : "no" }
    return [
      ("data", data), ("val-data", validationData ?? "–"), ("epochs", "\(epochs)"),
      ("batch-size", "\(batchSize)"), ("lr", "\(learningRate)"),
      ("lr-schedule", learningRateSchedule.rawValue), ("momentum", "\(momentum)"),
      ("weight-decay", "\(weightDecay)"), ("annealing", annealing.rawValue),
      ("initial-temperature", "\(initialTemperature)"), ("decay-fraction", "\(decayFraction)"),
      ("decay-rate", decayRate.map { "\($0)" } ?? "–"), ("decay-scope", decayScope.rawValue),
      ("prune-interval", "\(pruneInterval)"), ("damp-gradients", answer(dampsGradients)),
      ("kd-temperature", "\(distillationTemperature)"), ("kd-balance", "\(distillationBalance)"),
      ("distill-output", list(distilledOutputs)), ("augment", augmentation.rawValue), ("mean", list(mean)),
      ("std", list(standardDeviation)), ("seed", "\(seed)"), ("threads", threads.map { "\($0)" } ?? "–"),
      ("bn", normalization.rawValue), ("checkpoint", checkpointDirectory ?? "–"), ("resume", answer(resumes)),
      ("max-accuracy-drop", maxAccuracyDrop.map { "\($0)" } ?? "–"),
    ]
  }
}
