import Analysis
import GraphIR
import Operators
import Passes
import TestSupport
import Testing

@Suite("Weights that are computed from constants")
struct FoldConstantsTests {
  private func folded(_ model: Model) throws -> Compilation {
    var state = Compilation(model, registry: .standard, inputShapes: [:])
    try Pipeline([OpenBodies(), InferShapes(), FoldConstants()]).run(on: &state)
    return state
  }

  private func compile(_ model: Model, rate: Double) throws -> Compilation {
    var state = Compilation(model, registry: .standard, inputShapes: [:])
    try Pipeline([
      OpenBodies(), InferShapes(), FoldConstants(), SeparateConstants(), ScoreFilters(.l2) { _ in nil },
      SelectFilters(SelectionRules(rate: rate)), RemoveZeroedFilters(), FixUpChannels(), RejoinConstants(),
      UnfoldConstants(), RemoveDeadNodes(), VerifyInterface(),
    ]).run(on: &state)
    return state
  }

  /// x → Conv with what `weight` computes as `used` [4, 2, 1, 1] → Conv to the output.
  private func network(
    opset: Int64 = 17, irVersion: Int64 = 8, _ weight: (inout ModelMaker) -> Void
  ) -> Model {
    var maker = ModelMaker(opset: opset, irVersion: irVersion)
    maker.input("x", ["batch", 2, 8, 8])
    weight(&maker)
    maker.node("Conv", ["x", "used"], ["s"], name: "first")
    maker.weight("last", [3, 4, 1, 1])
    maker.node("Conv", ["s", "last"], ["y"], name: "second")
    maker.output("y", ["batch", 3, 8, 8])
    return maker.model
  }

  private func standardised(_ maker: inout ModelMaker, _ name: String = "used") {
    maker.weight("\(name).w", [4, 2, 1, 1])
    maker.node("ReduceMean", ["\(name).w"], ["\(name).mean"], [Attribute("axes", .ints([1, 2, 3]))])
    maker.node("Sub", ["\(name).w", "\(name).mean"], [name])
  }

  private func constants(_ graph: Graph) -> [String] {
    graph.initializers.map { "\(graph[$0].name) \(graph[$0].initializer?.dims ?? [])" }
  }

  @Test("are stored by the name of the value, with the numbers that the graph computes")
  func stored() throws {
    let state = try folded(network { standardised(&$0) })
    let graph = state.model.graph
    #expect(graph.nodes.map(\.opType) == ["Conv", "Conv"])
    let constants = graph.constants
    let names = graph.valuesByName
    let weight = try #require(names["used.w"].flatMap { constants[$0]?.doubles })
    let used = try #require(names["used"].flatMap { constants[$0]?.doubles })
    for filter in 0..<4 {
      let (a, b) = (weight[2 * filter], weight[2 * filter + 1])
      #expect(abs(used[2 * filter] - (a - b) / 2) < 1e-6)
      #expect(abs(used[2 * filter + 1] - (b - a) / 2) < 1e-6)
    }
  }

  @Test("lose channels, and what they were computed from goes")
  func cut() throws {
    let state = try compile(network { standardised(&$0) }, rate: 0.5)
    #expect(constants(state.model.graph) == ["last [3, 2, 1, 1]", "used [2, 2, 1, 1]"])
  }

  @Test("are computed again as the file has it where they lost nothing")
  func computedAgain() throws {
    let model = network { standardised(&$0) }
    let state = try compile(model, rate: 0)
    #expect(state.model.text() == model.text())
  }

  @Test("are left to the nodes that channels can be followed through")
  func followed() throws {
    let model = network { maker in
      maker.weight("w", [2, 4, 1, 1])
      maker.weight("scale", [], [0.5])
      maker.node("Transpose", ["w"], ["t"], [Attribute("perm", .ints([1, 0, 2, 3]))])
      maker.node("Mul", ["t", "scale"], ["used"])
    }
    #expect(try folded(model).folded == nil)
    let compiled = try compile(model, rate: 0.5)
    #expect(constants(compiled.model.graph) == ["w [2, 2, 1, 1]", "scale []", "last [3, 2, 1, 1]"])
  }

  @Test("are followed only where zero stays zero along the channel's own axis")
  func shifted() throws {
    let state = try folded(
      network { maker in
        maker.weight("w", [4, 2, 1, 1])
        maker.weight("shift", [4, 1, 1, 1])
        maker.node("Add", ["w", "shift"], ["used"])
      })
    #expect(state.folded?.tensors.count == 1)
  }

