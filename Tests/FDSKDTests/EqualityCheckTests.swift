import Analysis
import FDSKD
import GraphIR
import Operators
import Passes
import TestSupport
import Testing

@Suite("The check of a result")
struct EqualityCheckTests {
  /// A network without the first member of every group, and whatever is done to it then.
  private func compiled(_ model: Model, _ change: (inout Graph) throws -> Void = { _ in }) throws
    -> Compilation
  {
    var state = try removed(1, from: model)
    try change(&state.model.graph)
    return state
  }

  private func removed(_ count: Int, from model: Model) throws -> Compilation {
    var state = Compilation(model, registry: .standard, inputShapes: [:])
    try Pipeline([InferShapes(), ScoreFilters(.l2) { _ in nil }]).run(on: &state)
    let groups = try #require(state.groups).groups
    let plan = groups.map { AdoptPlan.Entry(id: $0.id, size: $0.size, removed: Array(0..<count)) }
    try Pipeline([AdoptPlan(plan), RemoveZeroedFilters(), FixUpChannels(), RemoveDeadNodes()]).run(on: &state)
    return state
  }

  private func check(_ state: Compilation, _ change: (inout CompileOptions) -> Void = { _ in }) -> Report
    .Check?
  {
    var options = CompileOptions()
    options.checkAbsoluteTolerance = 0
    change(&options)
    return EqualityCheck.run(state, options)
  }

  private func weight(_ name: String, of graph: Graph) throws -> ValueID {
    try #require(graph.initializers.first { graph[$0].name == name })
  }

  @Test("passes what computes the same")
  func passes() throws {
    let found = try #require(check(try compiled(Networks.residual())))
    #expect(found.result == .passed && found.batches == 1 && found.reason == nil)
    #expect(try #require(found.maxRelativeError) < 1e-5)
    let three = check(try compiled(Networks.residual())) { $0.checkBatches = 3 }
    #expect(three?.batches == 3)
  }

  @Test("is not run by itself where it takes more memory than weights and inputs justify")
  func largeActivations() throws {
    var maker = ModelMaker()
    maker.input("x", [1, 3, 8, 8])
    maker.weight("w", [4, 3, 3, 3])
    maker.weight("last.w", [4, 4, 3, 3])
    maker.integers("shape", [100_000, 4, 4, 4])
    maker.node("Conv", ["x", "w"], ["a"])
    maker.node("Conv", ["a", "last.w"], ["b"])
    maker.node("Expand", ["b", "shape"], ["y"])
    maker.output("y")
    let state = try compiled(maker.model)
    let found = try #require(check(state))
    #expect(found.result == .notRun)
    #expect(found.reason?.contains("bytes") == true)
    #expect(check(state) { $0.checkBatches = 1 }?.result == .passed)
    #expect(check(state) { ($0.checkBatches, $0.maxMemory) = (1, 1 << 20) }?.result == .notRun)
  }

  @Test("fails one weight that is another number, and names the output")
  func otherNumber() throws {
    let state = try compiled(Networks.residual()) { graph in
      let id = try weight("last.w", of: graph)
      var numbers = try #require(graph[id].initializer?.doubles).map(Float.init)
      numbers[0] += 0.01
      graph[id].initializer?.payload = .raw(try Bytes(copying: numbers))
    }
    let found = try #require(check(state))
    #expect(found.result == .failed)
    #expect(found.reason?.hasPrefix("output 'y' element ") == true, "\(found)")
    #expect(try #require(found.maxRelativeError) > 1e-4)
    // A tolerance is what the user says it is.
    #expect(check(state) { $0.checkRelativeTolerance = 0.5 }?.result == .passed)
  }

  @Test("fails a result that does not run")
  func doesNotRun() throws {
    let state = try compiled(Networks.residual()) { graph in
      let index = try #require(graph.nodes.firstIndex { $0.opType == "Relu" })
      graph.nodes[index].opType = "NoSuchOperator"
    }
    let found = try #require(check(state))
    #expect(found.result == .failed)
    #expect(found.reason?.hasPrefix("the result does not run: ") == true, "\(found)")
  }

  @Test("fails outputs of another shape")
  func otherShape() throws {
    let state = try compiled(Networks.residual()) { graph in
      let index = try #require(graph.nodes.firstIndex { $0.name == "last" })
      graph.nodes[index].attributes.append(Attribute("pads", .ints([1, 1, 1, 1])))
    }
    let found = try #require(check(state))
    #expect(found.result == .failed)
    #expect(found.reason == "output 'y' has shape [1, 3, 10, 10], expected [1, 3, 8, 8]")
  }

  @Test("is not run where nothing was removed, or nobody wants it")
  func leftOut() throws {
    #expect(check(try compiled(Networks.residual())) { $0.checkBatches = 0 } == nil)
    #expect(check(Compilation(Networks.residual(), registry: .standard, inputShapes: [:])) == nil)
    #expect(check(try removed(0, from: Networks.residual())) == nil)
  }

  @Test("says why it was not run where the input itself does not run")
  func notRun() throws {
    var maker = ModelMaker(domains: ["com.example"])
    maker.input("x", ["batch", 2, 8, 8])
    maker.weight("w1", [4, 2, 1, 1])
    maker.weight("w2", [3, 4, 1, 1])
    maker.node("Strange", ["x"], ["z"], domain: "com.example")
    maker.node("Conv", ["z", "w1"], ["a"], name: "first")
    maker.node("Conv", ["a", "w2"], ["y"], name: "second")
    maker.output("y")
    let found = try #require(check(try compiled(maker.model)) { $0.checkBatches = 1 })
    #expect(found.result == .notRun)
    #expect(found.reason?.contains("Strange") == true, "\(found)")
  }
}
