import Analysis
import GraphIR

/// Folds the normalisations that ``RestoreBatchNorm`` put in into their convolutions.
///
///     before  Conv(x, w, b) -> r;  BatchNormalization(r, g, h, m, v) -> y
///     after   Conv(x, w·s, (b − m)·s + h) -> y                                s = g / √(v + ε)
///
/// Other normalisations stay. A convolution without a bias gets one.
package struct FoldBatchNorm: Pass {
  package static let name = "fold-batch-norm"

  package init() {}

  package func require(_ state: Compilation) throws {
    if !state.isMended { throw CompileError.order(FixUpChannels.name) }
  }

  package func run(on state: inout Compilation) throws -> PassOutcome {
    let restored = Set(state.restored.nodes)
    guard !restored.isEmpty else { return .unchanged }
    var graph = state.model.graph
    let index = GraphIndex(graph)
    var names = UniqueNames(graph)
    for position in graph.nodes.indices where restored.contains(graph.nodes[position].id) {
      let node = graph.nodes[position]
      guard let raw = node.inputs[0], let convolution = index.producer(of: raw) else {
        throw CompileError("fold-wrong", "a restored normalisation has no convolution", exit: .internal)
      }
      try Self.fold(node, into: convolution, &graph, &names)
    }
    graph.nodes.removeAll { restored.contains($0.id) }
    state.model.graph = graph
    state.facts = try state.currentFacts()
    return .changed(detail: "\(restored.count) normalisations")
  }

  package func ensure(_ state: Compilation, after before: Compilation) throws {
    let restored = Set(state.restored.nodes)
    if state.model.graph.nodes.contains(where: { restored.contains($0.id) }) {
      throw CompileError("fold-wrong", "a restored normalisation is still there", exit: .internal)
    }
  }

  private static func fold(
    _ node: Node, into position: Int, _ graph: inout Graph, _ names: inout UniqueNames
  ) throws {
    func numbers(_ id: ValueID?) throws -> (tensor: Tensor, values: [Double]) {
      guard let id, let tensor = graph[id].initializer, let values = tensor.doubles else {
        throw CompileError("fold-wrong", "a parameter to fold is no constant", exit: .internal)
      }
      return (tensor, values)
    }
    let weightID = graph.nodes[position].inputs[1]
    let weight = try numbers(weightID)
    let parameters = try node.inputs[1...].map { try numbers($0).values }
    let epsilon: Double =
      if case .float(let e)? = node.attribute("epsilon")?.value { Double(e) } else { 1e-5 }
    let scale = zip(parameters[0], parameters[3]).map { $0 / ($1 + epsilon).squareRoot() }
    let biasID = graph.nodes[position].inputs.count > 2 ? graph.nodes[position].inputs[2] : nil
    let bias = try biasID.map { try numbers($0).values } ?? [Double](repeating: 0, count: scale.count)
    let area = weight.values.count / max(scale.count, 1)
    let folded = weight.values.enumerated().map { Float($1 * scale[$0 / max(area, 1)]) }
    let shifted = scale.indices.map {
      Float((bias[$0] - parameters[2][$0]) * scale[$0] + parameters[1][$0])
    }
    guard let weightID else { return }
    graph[weightID].initializer = try folded.withUnsafeBufferPointer {
      try weight.tensor.replacing(floats: $0)
    }
    if let biasID {
      let tensor = try numbers(biasID).tensor
      graph[biasID].initializer = try shifted.withUnsafeBufferPointer { try tensor.replacing(floats: $0) }
    } else {
      let name = names.claim("\(graph[weightID].name).bias")
      let blank = Tensor(
        name: name, elementType: weight.tensor.elementType, dims: [shifted.count], payload: .none)
      let id = graph.addValue(
        name, initializer: try shifted.withUnsafeBufferPointer { try blank.replacing(floats: $0) })
      graph.nodes[position].inputs = [graph.nodes[position].inputs[0], weightID, id]
    }
    for case let parameter? in node.inputs[1...] {
      graph.initializers.removeAll { $0 == parameter }
      graph[parameter].initializer = nil
    }
    graph.nodes[position].outputs[0] = node.outputs[0]
  }
}
