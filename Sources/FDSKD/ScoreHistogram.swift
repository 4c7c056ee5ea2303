/// How a group's scores are spread, and where the cut went through: inline SVG.
struct ScoreHistogram: Sendable {
  /// Equal widths from the lowest score to the highest.
  struct Bin: Sendable, Equatable {
    var kept = 0
    var removed = 0
  }

  let group: Report.Group
  let bins: [Bin]
  private let lowest: Double
  private let highest: Double

  private static let width = 240.0
  private static let height = 72.0

  /// Nil where the group has no scores.
  init?(_ group: Report.Group) {
    guard group.scores.count == group.size, let lowest = group.scores.min(), let highest = group.scores.max(),
      (highest - lowest).isFinite
    else { return nil }
    self.group = group
    self.lowest = lowest
    self.highest = highest
    let count = max(6, min(32, group.size / 3))
    let span = highest - lowest
    var bins = [Bin](repeating: Bin(), count: count)
    func bin(_ channel: Int) -> Int {
      span > 0 ? min(count - 1, Int((group.scores[channel] - lowest) / span * Double(count))) : count / 2
    }
    for channel in group.kept { bins[bin(channel)].kept += 1 }
    for channel in group.removed { bins[bin(channel)].removed += 1 }
    self.bins = bins
  }

  var markup: Markup {
    let tallest = Double(bins.lazy.map { $0.kept + $0.removed }.max() ?? 1)
    let step = Self.width / Double(bins.count)
    let unit = (Self.height - 4) / max(1, tallest)
    let bars = bins.enumerated().map { index, bin -> Markup in
      let removed = Double(bin.removed) * unit
      let kept = Double(bin.kept) * unit
      return """
        \(bar("removed", index, step, from: 0, height: removed))\
        \(bar("kept", index, step, from: removed, height: kept))
        """
    }
    return """
      <svg class="histogram" viewBox="0 0 \(Self.width) \(Self.height)" preserveAspectRatio="none" role="img" \
      aria-label="\(description)"><title>\(description)</title>\(bars)\(cutLine)\
      <line class="axis" x1="0" x2="\(Self.width)" y1="\(Self.height)" y2="\(Self.height)"/></svg>
      <div class="ends" aria-hidden="true"><span>\(number(lowest))</span>\(cutLabel)<span>\(number(highest))</span></div>
      """
  }

  /// The histogram in a sentence, for those who cannot see it.
  var description: String {
    let cut =
      group.cut.map { ", the cut between \(number($0.highestRemoved)) and \(number($0.lowestKept))" } ?? ""
    return
      "Scores of \(group.id) from \(number(lowest)) to \(number(highest)): \(group.removed.count) lowest of "
      + "\(group.size) go\(cut)"
  }

  private var cutPosition: Double? {
    guard let cut = group.cut, highest > lowest else { return nil }
    return ((cut.highestRemoved + cut.lowestKept) / 2 - lowest) / (highest - lowest)
  }

  private var cutLine: Markup {
    guard let position = cutPosition else { return "" }
    let x = position * Self.width
    return "<line class=\"cut\" x1=\"\(x)\" x2=\"\(x)\" y1=\"0\" y2=\"\(Self.height)\"/>"
  }

  private var cutLabel: Markup {
    guard let cut = group.cut else { return "" }
    return "<span class=\"cut-label\">cut \(number((cut.highestRemoved + cut.lowestKept) / 2))</span>"
  }

  private func bar(_ name: Markup, _ index: Int, _ step: Double, from base: Double, height: Double) -> Markup
  {
    guard height > 0 else { return "" }
    return """
      <rect class="\(name)" x="\(Double(index) * step + 0.5)" y="\(Self.height - base - height)" \
      width="\(step - 1)" height="\(height)"/>
      """
  }

  /// Three significant digits.
  private func number(_ value: Double) -> String {
    let size = value.magnitude
    if size > 0, size < 0.001 { return "\(value)".shortened(to: 9) }
    return CountText.fixed(value, digits: size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3)
  }
}
