import GraphIR

/// Which channels of a network can be removed together, and why the others cannot.
///
/// Every index along every axis of every value is a slot; operators tie slots; the classes that follow, as far as
/// nothing pins them, are removed or kept whole. Classes that cover the same axes form one ``ChannelGroup``.
package struct ChannelGroups: Sendable {
  /// In the order in which the graph first makes their channels.
  package let groups: [ChannelGroup]
  /// Scored axes with slots that have to stay, in the order of the graph, with the reason.
  package let pinned: [PinnedAxis]
  /// The layer that each constant belongs to, by name.
  package let layers: [ValueID: String]
  /// The names that each constant's layer goes by, in the order of the graph's constants.
  package let layerNames: [[String]]
  package let quantized: QuantizedWeights
  let tied: TiedGraph

  /// - Parameter keep: why a layer's own channels are to stay, asked with the names that it goes by (of nodes, and of
  ///   the weight); nil lets them go.
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
        return (axis, "is stored as \(type.name), which is not ranked")
      }, model.graph)
    // Zero would not be zero there.
    tied.pin(
      tied.space.axes.compactMap { axis in
        guard tied.roles.role(axis) == .consumer, let type = stored[axis.value]?.elementType,
          type.isQuantized, type != .int32, !quantized.contains(axis.value)
        else { return nil }
        return (axis, "is read by integers whose zero point is not known")
      }, model.graph)
    var layers: [ValueID: String] = [:]
    var layerNames: [ValueID: [String]] = [:]
    for axis in tied.space.axes where stored.keys.contains(axis.value) && layerNames[axis.value] == nil {
      layers[axis.value] = names.layer(of: axis.value)
      if tied.roles.role(axis) != nil { layerNames[axis.value] = names.names(of: axis.value) }
    }
    tied.pin(
      tied.space.axes.compactMap { axis in
        guard let role = tied.roles.role(axis), role != .consumer || tied.roles.isRanked(axis),
          let names = layerNames[axis.value]
        else { return nil }
        return keep(names).map { (axis, $0) }
      }, model.graph)
    var classes = SlotClasses(tied, model.graph, stored, names)
    (groups, pinned) = classes.collect(ranked)
    self.layers = layers
    self.layerNames = layerNames.sorted { $0.key < $1.key }.map(\.value)
    self.tied = tied
  }
}

/// A weight axis of which some or all channels cannot go.
package struct PinnedAxis: Sendable {
  /// The node that the weights belong to, or the tensor if the node has no name.
  package let layer: String
  package let tensor: String
  package let axis: Int
  /// How many of its slots have to stay for this reason.
  package let slots: Int
  package let length: Int
  package let pin: Pin
}
