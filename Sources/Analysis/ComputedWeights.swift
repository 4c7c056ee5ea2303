import GraphIR

/// Weights that a graph computes from constants in a way in which channels cannot be followed to what is stored, or not
/// to one stored tensor alone: standardised or normalised filters, sums of matrices, filters that are repeated.
///
/// Where channels can be followed (a transposed or cast weight), what is stored is cut, see ``AxisRoles``. These here can
/// lose channels only as tensors of their own.
package struct ComputedWeights: Sendable {
  package struct Weight: Sendable {
    package let value: ValueID
    /// Channels can be followed into several stored tensors, each of which makes a part of them.
    package let isFollowed: Bool
  }

  /// In the order in which the graph computes them.
  package let weights: [Weight]

  package init(_ graph: Graph, _ facts: GraphFacts) {
    let derived = graph.nodes.filter { facts.isDerived($0) && !$0.isConstant }
    // Most networks compute nothing but shapes from constants, and numbers of integers.
    let computesNumbers = derived.contains { node in
      !node.convertsQuantized
        && node.outputs.contains { $0.map { facts[$0].elementType?.isRankable ?? false } ?? false }
    }
    guard computesNumbers else {
      weights = []
      return
    }
    var search = WeightSearch(graph, facts)
    for node in graph.nodes where !facts.isDerived(node) { search.read(node) }
    for node in derived.reversed() { search.follow(node) }
    weights = search.lifted()
  }
}

extension Node {
  /// Makes integers that stand for numbers, or numbers of them: what is stored stays integers.
  package var convertsQuantized: Bool { opType == "DequantizeLinear" || opType == "QuantizeLinear" }
}

/// Walks from the layers that read weights to what those are computed from.
private struct WeightSearch {
  private let graph: Graph
  private let facts: GraphFacts
  private let space: SlotSpace
  /// Axes of computed weights that belong to channels.
  private var axes: [ValueID: Set<Int>] = [:]
  private var weights: [ComputedWeights.Weight] = []

  init(_ graph: Graph, _ facts: GraphFacts) {
    self.graph = graph
    self.facts = facts
    space = SlotSpace(facts)
  }

  /// Takes down which axes of computed weights a layer gives a role.
  mutating func read(_ node: Node) {
    guard node.inputs.contains(where: { $0.map(isComputed) ?? false }) else { return }
    for (axis, _, _) in NodeTies(of: node, facts, graph, space).ties.roles where axis.isInput {
      guard node.inputs.indices.contains(axis.operand), let id = node.inputs[axis.operand], isComputed(id),
        let slots = space.slots(of: id, axis: axis.axis), slots.count > 1
      else { continue }
      axes[id, default: []].insert(axis.axis)
    }
  }

  /// The weights, each behind the nodes that only it goes through (a factor, a Transpose) before a layer reads it, in the
  /// order of the graph.
  func lifted() -> [ComputedWeights.Weight] {
    let index = GraphIndex(graph)
    func next(_ id: ValueID) -> ValueID? {
      guard index.uses(of: id).count == 1, !index.outputs.contains(id), index.captured[id] == nil else {
        return nil
      }
      let outputs = graph.nodes[index.uses(of: id)[0].node].outputs
      guard outputs.count == 1, let result = outputs[0], axes[result] != nil, isComputed(result),
        facts[result].elementType == facts[id].elementType,
        let count = facts[result].knownShape?.product, count <= facts[id].knownShape?.product ?? 0
      else { return nil }
      return result
    }
    var seen: Set<ValueID> = []
    let found = weights.reversed().compactMap { weight -> ComputedWeights.Weight? in
      var value = weight.value
      while let result = next(value) { value = result }
      return seen.insert(value).inserted ? .init(value: value, isFollowed: weight.isFollowed) : nil
    }
    return found.sorted { (index.producer(of: $0.value) ?? 0) < (index.producer(of: $1.value) ?? 0) }
  }

