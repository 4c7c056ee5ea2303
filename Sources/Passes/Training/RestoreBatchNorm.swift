import Analysis
import GraphIR
import Training

/// Puts a batch normalisation behind every convolution whose own was folded away, measured to change nothing.
///
///     before  Conv(x, w, b) -> y
///     after   Conv(x, w, b) -> r;  BatchNormalization(r, √(v + ε), m, m, v) -> y      m, v of r on a few batches
///
/// Networks are deployed without their normalisations and hardly train without them. ``FoldBatchNorm`` folds the new
/// ones away again, so that what comes out has the form that went in. Left alone are convolutions that have a
/// normalisation, that give an output of the network, or whose maps are single pixels (gates).
package struct RestoreBatchNorm: Pass {
  package static let name = "restore-batch-norm"

  private let handle: TrainingHandle
  private static let epsilon: Float = 1e-5

  package init(_ handle: TrainingHandle) { self.handle = handle }

  package func require(_ state: Compilation) throws { _ = try handle.session() }

  package func run(on state: inout Compilation) throws -> PassOutcome {
    let session = try handle.session()
    let facts = try session.input.facts(of: state.model, shape: session.inputShape)
    let nodes = Self.bareConvolutions(state.model.graph, facts)
    guard !nodes.isEmpty, let opset = state.model.opsetVersion(domain: "") else { return .unchanged }
    let outputs = nodes.compactMap { state.model.graph.nodes[$0].outputs.first ?? nil }
    let statistics = try session.statistics(of: outputs, in: state.model)
    state.restored.before = Compilation.Original(model: state.model, facts: try state.inferred())
    var graph = state.model.graph
    var names = UniqueNames(graph)
    var restored: [Int: Node] = [:]
    for position in nodes {
      guard let output = graph.nodes[position].outputs.first ?? nil, let found = statistics[output],
        let weight = graph.nodes[position].inputs[1], let type = facts[weight].elementType
      else { continue }
      let base = graph[output].name
      func constant(_ suffix: String, _ numbers: [Float]) throws -> ValueID {
        let name = names.claim("\(base).\(suffix)")
        let blank = Tensor(name: name, elementType: type, dims: [numbers.count], payload: .none)
        return graph.addValue(
          name, initializer: try numbers.withUnsafeBufferPointer { try blank.replacing(floats: $0) })
      }
      let scale = found.variance.map { ($0 + Self.epsilon).squareRoot() }
      let raw = graph.addValue(names.claim("\(base).raw"))
      let parameters = [
        try constant("scale", scale), try constant("shift", found.mean),
        try constant("mean", found.mean), try constant("variance", found.variance),
      ]
      var attributes = [Attribute("epsilon", .float(Self.epsilon)), Attribute("momentum", .float(0.9))]
      if opset < 7 { attributes.append(Attribute("is_test", .int(1))) }
      graph.nodes[position].outputs[0] = raw
      restored[position] = Node(
        id: graph.makeNodeID(), name: names.claim("\(base).normalization"), opType: "BatchNormalization",
        inputs: [raw] + parameters, outputs: [output], attributes: attributes)
    }
    graph.nodes = graph.nodes.enumerated().flatMap { [$1] + (restored[$0].map { [$0] } ?? []) }
    state.restored.nodes = restored.sorted { $0.key < $1.key }.map(\.value.id)
    state.model.graph = graph
    state.facts = try state.currentFacts()
    return .changed(detail: "\(restored.count) normalisations")
  }

  package func ensure(_ state: Compilation, after before: Compilation) throws {}

  /// Positions of the convolutions that are to get one.
  private static func bareConvolutions(_ graph: Graph, _ facts: GraphFacts) -> [Int] {
    let index = GraphIndex(graph)
    let initializers = Set(graph.initializers)
    func isOwn(_ value: ValueID) -> Bool {
      initializers.contains(value) && index.uses(of: value).count == 1
        && facts[value].elementType?.isRankable == true
    }
    return graph.nodes.indices.filter { position in
      let node = graph.nodes[position]
      guard node.opType == "Conv", node.canonicalDomain.isEmpty, graph.opened.bodyOfNode[node.id] == nil,
        node.inputs.count >= 2, node.inputs.dropFirst().allSatisfy({ $0.map(isOwn) ?? true }),
        let output = node.outputs.first ?? nil, !index.outputs.contains(output),
        index.captured[output] == nil, let shape = facts[output].knownShape, shape.count >= 3,
        shape[2...].reduce(1, *) > 1
      else { return false }
      let readers = index.uses(of: output).map { graph.nodes[$0.node] }
      return !readers.contains { $0.opType == "BatchNormalization" && $0.canonicalDomain.isEmpty }
    }
  }
}
