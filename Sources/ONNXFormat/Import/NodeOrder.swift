import COnnx
import GraphIR

extension GraphImporter {
  /// Why a node's input is not there yet: computed further down, where the graph that does so has to be sorted, or
  /// nowhere.
  func explainMissing(_ name: String) -> CompileError {
    var scope: GraphImporter? = self
    while let graph = scope {
      if graph.computes(name) {
        graph.isUnsorted = true
        return CompileError("unsorted-nodes", "input '\(name)' is computed further down in the file")
      }
      scope = graph.parent
    }
    return CompileError(
      "dangling-name", "input '\(name)' is neither a graph input, an initializer nor a node's output")
  }

  private func computes(_ name: String) -> Bool {
    messages(proto.n_node, proto.node).contains { node in
      strings(node.pointee.n_output, node.pointee.output).contains { ExactName($0) == ExactName(name) }
    }
  }
}

/// An order in which a graph's nodes can run: as in the file, but for nodes that others before them need.
enum NodeOrder {
  /// Positions in the file.
  ///
  /// - Throws: `graph-cycle` naming a node that needs its own output.
  static func order(of graph: Onnx__GraphProto) throws -> [Int] {
    let nodes = Array(messages(graph.n_node, graph.node))
    var producers: [ExactName: Int] = [:]
    for (index, node) in nodes.enumerated() {
      for name in strings(node.pointee.n_output, node.pointee.output) where !name.isEmpty {
        producers[ExactName(name)] = index
      }
    }
    enum Mark { case new, open, done }
    var marks = [Mark](repeating: .new, count: nodes.count)
    var order: [Int] = []
    order.reserveCapacity(nodes.count)
    /// Nodes that wait for others, with the names that they read and how many of those were looked at.
    var waiting: [(node: Int, names: [String], next: Int)] = []
    for start in nodes.indices where marks[start] == .new {
      marks[start] = .open
      waiting.append((start, reads(of: nodes[start].pointee), 0))
      while let (node, names, next) = waiting.last {
        guard next < names.count else {
          marks[node] = .done
          order.append(node)
          waiting.removeLast()
          continue
        }
        waiting[waiting.count - 1].next += 1
        guard let producer = producers[ExactName(names[next])] else { continue }
        switch marks[producer] {
        case .done: continue
        case .open:
          // The node that was come to first, and what it waits for.
          let first = waiting.first { $0.node == producer }.map { $0.names[$0.next - 1] } ?? names[next]
          throw CompileError("graph-cycle", "input '\(first)' depends on the node's own output")
            .at(label(of: nodes[producer].pointee, producer))
        case .new:
          marks[producer] = .open
          waiting.append((producer, reads(of: nodes[producer].pointee), 0))
        }
      }
    }
    return order
  }

  /// What a node needs: its inputs, and what its bodies read from around them.
  private static func reads(of node: Onnx__NodeProto) -> [String] {
    var names = strings(node.n_input, node.input).filter { !$0.isEmpty }
    for body in bodies(of: node) { names += captures(of: body) }
    return names
  }

  private static func bodies(of node: Onnx__NodeProto) -> [Onnx__GraphProto] {
    messages(node.n_attribute, node.attribute).flatMap { attribute in
      (attribute.pointee.g.map { [$0.pointee] } ?? [])
        + messages(attribute.pointee.n_graphs, attribute.pointee.graphs).map(\.pointee)
    }
  }

  /// Names that a body reads and does not define, sorted.
  private static func captures(of body: Onnx__GraphProto) -> [String] {
    var own: Set<String> = []
    own.formUnion(messages(body.n_input, body.input).compactMap { text($0.pointee.name) })
    own.formUnion(messages(body.n_initializer, body.initializer).compactMap { text($0.pointee.name) })
    own.formUnion(
      messages(body.n_sparse_initializer, body.sparse_initializer).compactMap {
        $0.pointee.values.flatMap { text($0.pointee.name) }
      })
    var read: Set<String> = Set(messages(body.n_output, body.output).compactMap { text($0.pointee.name) })
    for node in messages(body.n_node, body.node) {
      own.formUnion(strings(node.pointee.n_output, node.pointee.output))
      read.formUnion(reads(of: node.pointee))
    }
    return read.subtracting(own).sorted()
  }

  private static func label(of node: Onnx__NodeProto, _ index: Int) -> String {
    let opType = text(node.op_type) ?? ""
    return Node(id: NodeID(index), name: text(node.name), opType: opType, inputs: [], outputs: []).label
  }
}
