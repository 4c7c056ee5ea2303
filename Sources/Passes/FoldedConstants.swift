import Analysis
import GraphIR

/// The weights that `fold-constants` stored, and the graph that computed them.
package struct FoldedConstants: Sendable {
  /// The graph before anything was folded; ids are the same.
  package let before: Graph
  /// What each folded value was.
  package internal(set) var tensors: [ValueID: Tensor] = [:]

  init(before: Graph) { self.before = before }

  // MARK: - Storing

  /// The graph with the values stored, and without the nodes that nothing reads any more.
  ///
  /// - Parameter asInitializers: values of the graph itself become initializers. Before IR version 4 those would be inputs, and a
  ///   body's are the body's own: there a `Constant` takes the place of the node.
  func storing(asInitializers: Bool) -> Graph {
    var graph = before
    var names = UniqueNames(graph)
    let index = GraphIndex(graph)
    for (id, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
      guard let position = index.producer(of: id) else { continue }
      let isAlone = graph.nodes[position].outputs.allSatisfy { $0 == nil || $0 == id }
      if isAlone, !asInitializers || graph.opened.bodyOfNode[graph.nodes[position].id] != nil {
        graph.nodes[position].makeConstant(tensor, giving: id)
        continue
      }
      // The node may go on for its other results.
      let unread = graph.addValue(names.make(graph[id].name))
      graph.nodes[position].outputs = graph.nodes[position].outputs.map { $0 == id ? unread : $0 }
      graph[id].initializer = tensor
      graph.initializers.append(id)
    }
    removeIdleNodes(from: &graph)
    return graph
  }

  /// Removes nodes that served nothing but what is stored now.
  private func removeIdleNodes(from graph: inout Graph) {
    let wasRead = GraphIndex(before)
    let captured = Set(GraphIndex(graph).captured.keys)
    var isRead = [Bool](repeating: false, count: graph.values.count)
    for output in graph.outputs { isRead[output.value.index] = true }
    for id in captured { isRead[id.index] = true }
    var kept: [Node] = []
    for node in graph.nodes.reversed() {
      let outputs = node.outputs.compactMap { $0 }
      let isIdle =
        !outputs.contains { isRead[$0.index] }
        && outputs.contains { $0.index >= before.values.count || !wasRead.uses(of: $0).isEmpty }
      if isIdle { continue }
      for case let input? in node.inputs { isRead[input.index] = true }
      kept.append(node)
    }
    graph.nodes = kept.reversed()
  }

  // MARK: - Computing again

  /// A graph, made of the one that ``storing(asInitializers:)`` gave, that computes all of the values again. Numbers of theirs that
  /// are zero now are set to zero behind the nodes that compute them.
  package func computingAll(in graph: Graph) throws -> Graph {
    let constants = graph.constants
    var masks: [ValueID: Tensor] = [:]
    for (id, tensor) in tensors {
      guard let present = constants[id], present.bytes != tensor.bytes, let numbers = present.doubles else {
        continue
      }
      let mask = numbers.map { $0 == 0 ? Float(0) : 1 }
      masks[id] = try mask.withUnsafeBufferPointer { try present.replacing(floats: $0) }
    }
    return computing(Set(tensors.keys), in: graph, masks: masks)
  }

  /// All that a value is computed from, itself included.
  func sources(of value: ValueID, _ index: GraphIndex) -> Set<ValueID> {
    var found: Set<ValueID> = [value]
    var pending = [value]
    while let id = pending.popLast() {
      guard let position = index.producer(of: id) else { continue }
      for case let input? in before.nodes[position].inputs where found.insert(input).inserted {
        pending.append(input)
      }
    }
    return found
  }

  /// A graph, made of the one that ``storing(asInitializers:)`` gave, that computes some of the folded values again.
  ///
  /// - Parameter masks: what the computed values are multiplied with, by value.
  func computing(_ values: Set<ValueID>, in graph: Graph, masks: [ValueID: Tensor] = [:]) -> Graph {
    var graph = graph
    let index = GraphIndex(before)
    var needed: Set<Int> = []
    var pending = Array(values)
    let stored = Set(tensors.keys).subtracting(values)
    while let id = pending.popLast() {
      guard !stored.contains(id), let position = index.producer(of: id), needed.insert(position).inserted
      else { continue }
      pending += before.nodes[position].inputs.compactMap { $0 }
    }
    graph.initializers.removeAll { values.contains($0) }
    for id in values { graph[id].initializer = nil }
    let places = Dictionary(uniqueKeysWithValues: before.nodes.enumerated().map { ($1.id, $0) })
    let restored = Set(needed.map { before.nodes[$0].id })
    // A node that was added since stands in front of the one that it serves.
    var placed: [(place: Int, node: Node)] = []
    var place = before.nodes.count
    for node in graph.nodes.reversed() {
      place = places[node.id] ?? place
      if !restored.contains(node.id) { placed.append((place, node)) }
    }
    placed.reverse()
    var names = UniqueNames(graph)
    var all: [Node] = []
    var rest = needed.sorted()[...]
    func restore(upTo place: Int) {
      while let next = rest.first, next < place {
        rest.removeFirst()
        var node = before.nodes[next]
        var products: [Node] = []
        for (output, id) in node.outputs.enumerated() {
          guard let id else { continue }
          if let mask = masks[id], values.contains(id) {
            let whole = graph.addValue(names.make(graph[id].name))
            let factor = graph.addValue(names.make(graph[id].name), initializer: mask)
            node.outputs[output] = whole
            products.append(
              Node(
                id: graph.makeNodeID(), name: nil, opType: "Mul", inputs: [whole, factor], outputs: [id]))
          } else if stored.contains(id) {
            node.outputs[output] = graph.addValue(names.make(graph[id].name))
          }
        }
        all += [node] + products
      }
    }
    for (place, node) in placed {
      restore(upTo: place)
      all.append(node)
    }
    restore(upTo: .max)
    graph.nodes = all
    return graph
  }
}

extension Node {
  /// Turns the node into a `Constant` in its place.
  fileprivate mutating func makeConstant(_ tensor: Tensor, giving id: ValueID) {
    opType = "Constant"
    (domain, overload) = (nil, nil)
    (inputs, outputs) = ([], [id])
    attributes = [Attribute("value", .tensor(tensor))]
  }
}