  private func isComputed(_ id: ValueID) -> Bool { facts[id].isConstantDerived && facts[id].constant == nil }

  /// Follows the channels of what a node computes into its operands, or takes its results for weights of their own.
  mutating func follow(_ node: Node) {
    let results = node.outputs.compactMap { $0 }.filter { axes[$0] != nil }
    // Integers have their own way, see ``QuantizedWeights``.
    guard !results.isEmpty, !node.convertsQuantized, let known = facts.known(node.id) else { return }
    let entry = NodeTies(of: node, facts, graph, space)
    let sources = results.map { FollowedSources(of: $0, axes[$0] ?? [], entry, known, facts, space) }
    if sources.allSatisfy({ $0?.areOneWeight ?? false }) {
      for case let source? in sources {
        for (id, own) in source.axes where isComputed(id) { axes[id, default: []].formUnion(own) }
      }
      return
    }
    for (result, source) in zip(results, sources).reversed() {
      weights.append(.init(value: result, isFollowed: source != nil))
    }
  }
}

/// Where the channels on some axes of a computed weight lie in the operands of the node that computes it.
private struct FollowedSources {
  /// By operand: its axes that the channels lie on.
  private(set) var axes: [ValueID: Set<Int>] = [:]
  /// Every number of the weight is a number of one operand.
  let areOneWeight: Bool

  /// Nil where a channel of the result is not made by slots of the operands that are its own, or may be something else
  /// than zero where those are.
  init?(
    of result: ValueID, _ wanted: Set<Int>, _ entry: NodeTies, _ known: any Operator, _ facts: GraphFacts,
    _ space: SlotSpace
  ) {
    let pinned = Set(entry.pins.map { space.axisOfSlot[Int($0.slots.lowerBound)] })
    let companions = Set(
      entry.ties.companions.compactMap { axis in
        entry.ties.slot(axis, 0).map { space.axisOfSlot[Int($0)] }
      })
    var left: Set<Int32> = []
    for axis in wanted {
      guard let slots = space.slots(of: result, axis: axis) else { return nil }
      guard !pinned.contains(space.axisOfSlot[Int(slots.lowerBound)]) else { return nil }
      left.formUnion(slots)
    }
    let all = left
    let results = Set(entry.node.outputs.compactMap { $0 })
    var owner: [Int32: Int32] = [:]
    /// By axis of the result: the operands that make its slots.
    var makers: [Int32: Set<ValueID>] = [:]
    for (a, b) in entry.ties.pairs where all.contains(a) || all.contains(b) {
      let (slot, source) = all.contains(a) ? (a, b) : (b, a)
      let axis = space.axisOfSlot[Int(source)]
      let value = space.axes[Int(axis)].value
      if companions.contains(axis) { continue }
      guard !results.contains(value), !pinned.contains(axis), owner[source, default: slot] == slot else {
        return nil
      }
      owner[source] = slot
      left.remove(slot)
      makers[space.axisOfSlot[Int(slot)], default: []].insert(value)
      axes[value, default: []].insert(space.axes[Int(axis)].axis)
    }
    guard left.isEmpty else { return nil }
    let keepsZero = makers.values.allSatisfy { makers in
      let zeros = entry.node.inputs.map { id in id.flatMap { makers.contains($0) ? 0.0 : nil } }
      return known.constantChannel(zeros, entry.ties.signature) == 0
    }
    guard keepsZero else { return nil }
    let sources = axes
    func count(_ id: ValueID) -> Int? { facts[id].knownShape?.product }
    let total = sources.keys.reduce(0) { $0 + (count($1) ?? 0) }
    func isFloating(_ id: ValueID) -> Bool { facts[id].elementType?.isFloatingPoint ?? false }
    let others = entry.node.inputs.compactMap { $0 }.filter {
      sources[$0] == nil && isFloating($0) && count($0) ?? 2 > 1
    }
    areOneWeight =
      others.isEmpty && (sources.count == 1 || sources.keys.allSatisfy(isFloating) && total == count(result))
  }
}
