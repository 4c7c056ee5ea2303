import Analysis
import GraphIR
import Operators
import Passes
import TestSupport
import Testing

@Suite("Removal of channels")
struct RemovalTests {
  /// Removes members from the groups of a model, in order; groups that are not given lose none.
  private func remove(_ members: [[Int]], from model: Model) throws -> Compilation {
    var state = Compilation(model, registry: .standard, inputShapes: [:])
    try Pipeline([InferShapes(), ScoreFilters(.l2) { _ in nil }]).run(on: &state)
    let groups = try #require(state.groups).groups
    let entries = zip(groups, members).map { AdoptPlan.Entry(id: $0.id, size: $0.size, removed: $1) }
    try Pipeline([
      AdoptPlan(entries), RemoveZeroedFilters(), FixUpChannels(), RemoveDeadNodes(), VerifyInterface(),
    ])
    .run(on: &state)
    return state
  }

  /// The lines of the text form that begin with one of these words.
  private func lines(_ model: Model, _ words: String...) -> [String] {
    model.text().split(separator: "\n").map { $0.drop { $0 == " " } }.filter { line in
      words.contains { line.hasPrefix($0) }
    }.map(String.init)
  }

  @Test("cuts the layer that makes a channel, its bias, and the layer that reads it")
  func chain() throws {
    let state = try remove([[1, 2]], from: Networks.chain(bias: [10, 11, 12, 13]))
    #expect(
      lines(state.model, "constant") == [
        "constant w1: float[2, 2, 3, 3]", "constant b1: float[2]", "constant w2: float[3, 2, 1, 1]",
      ])
    let bias = state.model.graph.constants.values.first { $0.name == "b1" }
    #expect(bias?.doubles == [10, 13])
  }

  @Test("cuts both sides of a residual connection alike")
  func residual() throws {
    let state = try remove([[0], [1, 3, 5]], from: Networks.residual())
    #expect(
      lines(state.model, "constant") == [
        "constant stem.w: float[3, 2, 1, 1]", "constant inner.w: float[3, 3, 1, 1]",
        "constant outer.w: float[3, 3, 1, 1]", "constant last.w: float[3, 3, 1, 1]",
      ])
  }

  @Test("mends the shapes of a channel shuffle")
  func shuffle() throws {
    let state = try remove([[1]], from: Networks.shuffle())
    #expect(
      lines(state.model, "constant") == [
        "constant w1: float[4, 2, 1, 1]", "constant w2: float[3, 4, 1, 1]",
        "constant split: int64[5] {-1, 2, 2, 4, 4}",
        "constant merge: int64[4] {-1, 4, 4, 4}",
      ])
  }

  @Test("gives a node its own copy of a shape that others read too")
  func sharedShape() throws {
    var maker = ModelMaker()
    maker.input("x", ["batch", 2, 4, 4])
    maker.input("z", ["batch", 6])
    maker.weight("w1", [6, 2, 4, 4])
    maker.weight("w2", [3, 6])
    maker.integers("shape", [-1, 6])
    maker.node("Conv", ["x", "w1"], ["a"])
    maker.node("Reshape", ["a", "shape"], ["b"])
    maker.node("Gemm", ["b", "w2"], ["y"], [Attribute("transB", .int(1))])
    maker.node("Reshape", ["z", "shape"], ["u"])
    maker.output("y")
    maker.output("u")
    let state = try remove([[0, 5]], from: maker.model)
    #expect(
      lines(state.model, "constant shape") == [
        "constant shape: int64[2] {-1, 6}", "constant shape.1: int64[2] {-1, 4}",
      ])
  }

  @Test("copies the chain that computes a shape, from the constant on, where others read it too")
  func computedShape() throws {
    var maker = ModelMaker()
    maker.input("x", ["batch", 2, "height", "width"])
    maker.weight("w1", [6, 2, 1, 1])
    maker.weight("w2", [3, 6, 1, 1])
    maker.integers("channels", [6])
    maker.integers("zero", [0])
    maker.integers("one", [1])
    maker.integers("two", [2])
    maker.integers("four", [4])
    maker.node("Conv", ["x", "w1"], ["a"])
    maker.node("Shape", ["x"], ["shape"])
    maker.node("Slice", ["shape", "zero", "one"], ["n"])
    maker.node("Slice", ["shape", "two", "four"], ["map"])
    maker.node("Concat", ["n", "channels", "map"], ["target"], [Attribute("axis", .int(0))], name: "join")
    maker.node("Reshape", ["a", "target"], ["b"], name: "reshape")
    maker.node("Conv", ["b", "w2"], ["y"])
    maker.node("Identity", ["target"], ["seen"])
    maker.output("y")
    maker.output("seen")
    let state = try remove([[0]], from: maker.model)
    #expect(
      lines(state.model, "join", "reshape") == [
        "join = Concat(n, channels, map) {axis = 0} -> target",
        "join.1 = Concat(n, channels.1, map) {axis = 0} -> target.1",
        "reshape = Reshape(a, target.1) -> b",
      ])
    #expect(
      lines(state.model, "constant channels") == [
        "constant channels: int64[1] {6}", "constant channels.1: int64[1] {5}",
      ])
  }

  @Test("brings stated shapes up to date and leaves the interface alone")
  func statedShapes() throws {
    var maker = ModelMaker()
    maker.input("x", ["batch", 2, 8, 8])
    maker.weight("w1", [4, 2, 1, 1])
    maker.weight("w2", [3, 4, 1, 1])
    maker.node("Conv", ["x", "w1"], ["a"])
    maker.node("Conv", ["a", "w2"], ["y"])
    maker.valueInfo("a", ["batch", 4, 8, 8])
    maker.output("y", ["batch", 3, 8, 8])
    let graph = try remove([[3]], from: maker.model).model.graph
    #expect(graph.valueInfos[0].type?.tensor?.dims?[1].extent == .value(3))
    #expect(graph.outputs == maker.model.graph.outputs && graph.inputs == maker.model.graph.inputs)
  }

  @Test("what nobody read before stays, and keeps what it reads")
  func idleReader() throws {
    var maker = ModelMaker()
    maker.input("x", [1, 3, 2, 2])
    maker.weight("w1", [8, 3, 1, 1])
    maker.weight("w2", [2, 8, 1])
    maker.integers("shape", [1, 8, 4])
    maker.node("Identity", ["shape"], ["idle"])
    maker.node("Conv", ["x", "w1"], ["a"])
    maker.node("Reshape", ["a", "shape"], ["b"])
    maker.node("Conv", ["b", "w2"], ["y"])
    maker.output("y")
    let graph = try remove([[1]], from: maker.model).model.graph
    #expect(graph.nodes.count == 4)
    #expect(graph.initializers.contains { graph[$0].name == "shape" })
  }

  @Test("a second compilation of the result finds nothing to compact")
  func isStable() throws {
    let once = try remove([[1], [2, 4]], from: Networks.residual())
    var again = Compilation(once.model, registry: .standard, inputShapes: [:])
    var outcomes: [PassOutcome] = []
    try Pipeline([
      InferShapes(), ScoreFilters(.l2) { _ in nil }, SelectFilters(SelectionRules(rate: 0)),
      RemoveZeroedFilters(),
      FixUpChannels(), RemoveDeadNodes(), VerifyInterface(),
    ]).run(on: &again) { record, _ in outcomes.append(record.outcome) }
    #expect(outcomes.allSatisfy { $0 == .unchanged })
    #expect(again.model == once.model)
  }
}

