import Analysis
import GraphIR

/// Outputs that tell classes apart.
package enum ClassScores {
  /// The logits behind an output: what goes into it where it is a Softmax's result, else the output itself.
  package static func logits(of output: ValueID, in graph: Graph) -> ValueID {
    let producer = graph.nodes.last { $0.outputs.contains(output) }
    guard producer?.opType == "Softmax", producer?.canonicalDomain == "",
      let source = producer?.inputs.first ?? nil
    else { return output }
    return source
  }

  /// Whether a value has one score a class: [N, K] with N the batch and K at least 2.
  package static func areScores(_ fact: ValueFact, batch: Int) -> Bool {
    guard fact.elementType?.isFloatingPoint == true, let shape = fact.knownShape else { return false }
    return shape.count == 2 && shape[0] == batch && shape[1] > 1
  }
}
