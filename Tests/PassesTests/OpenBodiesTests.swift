import Analysis
import GraphIR
import Operators
import Passes
import TestSupport
import Testing

@Suite("Opened bodies")
struct OpenBodiesTests {
  /// A body that sees values of the graph around it by name.
  private func body(_ name: String, captures: [String], _ make: (inout ModelMaker) -> Void) -> Graph {
    var maker = ModelMaker()
    let ids = captures.map { maker.id($0) }
    make(&maker)
    var graph = maker.model.graph
    graph.name = name
    graph.captures = ids
    return graph
  }

  /// One branch: two convolutions with weights of its own, 2 channels to 4 to `width`.
  private func branch(_ name: String, reading x: String, width: Int = 6) -> Graph {
    body(name, captures: [x]) { maker in
      maker.weight("w1", [width, 4, 1, 1])
      maker.weight("w2", [4, width, 1, 1])
      maker.node("Conv", [x, "w1"], ["\(name).a"], name: "first")
      maker.node("Conv", ["\(name).a", "w2"], ["\(name).b"], name: "second")
      maker.output("\(name).b", ["batch", 4, 8, 8])
    }
  }

  /// A convolution, an If, and a convolution to the output.
  private func choice(_ then: Graph, _ other: Graph) -> Model {
    var maker = ModelMaker()
    maker.input("x", ["batch", 2, 8, 8])
    maker.input("flag", [])
    maker.weight("stem", [4, 2, 1, 1])
    maker.weight("last", [3, 4, 1, 1])
    maker.node("Conv", ["x", "stem"], ["s"], name: "stem")
    maker.node(
      "If", ["flag"], ["m"],
      [Attribute("then_branch", .graph(then)), Attribute("else_branch", .graph(other))], name: "choice")
    maker.node("Conv", ["m", "last"], ["y"], name: "last")
    maker.output("y", ["batch", 3, 8, 8])
    return maker.model
  }

  private func compile(_ model: Model, rate: Double) throws -> Compilation {
    var state = Compilation(model, registry: .standard, inputShapes: [:])
    try Pipeline([
      OpenBodies(), InferShapes(), ScoreFilters(.l2) { _ in nil },
      SelectFilters(SelectionRules(rate: rate)), RemoveZeroedFilters(), FixUpChannels(), RemoveDeadNodes(),
      VerifyInterface(),
    ]).run(on: &state)
    return state
  }

  private func constants(_ graph: Graph) -> [String] {
    graph.initializers.map { "\(graph[$0].name) \(graph[$0].initializer?.dims ?? [])" }
  }

  @Test("are closed again as they were")
  func roundTrip() throws {
    let model = choice(branch("yes", reading: "s"), branch("no", reading: "s"))
    var state = Compilation(model, registry: .standard, inputShapes: [:])
    try Pipeline([OpenBodies()]).run(on: &state)
    #expect(state.model.graph.nodes.map(\.opType) == ["Conv", "Conv", "Conv", "Conv", "Conv", "If", "Conv"])
    #expect(state.closedModel.text() == model.text())
  }

  @Test("lose channels inside, with the graph around them, and across the branches of an If")
  func branches() throws {
    let state = try compile(
      choice(branch("yes", reading: "s"), branch("no", reading: "s", width: 8)), rate: 0.5)
    let graph = state.closedModel.graph
    #expect(constants(graph) == ["stem [2, 2, 1, 1]", "last [3, 2, 1, 1]"])
    let bodies = graph.nodes.flatMap(\.subgraphs)
    #expect(
      bodies.map(constants) == [
        ["w1 [3, 2, 1, 1]", "w2 [2, 3, 1, 1]"], ["w1 [4, 2, 1, 1]", "w2 [2, 4, 1, 1]"],
      ])
    #expect(bodies.map { $0.outputs[0].type?.tensor?.dims?[1].extent } == [.value(2), .value(2)])
    #expect(state.groups?.groups.map(\.id) == ["stem", "first", "second", "first#2"])
    let names = Set(state.groups?.groups.flatMap(\.axes).map { state.model.graph[$0.value].name } ?? [])
    #expect(names.isSuperset(of: ["w1", "choice/else_branch/w1"]))
  }

  @Test("stay whole where nodes contradict the shapes around them")
  func deadBranch() throws {
    let dead = body("dead", captures: ["s"]) { maker in
      maker.integers("axes", [1])
      maker.weight("w", [4, 4, 1, 1])
      maker.node("Squeeze", ["s", "axes"], ["d"], name: "squeeze")
      maker.node("Conv", ["d", "w"], ["e"], name: "conv")
      maker.output("e")
    }
    let state = try compile(choice(branch("yes", reading: "s"), dead), rate: 0.5)
    let graph = state.closedModel.graph
    #expect(constants(graph) == ["stem [4, 2, 1, 1]", "last [3, 2, 1, 1]"])
    #expect(
      graph.nodes.flatMap(\.subgraphs).map(constants) == [
        ["w1 [3, 4, 1, 1]", "w2 [2, 3, 1, 1]"], ["axes [1]", "w [2, 4, 1, 1]"],
      ])
  }

  @Test("keep the nodes that mending adds")
  func addedNodes() throws {
    let flat = body("yes", captures: ["s", "channels"]) { maker in
      maker.integers("zero", [0])
      maker.integers("one", [1])
      maker.weight("w1", [6, 4, 8, 8])
      maker.weight("w2", [4, 6, 1, 1])
      maker.node("Conv", ["s", "w1"], ["a"], name: "first")
      maker.node("Shape", ["a"], ["shape"])
      maker.node("Slice", ["shape", "zero", "one"], ["n"])
      maker.node(
        "Concat", ["n", "channels", "one", "one"], ["target"], [Attribute("axis", .int(0))], name: "join")
      maker.node("Reshape", ["a", "target"], ["b"], name: "reshape")
      maker.node("Conv", ["b", "w2"], ["c"], name: "second")
      maker.node("Identity", ["target"], ["seen"], name: "seen")
      maker.output("c")
      maker.output("seen")
    }
    let other = body("no", captures: ["s", "shape of no"]) { maker in
      maker.output("s")
      maker.output("shape of no")
    }
    var model = choice(flat, other)
    var maker = ModelMaker()
    maker.integers("channels", [6])
    maker.integers("shape of no", [1, 4, 1, 1])
    for (id, tensor) in maker.model.graph.constants.sorted(by: { $0.key < $1.key }) {
      _ = model.graph.addValue(maker.model.graph[id].name, initializer: tensor)
    }
    let seen = model.graph.addValue("seen outside")
    model.graph.nodes[1].outputs.append(seen)
    model.graph.outputs.append(ValueInfo(value: seen, type: nil))
    let graph = try compile(model, rate: 0.5).closedModel.graph
    let body = try #require(graph.nodes[1].subgraphs.first)
    #expect(body.nodes.filter { $0.opType == "Concat" }.map(\.name) == ["join", "join.1"])
    #expect(body.captures.map { body[$0].name } == ["s", "channels", "channels.1"])
    #expect(constants(graph).contains("channels.1 [1]"))
  }
}
