/// Curves over the epochs: inline SVG that grows with the page, its labels in HTML so that they keep their size.
package struct LineChart: Sendable {
  package struct Series: Sendable {
    let name: String
    let style: Style
    /// One a point; the line breaks where there is none.
    let values: [Double?]

    package init(name: String, style: Style, values: [Double?]) {
      self.name = name
      self.style = style
      self.values = values
    }
  }

  /// Told apart by colour and by dashes.
  package enum Style: String, Sendable { case main, second, third }

  /// A level across the chart.
  package struct Reference: Sendable {
    let name: String
    let value: Double
  }

  let title: String
  /// Of the values, beside the title.
  let unit: String
  let epochs: [Int]
  let series: [Series]
  var reference: Reference?
  /// The first epoch without the channels; nil where none were removed between two of the epochs.
  var removal: Int?
  /// The scale begins at 0 whatever the values are.
  var isFromZero = false
  /// The text of a value, in ticks and elsewhere.
  let text: @Sendable (Double) -> String

  package init(
    title: String, unit: String, epochs: [Int], series: [Series], reference: Reference? = nil,
    removal: Int? = nil, isFromZero: Bool = false, text: @escaping @Sendable (Double) -> String
  ) {
    self.title = title
    self.unit = unit
    self.epochs = epochs
    self.series = series
    self.reference = reference
    self.removal = removal
    self.isFromZero = isFromZero
    self.text = text
  }

  /// The markup as text.
  package var source: String? { markup?.source }

  private static let width = 1000.0
  private static let height = 200.0

  /// Nil where no value is finite.
  var markup: Markup? {
    let values = series.flatMap(\.values).compactMap(\.self) + [reference?.value].compactMap(\.self)
    let finite = values.filter(\.isFinite)
    guard let lowest = finite.min(), let highest = finite.max() else { return nil }
    let ticks = AxisTicks(from: isFromZero ? min(0, lowest) : lowest, to: highest)
    func y(_ value: Double) -> Double {
      Self.height * (1 - (value - ticks.bottom) / (ticks.top - ticks.bottom))
    }
    let grid = ticks.values.map { value -> Markup in
      "<line class=\"grid\" x1=\"0\" x2=\"\(Self.width)\" y1=\"\(y(value))\" y2=\"\(y(value))\"/>"
    }
    let labels = ticks.values.map { value -> Markup in
      "<span style=\"top:\(y(value) / Self.height * 100)%\">\(text(value))</span>"
    }
    let level: Markup =
      reference.map {
        "<line class=\"reference\" x1=\"0\" x2=\"\(Self.width)\" y1=\"\(y($0.value))\" y2=\"\(y($0.value))\"/>"
      } ?? ""
    return """
      <figure class="chart"><figcaption>\(title)<span class="unit">\(unit)</span></figcaption>
      <div class="legend">\(legend)</div>
      <div class="plot"><div class="ticks" aria-hidden="true">\(labels)</div>
      <svg viewBox="0 0 \(Self.width) \(Self.height)" preserveAspectRatio="none" role="img" aria-label="\(description)">
      \(grid)\(cut)\(level)\(series.map { line($0, y) })
      \(columns)</svg></div>
      <div class="epochs" aria-hidden="true"><div>\(epochLabels)</div><span>epoch</span></div></figure>

      """
  }

  /// The middle of a point's share of the width.
  private func x(_ index: Int) -> Double { (Double(index) + 0.5) / Double(max(1, epochs.count)) * Self.width }

  /// Unbroken stretches as lines, and the points where there is room for them.
  private func line(_ series: Series, _ y: (Double) -> Double) -> Markup {
    var runs: [[String]] = [[]]
    var dots: Markup = ""
    for (index, value) in series.values.enumerated() {
      guard let value, value.isFinite else {
        if runs.last?.isEmpty == false { runs.append([]) }
        continue
      }
      let point: Markup = "\(x(index)),\(y(value))"
      runs[runs.count - 1].append(point.source)
      // A line without length is a round dot, whatever the page does to the picture's proportions.
      dots += "<path class=\"dot \(series.style.rawValue)\" d=\"M\(x(index)) \(y(value))h0\"/>"
    }
    let lines = runs.filter { $0.count > 1 }.map { run -> Markup in
      "<polyline class=\"\(series.style.rawValue)\" points=\"\(run.joined(separator: " "))\"/>"
    }
    let isCrowded = epochs.count > 60 && lines.count > 0
    return "\(lines)\(isCrowded ? "" : dots)"
  }

  /// A line between the last epoch with the channels and the first without.
  private var cut: Markup {
    guard let removal, let index = epochs.firstIndex(where: { $0 >= removal }) else { return "" }
    let x = Double(index) / Double(epochs.count) * Self.width
    return "<line class=\"cut\" x1=\"\(x)\" x2=\"\(x)\" y1=\"0\" y2=\"\(Self.height)\"/>"
  }

  /// What a reader sees who points at an epoch.
  private var columns: [Markup] {
    let width = Self.width / Double(max(1, epochs.count))
    return epochs.enumerated().map { index, epoch in
      let values = series.compactMap { series in
        series.values[index].flatMap { $0.isFinite ? "\(series.name) \(text($0))" : nil }
      }
      return """
        <g class="column"><title>epoch \(epoch): \(values.joined(separator: ", "))</title>\
        <rect class="hit" x="\(Double(index) * width)" y="0" width="\(width)" height="\(Self.height)"/></g>

        """
    }
  }

  private var legend: Markup {
    var keys: [Markup] = series.map { "<span class=\"line-key \($0.style.rawValue)-key\">\($0.name)</span>" }
    if let reference {
      keys.append("<span class=\"line-key reference-key\">\(reference.name) \(text(reference.value))</span>")
    }
    if removal != nil { keys.append("<span class=\"line-key cut-key\">channels removed</span>") }
    return "\(keys)"
  }

  /// The chart in a sentence, for those who cannot see it.
  private var description: String {
    let parts = series.compactMap { series -> String? in
      let values = series.values.compactMap(\.self).filter(\.isFinite)
      guard let first = values.first, let last = values.last else { return nil }
      return "\(series.name) from \(text(first)) to \(text(last))"
    }
    let level = reference.map { ["\($0.name) \(text($0.value))"] } ?? []
    let cut = removal.map { ["channels removed before epoch \($0)"] } ?? []
    return "\(title), \(unit): \((parts + level + cut).joined(separator: "; "))"
  }

  /// At most six round numbers.
  private var epochLabels: [Markup] {
    guard let last = epochs.last else { return [] }
    let step = AxisTicks.roundStep(for: Double(last) / 6)
    let every = max(1, Int(step.rounded(.up)))
    var shown: Set<Int> = []
    return epochs.enumerated().compactMap { index, epoch in
      let isRound = epoch.isMultiple(of: every)
      // Where epochs were left out, the first one after a round number stands for it.
      let isFirst = shown.insert(epoch / every).inserted
      guard isRound || (isFirst && epoch > every && epochs.count < last) else { return nil }
      return "<span style=\"left:\(x(index) / Self.width * 100)%\">\(epoch)</span>"
    }
  }
}

