import Analysis
import GraphIR
import Operators
import TestSupport
import Testing

@Suite("Facts of a graph")
struct GraphFactsTests {
  /// A network, what is known of it, and the same network after an edit that the facts have not seen.
  private func edited() throws -> (facts: GraphFacts, before: Graph, after: Graph) {
    let model = Networks.chain(bias: [1, 2, 3, 4])
    var after = model.graph
    let copy = after.addValue("copy", initializer: after.constants.values.first { $0.name == "b1" })
    after.nodes[0].inputs[2] = copy
    let node = Node(
      id: after.makeNodeID(), name: "new", opType: "Relu", inputs: [copy], outputs: [after.addValue("z")])
    after.nodes.append(node)
    return (try GraphFacts(of: model, registry: .standard), model.graph, after)
  }

  @Test("a node is what it was when it was inferred, whatever its operands are now")
  func signatures() throws {
    let (facts, before, after) = try edited()
    for (old, new) in zip(before.nodes, after.nodes) {
      let expected = old.inputs.map { $0.map { facts[$0] } }
      #expect(facts.signature(of: new.id).inputs == expected)
      #expect(facts.known(new.id) != nil)
    }
  }

  @Test("values and nodes that were added since are unknown")
  func additions() throws {
    let (facts, before, after) = try edited()
    for index in before.values.count..<after.values.count { #expect(facts[ValueID(index)] == .unknown) }
    for node in after.nodes.dropFirst(before.nodes.count) {
      #expect(facts.known(node.id) == nil)
      #expect(facts.signature(of: node.id).inputs.isEmpty)
    }
  }

  @Test("an index of one state of a graph finds no readers or makers of what was added since")
  func index() throws {
    let (_, before, after) = try edited()
    let index = GraphIndex(before)
    for value in (before.values.count..<after.values.count).map({ ValueID($0) }) {
      #expect(index.producer(of: value) == nil)
      #expect(index.uses(of: value).isEmpty)
    }
  }

  @Test("a constant that is taken over is known, and so is a node with other operands")
  func adoption() throws {
    var (facts, _, after) = try edited()
    let copy = try #require(after.nodes[0].inputs[2])
    facts.setConstant(copy, try #require(after[copy].initializer))
    facts.setInputs(of: after.nodes[0])
    #expect(facts[copy].isConstantDerived)
    #expect(facts.signature(of: after.nodes[0].id).input(2) == facts[copy])
  }
}
