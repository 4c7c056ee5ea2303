import Analysis
import GraphIR
import Platform

/// How much work the nodes of a network are, and which of them fit a budget.
package struct PartWork {
  package struct Budget: Sendable {
    /// Multiply-accumulates, or what takes as long.
    package var cost: Int
    /// Operands and results of all nodes: their memory is planned.
    package var operands: Int

    package init(cost: Int, operands: Int) {
      self.cost = cost
      self.operands = operands
    }
  }

  private let nodes: [NodeID]
  private let costs: [Int]
  private let operands: [Int]
  private var range: Range<Int>

  /// Reading and writing a number takes as long as so many multiply-accumulates, and beginning a kernel.
  private static let costOfNumber = 30
  private static let costOfNode = 20_000
  /// Where an operator does not say how much it multiplies.
  private static let productsOfNumber = 500

  /// - Parameter nodes: in order.
  init(_ nodes: [Node], _ facts: GraphFacts, memoryLimit: Int?) {
    self.nodes = nodes.map(\.id)
    let limit = memoryLimit ?? MemoryBudget.standard
    costs = nodes.map { Self.cost($0, facts, limit) }
    operands = nodes.map { $0.inputs.count + $0.outputs.count }
    range = 0..<nodes.count
  }

  /// A node of which nothing is known, or whose results do not fit in memory, will not be run.
  private static func cost(_ node: Node, _ facts: GraphFacts, _ memoryLimit: Int) -> Int {
    var numbers = 0
    for case let output? in node.outputs {
      guard let count = facts[output].knownShape?.product, count <= memoryLimit / MemoryLayout<Float>.stride
      else { return 0 }
      numbers += count
    }
    let cost = facts.known(node.id)?.cost(facts.signature(of: node.id))
    let products = cost.map { $0.multiplyAccumulates ?? productsOfNumber * numbers } ?? 0
    return products + costOfNumber * numbers + costOfNode
  }

  private static func sum(_ costs: some Sequence<Int>) -> Int {
    costs.reduce(0) { total, cost in
      let (sum, overflow) = total.addingReportingOverflow(cost)
      return overflow ? .max : sum
    }
  }

  var cost: Int { Self.sum(costs[range]) }

  /// Half of what is run at present; nil where that is a single node.
  var halved: Budget? {
    range.count > 1 ? Budget(cost: cost / 2, operands: Self.sum(operands[range]) / 2) : nil
  }

  /// Goes back to as many neighbouring nodes as a budget allows, the first of several such runs. Where each is too much
  /// work, the least is taken, if it is not ``tolerance`` times what is allowed.
  ///
  /// - Returns: the nodes outside.
  mutating func fit(_ budget: Budget) -> [NodeID] {
    guard cost > budget.cost || Self.sum(operands[range]) > budget.operands else { return [] }
    var best = range.lowerBound..<range.lowerBound
    var start = range.lowerBound
    var (work, size) = (0, 0)
    // What is too large by itself counts as just too large, so that sums do not overflow.
    func term(_ value: Int, _ limit: Int) -> Int { min(value, limit + 1) }
    for end in range {
      work += term(costs[end], budget.cost)
      size += term(operands[end], budget.operands)
      while work > budget.cost || size > budget.operands {
        work -= term(costs[start], budget.cost)
        size -= term(operands[start], budget.operands)
        start += 1
      }
      if end + 1 - start > best.count { best = start..<end + 1 }
    }
    let single = range.filter {
      operands[$0] <= budget.operands && costs[$0] / Self.tolerance <= budget.cost
    }.min { (costs[$0], $0) < (costs[$1], $1) }
    if best.isEmpty, let single { best = single..<single + 1 }
    range = best
    return nodes.indices.filter { !best.contains($0) }.map { nodes[$0] }
  }

  private static let tolerance = 3
}
