/// How a group's scores are spread, and where the cut went through: inline SVG.
struct ScoreHistogram: Sendable {
  struct Bin: Sendable, Equatable {
    /// Where the bin begins.
    var start: Double
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
    guard group.scores.count == group.size, let least = group.scores.min(), let most = group.scores.max(),
      (most - least).isFinite
    else { return nil }
    self.group = group
    lowest = least
    highest = most
    let count = max(6, min(32, group.size / 3))
    guard most > least else {
      bins = [Bin(start: least, kept: group.kept.count, removed: group.removed.count)]
      return
    }
    // The cut is the border of two bins, so that a bin holds what stays or what goes.
    let border = group.cutScore ?? least
    let below =
      border > least ? max(1, Int((Double(count) * (border - least) / (most - least)).rounded())) : 0
    let above = border < most ? max(1, count - below) : 0
    func starts(_ count: Int, from start: Double, to end: Double) -> [Bin] {
      let width = (end - start) / Double(max(1, count))
      return (0..<count).map { Bin(start: start + width * Double($0)) }
    }
    var bins = starts(below, from: least, to: border) + starts(above, from: border, to: most)
    func bin(_ channel: Int) -> Int { max(0, bins.count { $0.start <= group.scores[channel] } - 1) }
    for channel in group.kept { bins[bin(channel)].kept += 1 }
    for channel in group.removed { bins[bin(channel)].removed += 1 }
    self.bins = bins
  }

  var markup: Markup {
    let tallest = Double(bins.lazy.map { $0.kept + $0.removed }.max() ?? 1)
    let unit = (Self.height - 4) / max(1, tallest)
    let ends = bins.dropFirst().map(\.start) + [highest]
    let bars = zip(bins, ends).map { bin, end -> Markup in
      let (x, width) = (x(bin.start), highest > lowest ? x(end) - x(bin.start) : Self.width)
      let removed = Double(bin.removed) * unit
      let kept = Double(bin.kept) * unit
      return """
        \(bar("removed", x, width, from: 0, height: removed))\(bar("kept", x, width, from: removed, height: kept))
        """
    }
    return """
      <svg class="histogram" viewBox="0 0 \(Self.width) \(Self.height)" preserveAspectRatio="none" role="img" \
      aria-label="\(description)"><title>\(description)</title>\(bars)\(cutLine)\
      <line class="axis" x1="0" x2="\(Self.width)" y1="\(Self.height)" y2="\(Self.height)"/></svg>
      <div class="ends" aria-hidden="true"><span>\(Self.number(lowest))</span><span>\(Self.number(highest))</span></div>
      """
  }

  /// The histogram in a sentence, for those who cannot see it.
  var description: String {
    let (least, most) = (group.scores.min() ?? 0, group.scores.max() ?? 0)
    let cut = group.cutScore.map { ", those below \(Self.number($0))" } ?? ""
    return "Scores of \(group.id) from \(Self.number(least)) to \(Self.number(most)): "
      + "\(group.removed.count) of \(group.size) go\(cut)"
  }

  private var cutLine: Markup {
    guard let cut = group.cutScore else { return "" }
    return "<line class=\"cut\" x1=\"\(x(cut))\" x2=\"\(x(cut))\" y1=\"0\" y2=\"\(Self.height)\"/>"
  }

  private func x(_ score: Double) -> Double {
    highest > lowest ? (score - lowest) / (highest - lowest) * Self.width : 0
  }

  private func bar(_ name: Markup, _ x: Double, _ width: Double, from base: Double, height: Double) -> Markup
  {
    guard height > 0 else { return "" }
    return """
      <rect class="\(name)" x="\(x + 0.5)" y="\(Self.height - base - height)" width="\(width - 1)" height="\(height)"/>
      """
  }

  /// Three significant digits.
  static func number(_ value: Double) -> String {
    let size = value.magnitude
    if size > 0, size < 0.001 { return "\(value)".shortened(to: 9) }
    return CountText.fixed(value, digits: size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3)
  }
}
