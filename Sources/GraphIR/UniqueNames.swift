/// Makes names that no value and no node of a graph has.
package struct UniqueNames: Sendable {
  private var taken: Set<String>

  package init(_ graph: Graph) {
    taken = Set(graph.values.map(\.name))
    taken.formUnion(graph.nodes.compactMap(\.name))
    // Bodies of control-flow nodes see the names of the graph around them.
    for body in graph.nodes.flatMap(\.subgraphs) { taken.formUnion(UniqueNames(body).taken) }
  }

  /// `base.1`, `base.2`, ...: the first that is free.
  package mutating func make(_ base: String) -> String {
    var number = 1
    while !taken.insert("\(base).\(number)").inserted { number += 1 }
    return "\(base).\(number)"
  }
}
