import Analysis
import GraphIR

/// Which constants of a network are learned: what operators call their parameters, and what those are computed from
/// (a weight that the file stores transposed, say).
///
/// Single numbers are not: exporters write the 2 and the √2 of a formula as they write a scale.
enum TrainableConstants {
  static func values(_ model: Model, _ facts: GraphFacts) -> Set<ValueID> {
    let graph = model.graph
    var trainable: Set<ValueID> = []
    for node in graph.nodes {
      guard let known = facts.known(node.id), !facts.isDerived(node) else { continue }
      for operand in known.cost(facts.signature(of: node.id)).parameterOperands {
        if node.inputs.indices.contains(operand), let value = node.inputs[operand],
          facts[value].isConstantDerived
        {
          trainable.insert(value)
        }
      }
    }
    for node in graph.nodes.reversed() where facts.isDerived(node) && !node.isConstant {
      guard node.outputs.contains(where: { $0.map(trainable.contains) ?? false }) else { continue }
      for case let input? in node.inputs where facts[input].elementType?.isRankable == true {
        trainable.insert(input)
      }
    }
    return trainable.filter { facts[$0].constant.map { $0.count > 1 && $0.elementType.isRankable } ?? false }
  }
}
