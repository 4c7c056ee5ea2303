extension ReportHTML {
  /// Charts of every layer that multiplies, and the table of all.
  var layers: Markup? {
    guard !report.layers.isEmpty else { return nil }
    let charted = report.layers.filter { ($0.before.macs ?? 1) > 0 }
    let rest = report.layers.count - charted.count
    let note: Markup =
      rest > 0
      ? " \(CountText.counted(rest, "layer")) without multiply-accumulates (normalisation) only in the table."
      : ""
    return """
      <p class="note">Each column is a layer, in the order of the graph.\(note) Point at one for its figures.</p>
      <div class="legend"><span class="before-key">before</span><span class="after-key">after</span></div>
      \(chart("Multiply-accumulates per layer", charted, \.macs))\
      \(chart("Parameters per layer", charted, \.parameters))\
      <details\(report.layers.count <= 24 ? " open" : "")><summary>All \
      \(CountText.counted(report.layers.count, "layer")) in figures</summary>\(layerTable)</details>

      """
  }

  private func chart(
    _ title: String, _ layers: [Report.Layer], _ figure: KeyPath<Report.Figures, Int?> & Sendable
  ) -> Markup {
    let columns = layers.map { layer in
      let before = layer.before[keyPath: figure]
      let after = layer.after.map { $0[keyPath: figure] } ?? 0
      let change = CountText.change(from: before, to: after).map { " (\($0.withMinusSign))" } ?? ""
      let shape = layer.weightShape.map { ", weight \($0.text)" } ?? ""
      return ColumnChart.Column(
        name: layer.name, before: Double(before ?? 0), after: Double(after ?? 0),
        description:
          "\(layer.name) (\(layer.op)): \(CountText.short(before)) → \(CountText.short(after))\(change)\(shape)"
      )
    }
    return ColumnChart(title: title, columns: columns, style: .beforeAndAfter, label: tickLabel).markup
  }

  private var tickLabel: @Sendable (Double) -> String {
    { value in
      for (size, prefix) in [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")] where value >= size {
        return "\(trimmed(value / size))\(prefix)"
      }
      return trimmed(value)
    }
  }

  /// Achieved rates, and a histogram of the scores of each group.
  var groups: Markup? {
    guard !report.groups.isEmpty else {
      return "<p>No group of channels can be pruned; the reasons are below.</p>\n"
    }
    let columns = report.groups.map { group in
      ColumnChart.Column(
        name: group.id, before: group.requestedRate, after: group.achievedRate,
        description: "\(group.title): \(group.removed.count) of \(group.size) channels removed, "
          + "\(CountText.percent(group.achievedRate)) of \(CountText.percent(group.requestedRate)) asked for")
    }
    let rates = ColumnChart(
      title: "Achieved rate per group", columns: columns, style: .valueAndMark,
      label: { trimmed($0 * 100) + "%" })
    return """
      <p class="note">A group is a set of channels that are tied across layers: channel i of each of its tensors \
      goes or stays with all the others. The lowest scores go.</p>
      <div class="legend"><span class="after-key">achieved</span><span class="ink-key key-mark">asked for</span></div>
      \(rates.markup)
      <figure><figcaption>Scores per group</figcaption>
      <div class="legend"><span class="after-key">kept</span><span class="removed-key">removed</span>\
      <span class="ink-key key-mark">cut</span></div>
      <div class="cards">\(report.groups.map(card))</div></figure>
      <details><summary>All \(CountText.counted(report.groups.count, "group")) in figures</summary>\
      \(groupTable)</details>

      """
  }

  private func card(_ group: Report.Group) -> Markup {
    let histogram = ScoreHistogram(group)?.markup ?? ""
    let reason: Markup = group.reason.map { "<p class=\"reason\">\($0)</p>" } ?? ""
    let change = group.removed.isEmpty ? "whole" : "\u{2212}" + CountText.percent(group.achievedRate)
    let cut = group.cutScore.map { " · cut \(ScoreHistogram.number($0))" } ?? ""
    return """
      <div class="card"><h3 title="\(group.producers.joined(separator: "\n"))">\(group.title.shortened(to: 30))</h3>
      <p>\(group.kept.count) / \(group.size) kept · \(change)\(cut)</p>
      \(histogram)\(reason)</div>

      """
  }
}

/// At most two decimals, no zero at the end.
private func trimmed(_ value: Double) -> String {
  var text = CountText.fixed(value, digits: 2)
  while text.hasSuffix("0") { text.removeLast() }
  if text.hasSuffix(".") { text.removeLast() }
  return text
}
