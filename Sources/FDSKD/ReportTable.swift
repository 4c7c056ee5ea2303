/// The report for a terminal, and for `--report FILE.txt`.
public struct ReportTable: Sendable {
  private let report: Report
  private let style: TerminalStyle
  private let rowLimit: Int?
  private let listsWarnings: Bool

  /// - Parameters:
  ///   - rowLimit: how many groups, and how many reasons, to list at most; nil lists all, and the passes.
  ///   - listsWarnings: false where the reader has seen them in the log.
  public init(_ report: Report, usesColor: Bool = false, rowLimit: Int? = 20, listsWarnings: Bool = true) {
    self.report = report
    self.style = TerminalStyle(usesColor: usesColor)
    self.rowLimit = rowLimit
    self.listsWarnings = listsWarnings
  }

  public var text: String {
    let sections = [files, figures, training, groups, obstacles, passes, warnings].filter { !$0.isEmpty }
    return sections.map { $0.joined(separator: "\n") }.joined(separator: "\n\n") + "\n"
  }

  private var files: [String] {
    let input = "\(report.input.path.printable) (\(CountText.bytes(report.input.bytes)))"
    guard let output = report.output else {
      let note = report.isForecast ? "a forecast: no model was written" : "no model was written"
      return ["\(style.bold(input))  \(style.dim(note))", report.request]
    }
    let change = CountText.change(from: report.input.bytes, to: output.bytes).map { "  \($0)" } ?? ""
    return [
      style.bold("\(input) -> \(output.path.printable) (\(CountText.bytes(output.bytes)))")
        + style.green(change),
      report.request.printable,
    ]
  }

  private var figures: [String] {
    let isUnchanged = report.totals.before == report.totals.after
    var table = TextTable(isUnchanged ? [.left, .right] : [.left, .right, .right, .right])
    table.add(isUnchanged ? ["", "now"] : ["", "before", "after", "change"])
    for row in report.figureRows {
      table.add([row.name, row.beforeText] + (isUnchanged ? [] : [row.afterText, row.change]))
    }
    var lines = headed(table)
    if report.totals.uncountedNodes > 0 {
      lines.append(style.dim(report.uncountedNote))
    }
    if let check = report.check {
      lines.append(
        check.result == .passed
          ? "check: \(check.sentence)" : style.bold("check: \(check.sentence.printable)"))
    }
    return lines
  }

  private var training: [String] {
    guard let training = report.training else { return [] }
    var lines: [String] = []
    if !training.stages.isEmpty {
      var table = TextTable([.left, .right, .right, .right])
      table.add(["training", "accuracy", "points", "loss"])
      for stage in training.stages {
        table.add([stage.name, stage.accuracyText, stage.change, stage.lossText])
      }
      lines = headed(table)
    }
    return lines + [style.bold(report.sentence(of: training))]
      + [training.measuring].compactMap(\.self).map(style.dim)
  }

  private var groups: [String] {
    guard !report.groups.isEmpty else { return ["no group of channels can be pruned"] }
    var table = TextTable([.left, .right, .right, .right, .right, .left])
    table.add(["group", "channels", "kept", "asked", "achieved", ""])
    let shown = report.groups.prefix(rowLimit ?? report.groups.count)
    for group in shown {
      table.add([
        group.title.inTable, "\(group.size)", "\(group.kept.count)",
        CountText.percent(group.requestedRate), CountText.percent(group.achievedRate),
        group.reason?.printable ?? "",
      ])
    }
    var lines = headed(table)
    let rest = report.groups.count - shown.count
    if rest > 0 {
      lines.append(style.dim("and \(CountText.counted(rest, "group")) more: -v or --report FILE.html"))
    }
    return lines + [style.bold(report.achievement)]
  }

  private var obstacles: [String] {
    guard !report.whyNot.isEmpty else { return [] }
    let axes = CountText.counted(report.whyNot.count, "axis", plural: "axes")
    var lines = [style.bold("why not: \(axes) that cannot be pruned")]
    let shown = report.whyNot.prefix(rowLimit.map { max(1, $0 / 2) } ?? report.whyNot.count)
    for obstacle in shown {
      lines.append("  \(obstacle.layer): \(obstacle.sentence)".printable)
    }
    // Once each: a remedy is mostly that of many axes.
    for remedy in Set(report.whyNot.compactMap(\.hint)).sorted() {
      let count = report.whyNot.count { $0.hint == remedy }
      lines.append(
        "  what would help \(CountText.counted(count, "axis", plural: "axes")): \(remedy)".printable)
    }
    let rest = report.whyNot.count - shown.count
    if rest > 0 { lines.append(style.dim("  and \(rest) more: -v or --report FILE.html")) }
    return lines
  }

  private var passes: [String] {
    guard rowLimit == nil, !report.passes.isEmpty else { return [] }
    var table = TextTable([.left, .left, .right, .right, .left])
    table.add(["pass", "", "parameters", "MACs", ""])
    for pass in report.passes {
      table.add([
        pass.name, pass.outcome.rawValue, pass.parameters.text, pass.macs.text, pass.detail ?? "",
      ])
    }
    return headed(table)
  }

  private var warnings: [String] {
    listsWarnings ? report.warnings.map { style.yellow("warning: ") + $0.printable } : []
  }

  private func headed(_ table: TextTable) -> [String] {
    var lines = table.lines()
    lines[0] = style.dim(lines[0])
    return lines
  }
}

extension Report.CountChange {
  /// `11.69M -> 4.02M`, one count alone where nothing changed.
  var text: String {
    before == after ? CountText.short(before) : "\(CountText.short(before)) -> \(CountText.short(after))"
  }
}

extension String {
  /// The text without control characters, which a name in a file could send to the terminal.
  package var printable: String {
    let isPlain = unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
    if isPlain { return self }
    return unicodeScalars.reduce(into: "") { text, scalar in
      if scalar.properties.generalCategory == .control {
        text += "\\u{\(String(scalar.value, radix: 16))}"
      } else {
        text.unicodeScalars.append(scalar)
      }
    }
  }

  /// A name as the table of groups shows it.
  package var inTable: String { shortened(to: 48).printable }

  /// At most `limit` characters; what is left out lies before the middle, since names differ at their ends.
  func shortened(to limit: Int) -> String {
    guard count > limit else { return self }
    let head = (limit - 1) / 4
    return "\(prefix(head))…\(suffix(limit - 1 - head))"
  }
}
