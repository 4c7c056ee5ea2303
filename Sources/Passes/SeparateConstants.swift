import Analysis
import GraphIR

/// Gives each reader of a shared vector a copy of its own.
///
///     before  bias [64] ── conv1, conv2, conv3        after  bias [64] ── conv1
///                                                            bias.1 [64] ── conv2    bias.2 [64] ── conv3
///
/// Exporters store constants that happen to be equal once: biases of zeros, untrained normalisation parameters. Were
/// they kept so, layers that have nothing to do with each other would have to lose the same channels. Weights with more
/// than one axis stay shared: a network that reads those twice means it. ``RejoinConstants`` undoes what served nothing.
package struct SeparateConstants: Pass {
  package static let name = "separate-constants"

  package init() {}

  package func require(_ state: Compilation) throws { _ = try state.inferred() }

  package func run(on state: inout Compilation) throws -> PassOutcome {
    // Before IR version 4 an initializer is an input, too; training information may name any.
    guard state.model.irVersion >= 4, state.model.trainingInfos.isEmpty else { return .unchanged }
    var graph = state.model.graph
    var facts = try state.inferred()
    let index = GraphIndex(graph)
    let fixed = Self.fixed(state.model, index)
    let shared = graph.initializers.filter { id in
      guard index.uses(of: id).count > 1, !fixed.contains(id), let tensor = graph[id].initializer,
        Self.isVector(tensor)
      else { return false }
      return tensor.elementType.isFloatingPoint
        || index.uses(of: id).allSatisfy { graph.nodes[$0.node].quantizes }
    }
    guard !shared.isEmpty else { return .unchanged }
    var names = UniqueNames(graph)
    var count = 0
    for id in shared {
      guard let tensor = graph[id].initializer else { continue }
      for use in index.uses(of: id).dropFirst() {
        let copy = graph.addCopy(of: id, named: names.make(graph[id].name))
        facts.setConstant(copy, tensor)
        graph.nodes[use.node].inputs[use.input] = copy
        facts.setInputs(of: graph.nodes[use.node])
        count += 1
      }
    }
    state.model.graph = graph
    state.facts = facts
    return .changed(detail: "\(count) copies")
  }

  package func ensure(_ state: Compilation, after before: Compilation) throws {}

  /// Constants that somebody beside the nodes of the graph reads or names.
  private static func fixed(_ model: Model, _ index: GraphIndex) -> Set<ValueID> {
    var fixed = model.overridableInitializers.union(index.outputs).union(index.captured.keys)
    if !model.graph.quantizationAnnotations.isEmpty {
      let names = model.graph.valuesByName
      fixed.formUnion(model.graph.quantizationAnnotations.compactMap { $0.tensorName.flatMap { names[$0] } })
    }
    return fixed
  }

  /// Holds a number a channel: all axes but one have length 1.
  private static func isVector(_ tensor: Tensor) -> Bool {
    guard let longest = tensor.dims.max(), longest > 1 else { return false }
    return tensor.count == longest
  }
}

extension Node {
  /// Reads integers that stand for numbers, not for positions or lengths.
  fileprivate var quantizes: Bool { opType == "DequantizeLinear" || opType == "QuantizeLinear" }
}
