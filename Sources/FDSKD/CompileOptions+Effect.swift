import Analysis
import GraphIR

extension CompileOptions {
  /// Refuses patterns and flags that change nothing in this network: who gives one expects it to.
  ///
  /// Where nothing can be pruned at all, that is what there is to say.
  ///
  /// - Throws: `no-such-layer` where a pattern names nothing, `no-effect` where it names what keeps its channels anyway,
  ///   or where something else decides.
  func validateEffect(on groups: ChannelGroups, _ graph: Graph) throws {
    let names = groups.layerNames + groups.groupNames + groups.ignoredNames
    try validatePatterns(against: names, besides: graph.nodes.map { graph.title(of: $0) })
    if groups.groups.isEmpty, groups.ignoredNames.isEmpty { return }
    for (index, rate) in layerRates.enumerated() {
      let flag = "--layer-rate '\(rate.pattern)'"
      let matched = groups.groupNames.filter { Self.matches(rate.pattern, $0) }
      if matched.isEmpty { throw Self.withoutEffect(flag, Self.reason(rate.pattern, groups)) }
      let later = layerRates[(index + 1)...]
      let decided = matched.allSatisfy { names in later.contains { Self.matches($0.pattern, names) } }
      if decided, let last = later.last(where: { Self.matches($0.pattern, matched[0]) }) {
        throw Self.withoutEffect(
          flag, "--layer-rate '\(last.pattern)' comes after it and matches the same; the last match decides")
      }
    }
    for pattern in ignoredLayers where !groups.ignoredNames.contains(where: { Self.matches(pattern, $0) }) {
      throw Self.withoutEffect("--ignore-layers '\(pattern)'", Self.reason(pattern, groups))
    }
    if isGlobal, !groups.groups.isEmpty, groups.groupNames.allSatisfy({ layerRate(names: $0) != nil }) {
      throw Self.withoutEffect("--global", "--layer-rate gives every group a rate of its own")
    }
  }

  private static func matches(_ pattern: String, _ names: [String]) -> Bool {
    names.contains(where: LayerPattern(pattern).names)
  }

  /// Why a pattern that names something matches no group of channels.
  private static func reason(_ pattern: String, _ groups: ChannelGroups) -> String {
    let pattern = LayerPattern(pattern)
    if let names = groups.ignoredNames.first(where: { $0.contains(where: pattern.names) }) {
      return "--ignore-layers keeps all channels of '\(names[0])'"
    }
    // Also where weights are called by another of the layers that share them.
    let related = Set(groups.layerNames.filter { $0.contains(where: pattern.names) }.flatMap { $0 })
    let pinned = groups.pinned.first { axis in
      [axis.layer, axis.tensor].contains { pattern.names($0) || related.contains($0) }
    }
    if let pinned {
      return "'\(pinned.layer)' keeps its channels in any case: \(pinned.pin.description)"
    }
    return "what it matches makes no channels that could go; a layer's rate is that of the channels it makes"
  }

  private static func withoutEffect(_ flag: String, _ reason: String) -> CompileError {
    usage("no-effect", "\(flag) has no effect: \(reason)", hint: "leave it away")
  }
}
