/// The report as one self-contained HTML page, `--report FILE.html`.
///
/// No script and no external resource; charts are inline SVG; light or dark as the reader's system asks.
public struct ReportHTML: Sendable {
  let report: Report

  public init(_ report: Report) { self.report = report }

  public var text: String {
    let sections = [
      Section("totals", "Totals", totals), Section("training", "Training", training, isLong: true),
      Section("layers", "Layers", layers, isLong: true),
      Section("groups", "Groups", groups, isLong: true),
      Section("why-not", "Why not", obstacles, isLong: true),
      Section("passes", "Passes", passes), Section("definitions", "What the figures count", definitions),
      Section("settings", "Settings and files", settings),
    ].filter { $0.content != nil }
    return HTMLPage(
      title: "\(report.input.path) · \(report.tool.name)",
      body: """
        <header>\(heading)
        <nav aria-label="Sections">\(sections.map(\.link))</nav></header>
        <main>
        \(tiles)\(warnings)\(sections.map(\.markup))</main>
        <footer>\(report.tool.name) \(report.tool.version) · report schema \(report.schemaVersion)</footer>

        """
    ).text
  }

  private struct Section {
    let id: Markup
    let title: Markup
    let content: Markup?
    let isLong: Bool

    init(_ id: Markup, _ title: Markup, _ content: Markup?, isLong: Bool = false) {
      self.id = id
      self.title = title
      self.content = content
      self.isLong = isLong
    }

    var link: Markup { "<a href=\"#\(id)\">\(title)</a>\n" }

    var markup: Markup {
      guard let content else { return "" }
      let style: Markup = isLong ? " class=\"long\"" : ""
      return """
        <section id="\(id)"\(style) aria-labelledby="\(id)-title">
        <h2 id="\(id)-title">\(title)</h2>
        \(content)</section>

        """
    }
  }

  private var heading: Markup {
    let output: Markup = report.output.map { " <span class=\"to\">→</span> \($0.path)" } ?? ""
    let note: Markup =
      report.output != nil
      ? "" : report.isForecast ? " A forecast: no model was written." : " No model was written."
    return """
      <h1>\(report.input.path)\(output)</h1>
      <p class="lead">\(report.request). \(report.achievement).\(note)</p>
      """
  }

  private var tiles: Markup {
    let totals = report.totals
    var tiles = [
      tile("Parameters", totals.before.parameters, totals.after.parameters, CountText.short),
      tile("Multiply-accumulates", totals.before.macs, totals.after.macs, CountText.short),
    ]
    if let output = report.output {
      tiles.append(tile("File", report.input.bytes, output.bytes, CountText.bytes))
    } else {
      tiles.append(tile("Weights", totals.before.bytes, totals.after.bytes, CountText.bytes))
    }
    let channels = report.channelCount
    tiles.append(tile("Channels", channels, channels - report.removedChannelCount, CountText.full))
    if let accuracyTile { tiles.append(accuracyTile) }
    return "<div class=\"tiles\">\(tiles)</div>\n"
  }

  private func tile(_ name: String, _ before: Int?, _ after: Int?, _ text: (Int?) -> String) -> Markup {
    if before == after {
      return """
        <div class="tile"><div class="what">\(name)</div><div class="change">\(text(before))</div>
        <div class="counts">unchanged</div></div>

        """
    }
    let change = CountText.change(from: before, to: after)?.withMinusSign ?? "–"
    var bar: Markup = ""
    if let before, let after, before > 0 {
      let rest = min(1, Double(after) / Double(before)) * 100
      bar = """
        <svg viewBox="0 0 100 6" preserveAspectRatio="none" role="img" aria-label="\(rest)% remain">\
        <rect class="before" width="100" height="6"/><rect class="after" width="\(rest)" height="6"/></svg>
        """
    }
    return """
      <div class="tile"><div class="what">\(name)</div><div class="change">\(change)</div>
      <div class="counts">\(text(before)) → \(text(after))</div>\(bar)</div>

      """
  }

  private var warnings: Markup {
    guard !report.warnings.isEmpty else { return "" }
    let items = report.warnings.map { warning -> Markup in "<li>\(warning)</li>" }
    return """
      <section class="warnings" aria-labelledby="warnings-title"><h2 id="warnings-title">Warnings</h2>
      <ul>\(items)</ul></section>

      """
  }
}

extension String {
  /// Typographic minus, for pages.
  var withMinusSign: String { hasPrefix("-") ? "\u{2212}" + dropFirst() : self }
}
