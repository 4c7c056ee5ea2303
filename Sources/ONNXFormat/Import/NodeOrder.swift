import COnnx
import GraphIR

extension GraphImporter {
  /// Why a node's input is not there yet: computed further down, by a cycle, or nowhere.
  func explainMissing(_ name: String, neededBy index: Int) -> CompileError {
    var scope: GraphImporter? = self
    while let graph = scope {
      if let producer = graph.firstProducer(of: name) {
        if graph === self, isOnCycle(index) {
          return CompileError("graph-cycle", "input '\(name)' depends on the node's own output")
        }
        return CompileError(
          "unsorted-nodes", "input '\(name)' is computed by node #\(producer), further down in the file",
          hint: "sort the nodes topologically, as ONNX requires")
      }
      scope = graph.parent
    }
    return CompileError(
      "dangling-name", "input '\(name)' is neither a graph input, an initializer nor a node's output")
  }

  private func firstProducer(of name: String) -> Int? {
    messages(proto.n_node, proto.node).enumerated().first { _, node in
      strings(node.pointee.n_output, node.pointee.output).contains { ExactName($0) == ExactName(name) }
    }?.offset
  }

  /// Whether the node reaches itself through the graph's edges; each edge is followed once.
  private func isOnCycle(_ start: Int) -> Bool {
    let nodes = Array(messages(proto.n_node, proto.node))
    var producers: [ExactName: Int] = [:]
    for (index, node) in nodes.enumerated() {
      for name in strings(node.pointee.n_output, node.pointee.output) where !name.isEmpty {
        producers[ExactName(name)] = index
      }
    }
    var visited: Set<Int> = []
    var pending = [start]
    while let index = pending.popLast() {
      for name in strings(nodes[index].pointee.n_input, nodes[index].pointee.input) {
        guard let producer = producers[ExactName(name)] else { continue }
        if producer == start { return true }
        if visited.insert(producer).inserted { pending.append(producer) }
      }
    }
    return false
  }
}
