extension ModelDifference {
  /// The difference for a terminal.
  ///
  /// - Parameter rowLimit: how many layers, nodes and tensors to list at most of each; nil lists all.
  public func text(usesColor: Bool = false, rowLimit: Int? = 20) -> String {
    let style = TerminalStyle(usesColor: usesColor)
    let files = "\(a.path) (\(CountText.bytes(a.bytes))) -> \(b.path) (\(CountText.bytes(b.bytes)))".printable
    var lines = [style.bold(files), ""]
    var figures = TextTable([.left, .right, .right, .right])
    figures.add(["", "a", "b", "change"])
    for row in totals.rows() { figures.add([row.name, row.beforeText, row.afterText, row.change]) }
    lines += figures.lines()
    if isEmpty { lines += ["", "no node, shape or value differs"] }
    if !layers.isEmpty {
      var table = TextTable([.left, .left, .left, .right, .right])
      table.add(["layer", "op", "weight", "parameters", "MACs"])
      for layer in layers.prefix(rowLimit ?? layers.count) {
        func change(_ figure: KeyPath<Report.Figures, Int?>) -> String {
          Report.CountChange(before: layer.before[keyPath: figure], after: layer.after?[keyPath: figure]).text
        }
        table.add([
          layer.name.shortened(to: 48).printable, layer.op.printable, layer.weightShape?.text.printable ?? "",
          change(\.parameters), change(\.macs),
        ])
      }
      lines += [""] + table.lines() + rest(layers.count, rowLimit, style)
    }
    for (title, nodes) in [("only in a", removedNodes), ("only in b", addedNodes)] where !nodes.isEmpty {
      let names = nodes.prefix(rowLimit ?? nodes.count).map { "  \($0.name) (\($0.op))".printable }
      lines += ["", "\(title): \(CountText.counted(nodes.count, "node"))"] + names
      lines += rest(nodes.count, rowLimit, style)
    }
    if !changedTensors.isEmpty {
      lines += ["", "same shape, other values: \(CountText.counted(changedTensors.count, "tensor"))"]
      lines += changedTensors.prefix(rowLimit ?? changedTensors.count).map { "  \($0)".printable }
      lines += rest(changedTensors.count, rowLimit, style)
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func rest(_ count: Int, _ limit: Int?, _ style: TerminalStyle) -> [String] {
    guard let limit, count > limit else { return [] }
    return [style.dim("  and \(CountText.full(count - limit)) more: -v or --json")]
  }
}
