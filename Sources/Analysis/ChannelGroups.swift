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
  /// Every weight that is scored, in the order of the graph's constants.
  package let scoredTensors: [ValueID]
  let tied: TiedGraph

  /// - Parameter keep: why a layer's own channels are to stay, asked with its name and its weight's; nil lets them go.
  package init(
    of model: Model, _ facts: GraphFacts, keeping keep: (_ layer: String, _ tensor: String) -> String?
  ) {
    var choices = TieChoices(model, facts)
    var tied = choices.settle()
    let names = LayerNames(model.graph, facts)
    let stored = model.graph.constants
    let ranked = tied.space.axes.filter { tied.roles.isRanked($0) && stored.keys.contains($0.value) }
    tied.pin(
      ranked.compactMap { axis in
        guard let type = stored[axis.value]?.elementType, !type.isRankable else { return nil }
        return (axis, "is stored as \(type.name), which is not ranked")
      }, model.graph)
    tied.pin(
      ranked.compactMap { axis in
        keep(names.layer(of: axis.value), model.graph[axis.value].name).map { (axis, $0) }
      }, model.graph)
    var classes = SlotClasses(tied, model.graph, stored, names)
    (groups, pinned) = classes.collect(ranked)
    var layers: [ValueID: String] = [:]
    for axis in tied.space.axes where stored.keys.contains(axis.value) {
      layers[axis.value] = names.layer(of: axis.value)
    }
    self.layers = layers
    scoredTensors = Set(ranked.map(\.value)).sorted()
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
