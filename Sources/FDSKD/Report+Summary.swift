extension Report {
  /// Before and after of one figure.
  struct FigureRow: Sendable {
    let name: String
    let before: Int?
    let after: Int?
    let isBytes: Bool

    /// With the unit, for tables that show every digit.
    var exactName: String { isBytes ? "\(name), bytes" : name }
    var beforeText: String { isBytes ? CountText.bytes(before) : CountText.short(before) }
    var afterText: String { isBytes ? CountText.bytes(after) : CountText.short(after) }
    var change: String { CountText.change(from: before, to: after) ?? "" }
  }

  /// The totals, the figures that people ask for first.
  var figureRows: [FigureRow] { totals.rows(definitions: definitions) }

  /// What was done, or would be, in one word: titles of the columns and sections.
  var isForecast: Bool { command == .inspect || settings.isDryRun }

  var channelCount: Int { groups.reduce(0) { $0 + $1.size } }
  var removedChannelCount: Int { groups.reduce(0) { $0 + $1.removed.count } }

  /// Removed channels over all; 0 where there is none.
  var achievedRate: Double { channelCount == 0 ? 0 : Double(removedChannelCount) / Double(channelCount) }

  /// `24 of 80 channels removed (30.0%) in 5 of 6 groups`.
  var achievement: String {
    let touched = groups.count { !$0.removed.isEmpty }
    let verb = isForecast ? "to be removed" : "removed"
    return "\(CountText.full(removedChannelCount)) of \(CountText.counted(channelCount, "channel")) \(verb) "
      + "(\(CountText.percent(achievedRate))) in \(touched) of \(CountText.counted(groups.count, "group"))"
  }

  /// Why a total is not known, and what may help.
  var uncountedNote: String {
    "the MACs of \(CountText.counted(totals.uncountedNodes, "node")) are not known; --input-shape sets open lengths"
  }

  /// `rate 0.3, l2, one-shot`: the settings that matter most, in words.
  var request: String {
    var parts: [String] = []
    if let target = settings.targetMACs { parts.append("target MACs \(target.text)") }
    if let target = settings.targetParameters { parts.append("target parameters \(target.text)") }
    if parts.isEmpty { parts.append("rate \(settings.rate)") }
    parts.append("criterion \(settings.criterion.rawValue)")
    parts.append("method \(settings.method.rawValue)")
    if let training = settings.training {
      parts.append("\(CountText.counted(training.epochs, "epoch")) on \(training.data)")
    }
    if settings.isGlobal { parts.append("global ranking") }
    if settings.roundTo > 1 { parts.append("channels in multiples of \(settings.roundTo)") }
    if settings.minChannels > 1 {
      parts.append("at least \(CountText.counted(settings.minChannels, "channel"))")
    }
    for rate in settings.layerRates { parts.append("\(rate.pattern) at \(rate.rate)") }
    if !settings.ignoredLayers.isEmpty {
      parts.append("without \(settings.ignoredLayers.joined(separator: ", "))")
    }
    return parts.joined(separator: ", ")
  }
}

extension Report.Totals {
  func rows(definitions: Report.Definitions = .init()) -> [Report.FigureRow] {
    func row(_ name: String, _ figure: KeyPath<Report.Figures, Int?>, isBytes: Bool = false)
      -> Report.FigureRow
    {
      Report.FigureRow(
        name: name, before: before[keyPath: figure], after: after[keyPath: figure], isBytes: isBytes)
    }
    return [
      row("parameters", \.parameters), row("MACs", \.macs), row("FLOPs", \.flops),
      row("weights", \.bytes, isBytes: true), row("params, Eq. 16", \.paperParameters),
      row("FLOPs, Eq. 17", \.paperFLOPs),
    ]
  }
}

extension Report.Group {
  /// Names of the layers that make the channels, each once, in order.
  var producers: [String] {
    var seen: Set<String> = []
    return members.filter { $0.role == .producer }.map(\.layer).filter { seen.insert($0).inserted }
  }

  /// The first layer, and how many more are tied to it.
  var title: String {
    let others = producers.count { $0 != id }
    return others > 0 ? "\(id) (+\(others))" : id
  }

  /// Halfway between the highest score that goes and the lowest that stays; nil where the two sides overlap.
  var cutScore: Double? {
    guard scores.count == size, !removed.isEmpty, !kept.isEmpty else { return nil }
    let highest = removed.map { scores[$0] }.max() ?? 0
    let lowest = kept.map { scores[$0] }.min() ?? 0
    return highest <= lowest ? highest + (lowest - highest) / 2 : nil
  }
}

extension Report.Obstacle {
  /// `axis 0 of 'fc.weight': axis 1 of 'logits' belongs to an output of the graph ('fc', Gemm)`.
  var sentence: String {
    let pinnedBy = node.map { " ('\($0)'" + (op.map { ", \($0)" } ?? "") + ")" } ?? ""
    let place = "axis \(axis) of '\(tensor)'"
    return (reason.hasPrefix(place) ? reason : "\(place): \(reason)") + pinnedBy
  }
}

extension Report.Dimension {
  var text: String {
    switch self {
    case .length(let length): "\(length)"
    case .symbol(let symbol): symbol
    }
  }
}

extension Report.ShapeChange {
  /// `64×3×7×7 → 45×3×7×7`, one shape alone where nothing changed.
  var text: String {
    func text(_ shape: [Report.Dimension]?) -> String { shape?.map(\.text).joined(separator: "×") ?? "?" }
    return before == after ? text(before) : "\(text(before)) → \(after == nil ? "—" : text(after))"
  }
}

extension CompileOptions.Target {
  /// `0.5` or `1.200G`.
  package var text: String {
    switch self {
    case .fraction(let fraction): "\(fraction)"
    case .count(let count): CountText.short(count)
    }
  }
}