@Suite("The pipeline")
struct PipelineTests {
  /// Breaks the graph, or fails.
  private struct Saboteur: Pass {
    static let name = "sabotage"
    let fails: Bool

    func require(_ state: Compilation) throws {}

    func run(on state: inout Compilation) throws -> PassOutcome {
      state.model.graph.nodes.removeAll()
      if fails { throw CompileError("oh", "no") }
      return .changed(detail: "everything")
    }

    func ensure(_ state: Compilation, after before: Compilation) throws {}
  }

  @Test("restores what a failed pass left, and names the pass", arguments: [true, false])
  func restores(fails: Bool) throws {
    let model = Networks.residual()
    var state = Compilation(model, registry: .standard, inputShapes: [:])
    let error = try #require(throws: CompileError.self) {
      try Pipeline([Saboteur(fails: fails)]).run(on: &state)
    }
    #expect(error.pass == "sabotage")
    #expect(error.code == (fails ? "oh" : "graph-broken"))
    #expect(state.model == model)
  }

  @Test("does not run a pass before the ones that it builds on")
  func order() throws {
    var state = Compilation(Networks.residual(), registry: .standard, inputShapes: [:])
    let error = try #require(throws: CompileError.self) { try Pipeline([FixUpChannels()]).run(on: &state) }
    #expect(error.code == "pass-order" && error.exit == .internal)
  }
}
