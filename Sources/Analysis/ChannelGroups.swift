import GraphIR

/// Which channels of a network can be removed together, and why the others cannot.
///
/// Every index along every axis of every value is a slot; operators tie slots; the classes that follow, as far as
/// nothing pins them, are removed or kept whole. Classes that cover the same axes form one ``ChannelGroup``.
package struct ChannelGroups: Sendable {
  /// In the order in which the graph first makes their channels.
  package let groups: [ChannelGroup]
  /// By group: the names that a user may call it by: its id, and the names of every layer that makes its channels or acts
  /// on them alone, and of their weights.
  package let groupNames: [[String]]
  /// The same for groups that stay whole on request.
  package let ignoredNames: [[String]]
  /// Weights whose channels stay, all or some, in the order of the graph, with the reason.
  package let pinned: [PinnedAxis]
  /// The layer that each constant belongs to, by name.
  package let layers: [ValueID: String]
  /// The names that each constant's layer goes by, in the order of the graph's constants.
  package let layerNames: [[String]]
  package let quantized: QuantizedWeights
  let tied: TiedGraph

  /// - Parameter keep: why a group is to stay, asked with the names that it goes by; nil lets it go.
  package init(of model: Model, _ facts: GraphFacts, keeping keep: (_ names: [String]) -> String?) {
    var choices = TieChoices(model, facts)
    var tied = choices.settle()
    let names = LayerNames(model.graph, facts)
    let stored = model.graph.constants
    let quantized = QuantizedWeights(model.graph, facts)
    self.quantized = quantized
    let ranked = tied.space.axes.filter {
      tied.roles.isRanked($0)
        && (stored.keys.contains($0.value) || facts.fixedWeights.keys.contains($0.value))
    }
    tied.pin(
      ranked.compactMap { axis in
        guard let type = stored[axis.value]?.elementType, !type.isRankable, !quantized.contains(axis.value)
        else { return nil }
        return (axis, "is stored as \(type.name), which is not ranked", Remedies.quantized)
      }, model.graph)
    // Zero would not be zero there.
    tied.pin(
      tied.space.axes.compactMap { axis in
        guard tied.roles.role(axis) == .consumer, let type = stored[axis.value]?.elementType,
          type.isQuantized, type != .int32, !quantized.contains(axis.value)
        else { return nil }
        return (axis, "is read by integers whose zero point is not known", Remedies.quantized)
      }, model.graph)
    var layers: [ValueID: String] = [:]
    var layerNames: [ValueID: [String]] = [:]
    for axis in tied.space.axes where stored.keys.contains(axis.value) && layerNames[axis.value] == nil {
      layers[axis.value] = names.layer(of: axis.value)
      if tied.roles.role(axis) != nil { layerNames[axis.value] = names.names(of: axis.value) }
    }
    var classes = SlotClasses(tied, model.graph, stored, names)
    let (found, refusals) = classes.collect()
    let foundNames = found.map { group in
      var seen: Set<String> = []
      let own = group.axes.filter { $0.isStored && ($0.isRanked || $0.role.map { $0 != .consumer } ?? false) }
      return ([group.id] + own.flatMap { layerNames[$0.value] ?? [] }).filter { seen.insert($0).inserted }
    }
    let reasons = foundNames.map(keep)
    let going = found.indices.filter { reasons[$0] == nil }
    groups = going.map { found[$0] }
    groupNames = going.map { foundNames[$0] }
    ignoredNames = found.indices.filter { reasons[$0] != nil }.map { foundNames[$0] }
    var kept = KeptChannels(
      tied, model.graph, facts, stored, names, refusals,
      ignoring: zip(found, reasons).compactMap { group, reason in reason.map { (group, $0) } })
    pinned = kept.list(ranked)
    self.layers = layers
    self.layerNames = layerNames.sorted { $0.key < $1.key }.map(\.value)
    self.tied = tied
  }
}
