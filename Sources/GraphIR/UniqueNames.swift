/// Makes names that no value and no node of a graph has.
package struct UniqueNames: Sendable {
  private var taken: Set<String>
  /// By base: the last number that was given.
  private var numbers: [String: Int] = [:]

  package init(_ graph: Graph) {
    self.init(ofValuesIn: graph)
    taken.formUnion(UniqueNames(ofNodesIn: graph).taken)
  }

  /// Of values alone: nodes may be named as they are.
  package init(ofValuesIn graph: Graph) {
    taken = Set(graph.values.map(\.name))
    // Bodies of control-flow nodes see the names of the graph around them.
    graph.forEachNode { for body in $0.subgraphs { taken.formUnion(body.values.map(\.name)) } }
  }

  /// Of nodes alone: values may be named as they are.
  package init(ofNodesIn graph: Graph) {
    taken = []
    graph.forEachNode { if let name = $0.name { taken.insert(name) } }
  }

  /// `base.1`, `base.2`, ...: the first that is free.
  package mutating func make(_ base: String) -> String {
    var number = numbers[base, default: 0] + 1
    while !taken.insert("\(base).\(number)").inserted { number += 1 }
    numbers[base] = number
    return "\(base).\(number)"
  }

  /// `name` itself where it is free.
  package mutating func claim(_ name: String) -> String { taken.insert(name).inserted ? name : make(name) }

  /// `name` where it is free, else `longer`.
  package mutating func claim(_ name: String, otherwise longer: @autoclosure () -> String) -> String {
    taken.insert(name).inserted ? name : claim(longer())
  }
}
