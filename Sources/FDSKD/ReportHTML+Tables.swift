extension ReportHTML {
  var totals: Markup? {
    let rows = report.figureRows.map { row -> Markup in
      """
      <tr><td>\(row.exactName)</td><td class="number">\(exact(row.before))</td><td class="number">\(exact(row.after))</td>\
      \(changeCell(row.before, row.after))</tr>

      """
    }
    let uncounted: Markup =
      report.totals.uncountedNodes > 0
      ? "<p class=\"note\">\(report.uncountedNote)</p>" : ""
    let check: Markup = report.check.map { "<p class=\"note\">Check: \($0.sentence).</p>" } ?? ""
    return """
      <div class="wide"><table><thead><tr><th>figure</th><th class="number">before</th><th class="number">after</th>\
      <th class="number">change</th></tr></thead><tbody>
      \(rows)</tbody></table></div>\(uncounted)\(check)

      """
  }

  var layerTable: Markup {
    let most = report.layers.lazy.compactMap(\.before.macs).max() ?? 0
    let mostParameters = report.layers.lazy.compactMap(\.before.parameters).max() ?? 0
    let rows = report.layers.map { layer -> Markup in
      """
      <tr><td><span class="name">\(layer.name)</span><br><span class="soft">\(layer.op)\(shape(layer))</span></td>\
      \(barCell(layer, \.macs, most))\(barCell(layer, \.parameters, mostParameters))\
      \(pairCell(layer, \.paperParameters))\(pairCell(layer, \.paperFLOPs))</tr>

      """
    }
    return """
      <div class="wide"><table><thead><tr><th>layer</th><th colspan="2">MACs</th>\
      <th colspan="2">parameters</th><th class="number">params, Eq. 16</th><th class="number">FLOPs, Eq. 17</th></tr>\
      </thead><tbody>
      \(rows)</tbody></table></div>
      """
  }

  private func shape(_ layer: Report.Layer) -> String { layer.weightShape.map { " " + $0.text } ?? "" }

  private func barCell(_ layer: Report.Layer, _ figure: KeyPath<Report.Figures, Int?>, _ most: Int) -> Markup
  {
    let before = layer.before[keyPath: figure] ?? 0
    let after = layer.after.flatMap { $0[keyPath: figure] } ?? 0
    func width(_ count: Int) -> Double { most == 0 ? 0 : Double(count) / Double(most) * 120 }
    return """
      <td class="bar"><svg viewBox="0 0 120 12" aria-hidden="true"><rect class="before" width="\(width(before))" \
      height="12" rx="2"/><rect class="after" width="\(width(after))" height="12" rx="2"/></svg></td>\
      \(pairCell(layer, figure))
      """
  }

  private func pairCell(_ layer: Report.Layer, _ figure: KeyPath<Report.Figures, Int?>) -> Markup {
    let before = layer.before[keyPath: figure]
    let after = layer.after.map { $0[keyPath: figure] } ?? 0
    if before == nil, figure != \.macs { return "<td></td>" }
    if before == after { return "<td class=\"number\">\(CountText.short(before))</td>" }
    return "<td class=\"number\">\(CountText.short(before)) → \(CountText.short(after))</td>"
  }

  var groupTable: Markup {
    let rows = report.groups.map { group -> Markup in
      let tensors = group.members.map { member -> Markup in
        "<li><span class=\"name\">\(member.tensor)</span> axis \(member.axis), \(member.role.rawValue)</li>"
      }
      return """
        <tr><td class="name">\(group.id)</td><td class="number">\(group.size)</td>\
        <td class="number">\(group.kept.count)</td><td class="number">\(CountText.percent(group.requestedRate))</td>\
        <td class="number">\(CountText.percent(group.achievedRate))</td><td><details>\
        <summary>\(CountText.counted(group.members.count, "tensor"))</summary><ul>\(tensors)</ul></details></td>\
        <td>\(group.reason ?? "")</td></tr>

        """
    }
    return """
      <div class="wide"><table><thead><tr><th>group</th><th class="number">channels</th><th class="number">kept</th>\
      <th class="number">asked</th><th class="number">achieved</th><th>tied tensors</th><th>note</th></tr></thead><tbody>
      \(rows)</tbody></table></div>
      """
  }

  var obstacles: Markup? {
    guard !report.whyNot.isEmpty else { return nil }
    let rows = report.whyNot.map { obstacle -> Markup in
      let node: Markup = obstacle.node.map { "<span class=\"name\">\($0)</span> \(obstacle.op ?? "")" } ?? "–"
      return """
        <tr><td class="name">\(obstacle.layer)</td><td class="name">\(obstacle.tensor)</td>\
        <td class="number">\(obstacle.axis)</td><td>\(obstacle.reason)</td><td>\(node)</td>\
        <td>\(obstacle.hint ?? "")</td></tr>

        """
    }
    return """
      <p class="note">\(CountText.counted(report.whyNot.count, "axis", plural: "axes")) of weights whose \
      channels stay, all or some, and what pins them.</p>
      <div class="wide"><table><thead><tr><th>layer</th><th>tensor</th><th class="number">axis</th><th>reason</th>\
      <th>pinned by</th><th>what would help</th></tr></thead><tbody>
      \(rows)</tbody></table></div>

      """
  }

  var passes: Markup? {
    guard !report.passes.isEmpty else { return nil }
    let rows = report.passes.enumerated().map { index, pass -> Markup in
      let seconds = report.timing.passes.first { $0.name == pass.name }?.seconds
      return """
        <tr><td class="number">\(index + 1)</td><td class="name">\(pass.name)</td>\
        <td><span class="badge \(pass.outcome.rawValue)">\(pass.outcome.rawValue)</span></td>\
        <td class="number">\(pass.parameters.arrowText)</td><td class="number">\(pass.macs.arrowText)</td>\
        <td class="number">\(seconds.map(CountText.duration(inSeconds:)) ?? "")</td><td>\(pass.detail ?? "")</td></tr>

        """
    }
    return """
      <div class="wide"><table><thead><tr><th class="number">#</th><th>pass</th><th>outcome</th>\
      <th class="number">parameters</th><th class="number">MACs</th><th class="number">time</th><th>what changed</th></tr>\
      </thead><tbody>
      \(rows)</tbody></table></div>
      <p class="note">In all \(CountText.duration(inSeconds: report.timing.totalSeconds)).</p>

      """
  }

  var definitions: Markup? {
    let items = report.definitions.list.map { item -> Markup in
      "<dt>\(item.name)</dt><dd>\(item.sentence)</dd>\n"
    }
    return "<dl>\(items)</dl>\n"
  }

  var settings: Markup? {
    let files = [("input", report.input)] + (report.output.map { [("output", $0)] } ?? [])
    let fileItems = files.map { name, file -> Markup in
      """
      <dt>\(name)</dt><dd><span class="name">\(file.path)</span>, \(CountText.full(file.bytes)) bytes, SHA-256 \
      <code>\(file.sha256)</code></dd>

      """
    }
    let described = report.settings.described + (report.settings.training?.described ?? [])
    let items = described.map { item -> Markup in
      "<dt>\(item.name)</dt><dd>\(item.value)</dd>\n"
    }
    return "<dl>\(fileItems)\(items)</dl>\n"
  }

  private func exact(_ count: Int?) -> String { CountText.full(count) }

  private func changeCell(_ before: Int?, _ after: Int?) -> Markup {
    guard let before, let after, let change = CountText.change(from: before, to: after) else {
      return "<td class=\"number\">–</td>"
    }
    return "<td class=\"number\(after < before ? " down" : "")\">\(change.withMinusSign)</td>"
  }
}

