/// The report as Markdown: for a pull request, a wiki, a log of experiments.
public struct ReportMarkdown: Sendable {
  private let report: Report

  public init(_ report: Report) { self.report = report }

  public var text: String {
    let sections = [head, figures, training, groups, obstacles, layers, passes, warnings, definitions]
    return sections.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") }.joined(separator: "\n\n") + "\n"
  }

  private var head: [String] {
    var lines = ["# \(code(report.input.path))" + (report.output.map { " → \(code($0.path))" } ?? ""), ""]
    lines.append(
      "\(report.tool.name) \(report.tool.version) · \(escape(report.request)) · \(report.achievement)")
    lines += ["", "| file | bytes | SHA-256 |", "|---|---:|---|"]
    for file in [report.input] + [report.output].compactMap({ $0 }) {
      lines.append("| \(code(file.path)) | \(CountText.full(file.bytes)) | \(code(file.sha256)) |")
    }
    return lines
  }

  private var figures: [String] {
    var lines = ["## Totals", "", "| figure | before | after | change |", "|---|---:|---:|---:|"]
    for row in report.figureRows {
      lines.append(
        "| \(row.exactName) | \(CountText.full(row.before)) | \(CountText.full(row.after)) | \(row.change) |")
    }
    if report.totals.uncountedNodes > 0 {
      lines += ["", escape(report.uncountedNote)]
    }
    if let check = report.check { lines += ["", "Check: \(escape(check.sentence))."] }
    return lines
  }

  private var training: [String] {
    guard let training = report.training else { return [] }
    var lines = ["## Training", "", escape(report.sentence(of: training)) + "."]
    if let measuring = training.measuring { lines.append(escape(measuring.capitalizedFirst) + ".") }
    if !training.stages.isEmpty {
      lines += ["", "| network | accuracy | points | loss |", "|---|---:|---:|---:|"]
      lines += training.stages.map { "| \($0.name) | \($0.accuracyText) | \($0.change) | \($0.lossText) |" }
    }
    guard !training.curve.isEmpty else { return lines }
    let columns = Report.Training.Epoch.columns
    lines += ["", "| \(columns.map(escape).joined(separator: " | ")) |"]
    lines.append("|" + columns.map { $0 == "phase" ? "---|" : "---:|" }.joined())
    lines += training.curve.map { "| \($0.cells.joined(separator: " | ")) |" }
    return lines
  }

  private var groups: [String] {
    guard !report.groups.isEmpty else { return ["## Groups", "", "No group of channels can be pruned."] }
    var lines = [
      "## Groups", "", "| group | channels | kept | asked | achieved | note |",
      "|---|---:|---:|---:|---:|---|",
    ]
    for group in report.groups {
      lines.append(
        "| \(code(group.id)) | \(group.size) | \(group.kept.count) | \(CountText.percent(group.requestedRate)) "
          + "| \(CountText.percent(group.achievedRate)) | \(escape(note(group))) |")
    }
    return lines
  }

  private func note(_ group: Report.Group) -> String {
    let others = group.producers.filter { $0 != group.id }
    let tied = others.isEmpty ? nil : "with " + others.joined(separator: ", ")
    return [tied, group.reason].compactMap { $0 }.joined(separator: "; ")
  }

  private var obstacles: [String] {
    guard !report.whyNot.isEmpty else { return [] }
    var lines = [
      "## Why not", "", "| layer | tensor | axis | pinned by | reason | what would help |",
      "|---|---|---:|---|---|---|",
    ]
    for obstacle in report.whyNot {
      let node = obstacle.node.map { "\(code($0)) \(escape(obstacle.op ?? ""))" } ?? ""
      lines.append(
        "| \(code(obstacle.layer)) | \(code(obstacle.tensor)) | \(obstacle.axis) | \(node) "
          + "| \(escape(obstacle.reason)) | \(escape(obstacle.hint ?? "")) |")
    }
    return lines
  }

  private var layers: [String] {
    guard !report.layers.isEmpty else { return [] }
    var lines = [
      "## Layers", "", "| layer | op | weight | parameters | MACs | params, Eq. 16 | FLOPs, Eq. 17 |",
      "|---|---|---|---:|---:|---:|---:|",
    ]
    for layer in report.layers {
      func cell(_ figure: KeyPath<Report.Figures, Int?>) -> String {
        Report.CountChange(before: layer.before[keyPath: figure], after: layer.after?[keyPath: figure])
          .text.replacingArrow
      }
      let isConvolution = layer.before.paperParameters != nil
      lines.append(
        "| \(code(layer.name)) | \(escape(layer.op)) | \(escape(layer.weightShape?.text ?? "")) "
          + "| \(cell(\.parameters)) | \(cell(\.macs)) | \(isConvolution ? cell(\.paperParameters) : "") "
          + "| \(isConvolution ? cell(\.paperFLOPs) : "") |")
    }
    return lines
  }

  private var passes: [String] {
    guard !report.passes.isEmpty else { return [] }
    var lines = ["## Passes", "", "| pass | outcome | parameters | MACs | note |", "|---|---|---:|---:|---|"]
    for pass in report.passes {
      lines.append(
        "| \(pass.name) | \(pass.outcome.rawValue) | \(pass.parameters.text.replacingArrow) "
          + "| \(pass.macs.text.replacingArrow) | \(escape(pass.detail ?? "")) |")
    }
    return lines
  }

  private var warnings: [String] {
    report.warnings.isEmpty ? [] : ["## Warnings", ""] + report.warnings.map { "- \(escape($0))" }
  }

  private var definitions: [String] {
    ["## What the figures count", ""]
      + report.definitions.list.map { "- **\($0.name)**: \(escape($0.sentence))" }
  }

  /// Text that Markdown takes as it is.
  private func escape(_ text: String) -> String {
    var result = ""
    for character in text {
      switch character {
      case "\\", "`", "*", "_", "[", "]", "<", ">", "|", "#", "~": result += "\\\(character)"
      case "&": result += "&amp;"
      case "\n", "\r", "\r\n": result += " "
      default: result.append(character)
      }
    }
    return result
  }

  /// A name, set as code; one that holds what would end the cell or the code is escaped instead.
  private func code(_ text: String) -> String {
    text.contains { "`|\\\n\r".contains($0) } ? escape(text) : "`\(text)`"
  }
}

extension Report.Definitions {
  /// Name and sentence of each figure, in the order of the tables.
  var list: [(name: String, sentence: String)] {
    [
      ("parameters", parameters), ("MACs", macs), ("FLOPs", flops), ("weights", bytes),
      ("params, Eq. 16", paperParameters), ("FLOPs, Eq. 17", paperFLOPs),
    ]
  }
}

extension String {
  fileprivate var replacingArrow: String { split(separator: "->", maxSplits: 1).joined(separator: "→") }
}
