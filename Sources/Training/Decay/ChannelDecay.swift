import Analysis
import GraphIR
import Kernels

/// What makes each channel of a network, as numbers of a ``ParameterStore``: the part that decays.
///
/// A channel decays as a whole (DESIGN's rule, ours): filter weights, bias, scale and shift of its normalisation. Only
/// then do those who read it see zero in the end. Where they do not even so, because an activation makes another number
/// of zero or a constant is added, the weights with which it is read decay in its stead.
package struct ChannelDecay: Sendable {
  /// Equally long runs of elements, `stride` apart.
  private struct Runs: Sendable {
    let start: Int
    let count: Int
    let stride: Int
    let length: Int
  }

  /// By group, then by member.
  private let decaying: [[[Runs]]]
  /// The same with all that has to be zero in the end.
  private let zeroed: [[[Runs]]]

  /// - Parameters:
  ///   - wholeChannels: false lets the filters' weights alone decay; the rest is zeroed at the end.
  ///   - readers: by group, whether the weights with which channels are read have to be zero.
  package init(
    _ groups: [ChannelGroup], _ store: ParameterStore, _ graph: Graph, _ facts: GraphFacts,
    wholeChannels: Bool, readers: [Bool]
  ) {
    let index = GraphIndex(graph)
    var decaying: [[[Runs]]] = []
    var zeroed: [[[Runs]]] = []
    for (group, readersDecay) in zip(groups, readers) {
      var decayingRuns = [[Runs]](repeating: [], count: group.size)
      var zeroedRuns = decayingRuns
      for axis in group.axes {
        guard let entry = store[axis.value], entry.isTrainable, let role = axis.role else { continue }
        let belongs =
          switch role {
          case .producer: true
          case .follower: Self.keepsZero(axis, graph, index, facts)
          case .consumer: readersDecay || axis.isRanked
          }
        guard belongs else { continue }
        let inner = entry.dims[(axis.axis + 1)...].reduce(1, *)
        let outer = entry.dims[..<axis.axis].reduce(1, *)
        for member in 0..<group.size {
          for position in axis.positions(ofMember: member) {
            let runs = Runs(
              start: entry.range.lowerBound + Int(position) * inner, count: outer,
              stride: entry.dims[axis.axis] * inner, length: inner)
            zeroedRuns[member].append(runs)
            if wholeChannels || axis.isRanked { decayingRuns[member].append(runs) }
          }
        }
      }
      decaying.append(decayingRuns)
      zeroed.append(zeroedRuns)
    }
    self.decaying = decaying
    self.zeroed = zeroed
  }

  /// Whether the nodes that the constant follows a channel in give zero where both are zero. A quotient does not.
  private static func keepsZero(_ axis: GroupAxis, _ graph: Graph, _ index: GraphIndex, _ facts: GraphFacts)
    -> Bool
  {
    index.uses(of: axis.value).allSatisfy { use in
      let node = graph.nodes[use.node]
      guard let known = facts.known(node.id) else { return false }
      if facts.isDerived(node) { return true }
      return known.constantChannel(node.inputs.map { $0 == nil ? nil : 0 }, facts.signature(of: node.id)) == 0
    }
  }

  /// Multiplies the selected channels by `factor`.
  package func attenuate(
    _ removal: ChannelRemoval, _ numbers: UnsafeMutableBufferPointer<Float>, by factor: Float
  ) {
    Self.forEachElement(decaying, removal) { numbers[$0] *= factor }
  }

  /// Sets the selected channels to zero: all that makes them.
  package func zero(_ removal: ChannelRemoval, _ numbers: UnsafeMutableBufferPointer<Float>) {
    Self.forEachElement(zeroed, removal) { numbers[$0] = 0 }
  }

  /// 1 for every number, and `factor` for those of selected channels.
  package func fill(
    _ factors: UnsafeMutableBufferPointer<Float>, _ removal: ChannelRemoval, with factor: Float
  ) {
    factors.update(repeating: 1)
    Self.forEachElement(decaying, removal) { factors[$0] = factor }
  }

  @inline(__always)
  private static func forEachElement(
    _ parts: [[[Runs]]], _ removal: ChannelRemoval, _ body: (Int) -> Void
  ) {
    for (group, members) in zip(parts, removal.members) {
      for member in members {
        for runs in group[member] {
          for run in 0..<runs.count {
            let start = runs.start + run * runs.stride
            for index in start..<start + runs.length { body(index) }
          }
        }
      }
    }
  }
}