extension Report.CountChange {
  fileprivate var arrowText: String {
    before == after ? CountText.short(before) : "\(CountText.short(before)) → \(CountText.short(after))"
  }
}

extension CompileOptions {
  /// Every setting under the name of its flag.
  var described: [(name: String, value: String)] {
    func list(_ items: [String]) -> String { items.isEmpty ? "–" : items.joined(separator: ", ") }
    func answer(_ isSo: Bool) -> String { isSo ? "yes" : "no" }
    return [
      ("rate", "\(rate)"), ("layer-rate", list(layerRates.map { "\($0.pattern)=\($0.rate)" })),
      ("target-macs", targetMACs?.text ?? "–"), ("target-params", targetParameters?.text ?? "–"),
      ("global", answer(isGlobal)), ("criterion", criterion.rawValue), ("method", method.rawValue),
      ("ignore-layers", list(ignoredLayers)), ("round-to", "\(roundTo)"), ("min-channels", "\(minChannels)"),
      (
        "input-shape",
        list(inputShapes.map { "\($0.name):" + $0.dimensions.map(String.init).joined(separator: ",") })
      ),
      ("save-as-external-data", answer(saveAsExternalData)),
      ("external-data-dir", externalDataDirectory ?? "–"),
      ("max-memory", maxMemory.map(CountText.bytes) ?? "–"), ("strict", answer(isStrict)),
      ("metadata", answer(writesMetadata)),
    ]
  }
}
