import Analysis
import GraphIR
import Operators

/// The nodes of a graph that have to run for some of its values.
struct NeededNodes {
  private let isNeeded: [Bool]

  /// - Parameter outputs: what is wanted. What is known before anything runs takes no node.
  init(_ graph: Graph, _ facts: GraphFacts, _ index: GraphIndex, for outputs: [ValueID]) {
    var isNeeded = [Bool](repeating: false, count: graph.nodes.count)
    var pending = outputs
    while let value = pending.popLast() {
      guard let position = index.producer(of: value), !isNeeded[position],
        !facts[value].isKnownBeforeRunning
      else { continue }
      isNeeded[position] = true
      let node = graph.nodes[position]
      let inputs = (facts.known(node.id) as? any ComputableOperator)?.neededInputs(
        facts.signature(of: node.id))
      pending += (inputs ?? Array(node.inputs.indices)).compactMap { node.inputs[$0] }
    }
    self.isNeeded = isNeeded
  }

  /// - Parameter position: in ``Graph/nodes``.
  subscript(position: Int) -> Bool { isNeeded[position] }
}

extension ValueFact {
  /// A constant of the file, or integers that inference has computed.
  var isKnownBeforeRunning: Bool {
    if constant != nil { return true }
    return knownContent != nil && elementType.map { !$0.isFloatingPoint } ?? true
  }
}