  @Test("become Constant nodes before IR version 4, and inside bodies")
  func constantNodes() throws {
    let old = try folded(network(opset: 8, irVersion: 3) { standardised(&$0) })
    #expect(old.model.graph.nodes.map(\.opType) == ["Constant", "Conv", "Conv"])

    var branch = ModelMaker()
    let outer = branch.id("s")
    standardised(&branch)
    branch.weight("back", [2, 4, 1, 1])
    branch.node("Conv", ["s", "used"], ["wide"], name: "wide")
    branch.node("Conv", ["wide", "back"], ["r"], name: "back")
    branch.output("r", ["batch", 2, 8, 8])
    var body = branch.model.graph
    body.captures = [outer]
    var maker = ModelMaker()
    maker.input("x", ["batch", 2, 8, 8])
    maker.input("flag", [])
    maker.node("Relu", ["x"], ["s"])
    maker.node(
      "If", ["flag"], ["y"], [Attribute("then_branch", .graph(body)), Attribute("else_branch", .graph(body))]
    )
    maker.output("y", ["batch", 2, 8, 8])
    let graph = try compile(maker.model, rate: 0.5).closedModel.graph
    for body in graph.nodes.flatMap(\.subgraphs) {
      #expect(body.nodes.map(\.opType) == ["Constant", "Conv", "Conv"])
      #expect(body.nodes[0].constantTensor?.dims == [2, 2, 1, 1])
      #expect(constants(body) == ["back [2, 2, 1, 1]"])
    }
  }

  @Test("leave a node in its place whose other results somebody reads")
  func otherResults() throws {
    let model = network { maker in
      maker.weight("w", [4, 4, 1, 1])
      maker.weight("other", [2, 2, 1, 1])
      maker.node("ReduceMean", ["w"], ["mean"], [Attribute("axes", .ints([1, 2, 3]))])
      maker.node("Sub", ["w", "mean"], ["whole"])
      maker.node("Split", ["whole"], ["used", "rest"], [Attribute("axis", .int(1))])
      maker.output("rest")
    }
    let graph = try folded(model).model.graph
    #expect(graph.nodes.contains { $0.opType == "Split" || $0.opType == "Sub" })
    try graph.verify()
  }

  /// Why the first layer's weights stay, in one text.
  private func reason(_ weight: (inout ModelMaker) -> Void) throws -> String? {
    try reason(network(weight))
  }

  private func reason(_ model: Model) throws -> String? {
    var state = try folded(model)
    try Pipeline([ScoreFilters(.l2) { _ in nil }]).run(on: &state)
    #expect(state.folded == nil)
    let reasons = (state.groups?.pinned ?? []).filter { $0.layer == "first" }.map(\.pin.reason)
    return reasons.isEmpty ? nil : Set(reasons).sorted().joined(separator: "; ")
  }

  @Test("stay where storing them would make a small file large")
  func large() throws {
    var maker = ModelMaker()
    maker.input("x", ["batch", 1024])
    maker.integers("shape", [1024, 2048])
    maker.node("ConstantOfShape", ["shape"], ["zeros"])
    maker.weight("one", [], [1])
    maker.node("Add", ["zeros", "one"], ["used"])
    maker.node("MatMul", ["x", "used"], ["s"], name: "first")
    maker.weight("last", [2048, 3])
    maker.node("MatMul", ["s", "last"], ["y"], name: "second")
    maker.output("y", ["batch", 3])
    let reason = try reason(maker.model)
    let wanted = "is computed from constants, and would make the file larger by 8388588 bytes, were it stored"
    #expect(reason?.contains(wanted) ?? false)
  }

  @Test("stay where they need what the compiler does not have")
  func notComputed() throws {
    let double = try reason { maker in
      maker.add("w", .double, [4, 2, 1, 1], [Double](repeating: 1, count: 8))
      maker.add("shift", .double, [4, 1, 1, 1], [Double](repeating: 1, count: 4))
      maker.node("Add", ["w", "shift"], ["wide"])
      maker.node("Cast", ["wide"], ["used"], [Attribute("to", .int(1))])
    }
    #expect(double?.contains("double precision") ?? false || double?.contains("a type") ?? false)
    let random = try reason { maker in
      maker.weight("w", [4, 2, 1, 1])
      maker.node("RandomNormalLike", ["w"], ["noise"])
      maker.node("Add", ["w", "noise"], ["used"])
    }
    // The node that draws reads the weights.
    #expect(random == "is read as a whole")
    let integers = try reason { maker in
      maker.add("q", .int8, [4, 2, 1, 1], [Int8](repeating: 3, count: 8))
      maker.weight("scale", [4, 1, 1, 1])
      maker.node("Cast", ["q"], ["f"], [Attribute("to", .int(1))])
      maker.node("Add", ["f", "scale"], ["used"])
    }
    #expect(integers?.contains("integers that stand for weights") ?? false)
  }
}
