import Analysis
import GraphIR
import Operators
import Passes

extension Compiler {
  /// Compares two models: figures, shapes of layers, nodes, and values of constants.
  public func difference(_ a: String, _ b: String) throws -> ModelDifference {
    let first = try SourceModel(a, options, logger)
    let second = try SourceModel(b, options, logger)
    let before = try naming(a) { try Census(first.model) }
    let after = try naming(b) { try Census(second.model) }
    var result = ModelDifference(
      a: first.file, b: second.file,
      totals: Report.Totals(
        before: before.totals, after: after.totals,
        uncountedNodes: before.cost.layers.count { $0.cost.multiplyAccumulates == nil }))
    for layer in before.layers {
      guard let other = after.layerByName[layer.name] else { continue }
      if layer.figures == other.figures, layer.weightShape == other.weightShape { continue }
      result.layers.append(
        Report.Layer(
          name: layer.name, op: layer.op, weight: layer.weight, before: layer.figures, after: other.figures,
          weightShape: .init(before: layer.weightShape, after: other.weightShape)))
    }
    result.removedNodes = before.nodes.filter { !after.nodeNames.contains($0.name) }
    result.addedNodes = after.nodes.filter { !before.nodeNames.contains($0.name) }
    for (name, tensor) in before.constants.sorted(by: { $0.key < $1.key }) {
      guard let other = after.constants[name], other.dims == tensor.dims,
        other.elementType == tensor.elementType, other.bytes != tensor.bytes
      else { continue }
      result.changedTensors.append(name)
    }
    return result
  }
}

/// What a comparison asks of a model.
private struct Census {
  struct Layer {
    let name: String
    let op: String
    let weight: String?
    let figures: Report.Figures
    let weightShape: [Report.Dimension]
  }

  let cost: CostSummary
  let layers: [Layer]
  let layerByName: [String: Layer]
  let nodes: [ModelDifference.NodeName]
  let nodeNames: Set<String>
  let constants: [String: Tensor]

  init(_ model: Model) throws {
    var state = Compilation(model, registry: .standard, inputShapes: [:])
    try Pipeline([InlineFunctions(), OpenBodies(), InferShapes()]).run(on: &state)
    let graph = state.model.graph
    cost = CostSummary(graph, try state.inferred())
    layers = cost.layers.map { layer in
      Layer(
        name: ResultBuilder.name(of: layer.node, graph), op: ResultBuilder.operatorName(layer.node),
        weight: layer.weight.map { graph[$0].name }, figures: ResultBuilder.figures(layer),
        weightShape: layer.weightShape.map { .length($0) })
    }
    layerByName = Dictionary(layers.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    nodes = graph.nodes.map {
      .init(name: ResultBuilder.name(of: $0, graph), op: ResultBuilder.operatorName($0))
    }
    nodeNames = Set(nodes.map(\.name))
    constants = Dictionary(
      graph.constants.map { (graph[$0].name, $1) }, uniquingKeysWith: { first, _ in first })
  }

  var totals: Report.Figures { ResultBuilder.figures(cost) }
}