/// Round numbers along an axis: three to six of them that enclose all values.
package struct AxisTicks: Sendable {
  package let values: [Double]
  package var bottom: Double { values.first ?? 0 }
  package var top: Double { values.last ?? 1 }

  /// The axis begins at 0 where the lowest value is positive and not far from it.
  package init(from lowest: Double, to highest: Double) {
    let start = lowest > 0 && lowest < 0.4 * highest ? 0 : lowest
    var (low, high) = (start, highest)
    if high - low <= 1e-9 * high.magnitude {
      // One value alone stands in the middle of a scale about it; zero at the bottom of one.
      let margin = high.magnitude > 0 ? high.magnitude / 2 : 1
      (low, high) = (high == 0 ? 0 : low - margin, high + margin)
    }
    let step = Self.roundStep(for: (high - low) / 4)
    let first = (low / step + 1e-9).rounded(.down)
    let last = (high / step - 1e-9).rounded(.up)
    values = stride(from: first, through: max(last, first + 1), by: 1).map { $0 * step }
  }

  /// The smallest of 1, 2, 2.5, 5 and 10 times a power of ten that is not below `size`.
  static func roundStep(for size: Double) -> Double {
    guard size > 0, size.isFinite else { return 1 }
    var power = 1.0
    while power * 10 <= size { power *= 10 }
    while power > size { power /= 10 }
    return ([1, 2, 2.5, 5].map { $0 * power }.first { $0 >= size * (1 - 1e-9) }) ?? 10 * power
  }
}
