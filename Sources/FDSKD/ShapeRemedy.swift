import Analysis
import GraphIR
import Passes

/// Whether `--input-shape` would let channels go that stay because the network leaves lengths of its inputs open.
///
/// It is tried, with lengths such as networks of that kind have: a hint that was not seen to help is none.
struct ShapeRemedy {
  /// The axes that would lose more, or all, of what holds them.
  private let freed: Set<AxisKey>
  private let flags: String

  /// Nil where no length is open, where nothing stays that lengths could decide, or where the lengths do not fit.
  init?(_ state: Compilation, _ options: CompileOptions) {
    guard let groups = state.groups, let facts = state.uncutFacts ?? state.facts else { return nil }
    let held = groups.pinned.filter { $0.pin.cause > .storage }
    guard !held.isEmpty else { return nil }
    var model = state.model
    model.graph = state.uncut
    let shapes = Self.shapes(model, facts, given: state.inputShapes)
    guard !shapes.isEmpty else { return nil }
    let given = state.inputShapes.merging(shapes.map { ($0.name, $0.lengths) }) { own, _ in own }
    guard var trial = try? GraphFacts(of: model, registry: state.registry, inputShapes: given) else {
      return nil
    }
    trial.fixedWeights = facts.fixedWeights
    let stays = Dictionary(
      ChannelGroups(of: model, trial, keeping: { options.ignores(names: $0) ? "is ignored on request" : nil })
        .pinned.map { (AxisKey($0.value, $0.axis), $0.slots) }, uniquingKeysWith: max)
    freed = Set(
      held.filter { stays[AxisKey($0.value, $0.axis)] ?? 0 < $0.slots }.map { AxisKey($0.value, $0.axis) })
    if freed.isEmpty { return nil }
    flags = shapes.map { shape in
      "--input-shape \(shape.name):" + shape.lengths.map(String.init).joined(separator: ",")
    }.joined(separator: " ")
  }

  func hint(for axis: AxisKey) -> String? {
    freed.contains(axis)
      ? "give the lengths that the inputs leave open, as in \(flags), where the result is used with these alone"
      : nil
  }

  /// Lengths for each input that leaves some open; the same for the same symbol.
  private static func shapes(
    _ model: Model, _ facts: GraphFacts, given: [String: [Int]]
  ) -> [(name: String, lengths: [Int])] {
    var lengths: [Dimension: Int] = [:]
    let constants = Set(model.graph.initializers)
    return model.graph.inputs.compactMap { input in
      let name = model.graph[input.value].name
      guard given[name] == nil, !constants.contains(input.value), let shape = facts[input.value].shape,
        shape.contains(where: { $0.known == nil })
      else { return nil }
      let chosen = shape.enumerated().map { axis, dimension in
        if let known = dimension.known { return known }
        let length = lengths[dimension] ?? likely(axis, rank: shape.count)
        lengths[dimension] = length
        return length
      }
      return (name, chosen)
    }
  }

  /// One sample; three colours; maps of 224, sequences of 64.
  private static func likely(_ axis: Int, rank: Int) -> Int {
    if axis == 0 { return 1 }
    if rank >= 4 { return axis == 1 ? 3 : 224 }
    return 64
  }
}
