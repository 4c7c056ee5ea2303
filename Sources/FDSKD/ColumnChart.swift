/// Columns side by side, one a layer or group, each with what was before it in pale: inline SVG that grows
/// with the page, its labels in HTML so that they keep their size.
struct ColumnChart: Sendable {
  struct Column: Sendable {
    var name: String
    /// The pale column behind; for rates, the mark of what was asked for.
    var before: Double
    var after: Double
    /// What a reader sees who points at the column.
    var description: String
  }

  enum Style: Sendable {
    /// Before in pale, after in front of it.
    case beforeAndAfter
    /// After as a column, before as a line across it.
    case valueAndMark
  }

  let title: String
  let columns: [Column]
  let style: Style
  /// The text of a tick.
  let label: @Sendable (Double) -> String
  /// Upper end of the scale; nil takes the highest column.
  var top: Double?

  private static let width = 1000.0
  private static let height = 200.0

  var markup: Markup {
    let ticks = ScaleTicks(upTo: top ?? columns.lazy.map { max($0.before, $0.after) }.max() ?? 0)
    func y(_ value: Double) -> Double { Self.height * (1 - min(1, value / ticks.top)) }
    let step = Self.width / Double(max(1, columns.count))
    let gap = step > 8 ? step * 0.22 : step * 0.12
    let bars = columns.enumerated().map { index, column -> Markup in
      let x = Double(index) * step + gap / 2
      let width = min(step - gap, 44)
      let left = x + (step - gap - width) / 2
      let back: Markup =
        switch style {
        case .beforeAndAfter: bar("before", left, y(column.before), width)
        case .valueAndMark: ""
        }
      let mark: Markup =
        style == .valueAndMark
        ? """
        <line class="mark" x1="\(left)" x2="\(left + width)" y1="\(y(column.before))" y2="\(y(column.before))"/>
        """ : ""
      return """
        <g class="column"><title>\(column.description)</title>\
        <rect class="hit" x="\(Double(index) * step)" y="0" width="\(step)" height="\(Self.height)"/>\
        \(back)\(bar("after", left, y(column.after), width))\(mark)</g>

        """
    }
    let grid = ticks.values.map { value -> Markup in
      "<line class=\"grid\" x1=\"0\" x2=\"\(Self.width)\" y1=\"\(y(value))\" y2=\"\(y(value))\"/>"
    }
    let labels = ticks.values.map { value -> Markup in
      "<span style=\"top:\(y(value) / Self.height * 100)%\">\(label(value))</span>"
    }
    return """
      <figure class="chart"><figcaption>\(title)</figcaption>
      <div class="plot"><div class="ticks" aria-hidden="true">\(labels)</div>
      <svg viewBox="0 0 \(Self.width) \(Self.height)" preserveAspectRatio="none" role="img" aria-label="\(title)">
      <title>\(title)</title>\(grid)
      \(bars)</svg></div>\(ends)</figure>

      """
  }

  private func bar(_ name: Markup, _ x: Double, _ y: Double, _ width: Double) -> Markup {
    guard Self.height - y > 0.01 else { return "" }
    return "<rect class=\"\(name)\" x=\"\(x)\" y=\"\(y)\" width=\"\(width)\" height=\"\(Self.height - y)\"/>"
  }

  /// The names of the first and the last column: which way the order goes.
  private var ends: Markup {
    guard let first = columns.first, let last = columns.last, columns.count > 1 else { return "" }
    return """
      <div class="ends" aria-hidden="true"><span>\(first.name.shortened(to: 34))</span>\
      <span>\(last.name.shortened(to: 34))</span></div>
      """
  }
}

/// Round numbers along an axis that begins at 0: three to six of them, the last one at or above the highest
/// value.
struct ScaleTicks: Sendable {
  let values: [Double]
  let top: Double

  init(upTo highest: Double) {
    guard highest > 0, highest.isFinite else {
      values = [0]
      top = 1
      return
    }
    var power = 1.0
    while power * 10 <= highest { power *= 10 }
    while power > highest { power /= 10 }
    let step = [0.2, 0.25, 0.5, 1, 2, 2.5].map { $0 * power }.first { highest / $0 <= 4.5 } ?? power * 2.5
    let count = Int((highest / step - 1e-9).rounded(.up))
    values = (0...count).map { Double($0) * step }
    top = Double(count) * step
  }
}
