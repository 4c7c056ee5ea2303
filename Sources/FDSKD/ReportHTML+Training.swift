extension ReportHTML {
  private static let mostEpochs = 400

  /// What became of the accuracy, and curves over the epochs.
  var training: Markup? {
    guard let training = report.training else { return nil }
    let epochs = training.epochs(atMost: Self.mostEpochs)
    let measuring = training.measuring.map { " \($0.capitalizedFirst)." } ?? ""
    let shown =
      epochs.count < training.curve.count
      ? " \(CountText.full(epochs.count)) of \(CountText.counted(training.curve.count, "epoch")) are shown."
      : ""
    return """
      <p class="note">\(report.sentence(of: training).capitalizedFirst).\(measuring)\(shown)</p>
      \(stageTable(training))<div class="charts">\(charts(training, epochs))</div>
      \(epochTable(epochs))
      """
  }

  /// The tile of the page's head; nil where accuracy is not known.
  var accuracyTile: Markup? {
    guard let training = report.training, let last = training.stages.last else { return nil }
    let first = training.stages.first { $0.change.isEmpty && training.teacher != nil }
    let change = last.change.isEmpty ? last.accuracyText : "\(last.change.withMinusSign) points"
    let counts = first.map { "\($0.accuracyText) → \(last.accuracyText)" } ?? last.name
    return """
      <div class="tile"><div class="what">Accuracy</div><div class="change">\(change)</div>
      <div class="counts">\(counts)</div></div>

      """
  }

  private func stageTable(_ training: Report.Training) -> Markup {
    guard !training.stages.isEmpty else { return "" }
    let rows = training.stages.map { stage -> Markup in
      """
      <tr><td>\(stage.name)</td><td class="number">\(stage.accuracyText)</td>\
      <td class="number">\(stage.change.withMinusSign)</td><td class="number">\(stage.lossText)</td></tr>

      """
    }
    return """
      <div class="wide"><table class="narrow"><thead><tr><th>network</th><th class="number">accuracy</th>\
      <th class="number">points</th><th class="number">loss</th></tr></thead><tbody>
      \(rows)</tbody></table></div>

      """
  }

  private func charts(_ training: Report.Training, _ epochs: [Report.Training.Epoch]) -> [Markup] {
    guard !epochs.isEmpty else { return [] }
    let removal = epochs.first { $0.phase == .retrain }?.epoch
    func chart(
      _ title: String, _ unit: String, _ series: [LineChart.Series], isFromZero: Bool = false,
      reference: LineChart.Reference? = nil, text: @escaping @Sendable (Double) -> String
    ) -> Markup? {
      let known = series.filter { $0.values.contains { $0?.isFinite ?? false } }
      if known.isEmpty { return nil }
      return LineChart(
        title: title, unit: unit, epochs: epochs.map(\.epoch), series: known, reference: reference,
        removal: training.decayEpochs > 0 ? removal : nil, isFromZero: isFromZero, text: text
      ).markup
    }
    func series(
      _ name: String, _ style: LineChart.Style, _ value: (Report.Training.Epoch) -> Double?
    ) -> LineChart.Series {
      LineChart.Series(name: name, style: style, values: epochs.map(value))
    }
    let percent: @Sendable (Double) -> String = { CountText.trimmed($0 * 100) + "%" }
    let number: @Sendable (Double) -> String = { CountText.trimmed($0) }
    return [
      chart(
        "Accuracy", "of samples",
        [
          series("validation", .main) { $0.validation?.accuracy },
          series("training", .second) { $0.trainAccuracy },
        ], reference: training.teacher.map { .init(name: "as it came", value: $0.accuracy) }, text: percent),
      chart(
        "Loss", "nats",
        [
          series("total", .main) { $0.loss }, series("labels", .second) { $0.crossEntropy },
          series("teacher", .third) { $0.divergence },
        ], text: number),
      chart("Decay rate", "d_r", [series("d_r", .main) { $0.decayRate }], isFromZero: true, text: number),
      chart(
        "Learning rate", "η", [series("learning rate", .main) { $0.learningRate }], isFromZero: true,
        text: number),
      chart(
        "Newly selected channels", "channels",
        [series("newly selected", .main) { $0.newlySelected.map(Double.init) }], isFromZero: true,
        text: number),
    ].compactMap(\.self)
  }

  private func epochTable(_ epochs: [Report.Training.Epoch]) -> Markup {
    guard !epochs.isEmpty else { return "" }
    let names = Report.Training.Epoch.columns.map { name -> Markup in
      name == "phase" ? "<th>\(name)</th>" : "<th class=\"number\">\(name)</th>"
    }
    let rows = epochs.map { epoch -> Markup in
      let cells = epoch.cells.enumerated().map { index, cell -> Markup in
        index == 1 ? "<td>\(cell)</td>" : "<td class=\"number\">\(cell)</td>"
      }
      return "<tr>\(cells)</tr>\n"
    }
    return """
      <details><summary>All \(CountText.counted(epochs.count, "epoch")) in figures</summary>
      <div class="wide"><table><thead><tr>\(names)</tr></thead><tbody>
      \(rows)</tbody></table></div></details>

      """
  }
}

extension String {
  var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
