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
    #expect(found.outputs == 1 && found.values == 0 && found.omissions == [])
    #expect(found.nodesRun == found.nodesTotal && found.inputs.map(\.shape) == [[1, 2, 8, 8]])
    #expect(try #require(found.maxRelativeError) < 1e-5)
    let three = check(try compiled(Networks.residual())) { $0.checkBatches = 3 }
    #expect(three?.batches == 3)
  }

  @Test("leaves out by itself what takes more memory than weights justify, and compares what that reads")
  func largeActivations() throws {
    var maker = ModelMaker()
    maker.input("x", [1, 3, 8, 8])
    maker.weight("w", [4, 3, 3, 3])
    maker.weight("last.w", [4, 4, 3, 3])
    maker.integers("shape", [100_000, 4, 4, 4])
    maker.node("Conv", ["x", "w"], ["a"])
    maker.node("Conv", ["a", "last.w"], ["b"])
    maker.node("Expand", ["b", "shape"], ["y"], name: "large")
    maker.output("y")
    let state = try compiled(maker.model)
    let found = try #require(check(state))
    #expect(found.result == .passed && found.outputs == 0 && found.values == 1)
    #expect(found.nodesRun == 2 && found.nodesTotal == 3)
    #expect(found.omissions.map(\.first) == ["large"] && found.omissions[0].reason.contains("bytes"))
    #expect(found.sentence.contains("2 of 3 nodes, not 'large': "), "\(found.sentence)")
    let whole = try #require(check(state) { $0.checkBatches = 1 })
    #expect(whole.result == .passed && whole.outputs == 1 && whole.omissions == [])
    let limited = try #require(check(state) { ($0.checkBatches, $0.maxMemory) = (1, 1 << 20) })
    #expect(limited.result == .passed && limited.nodesRun == 2)
  }

  @Test("runs as many neighbours as the budget allows where a network is large")
  func largeNetwork() throws {
    var maker = ModelMaker()
    maker.input("x", [1, 8, 100, 100])
    let widths = [8, 80, 80, 80, 80, 80, 8]
    for index in 1..<widths.count {
      maker.weight("w\(index)", [widths[index], widths[index - 1], 3, 3])
      maker.node(
        "Conv", [index == 1 ? "x" : "c\(index - 1)", "w\(index)"], ["c\(index)"],
        name: "conv\(index)")
    }
    maker.output("c6")
    let state = try compiled(maker.model)
    let found = try #require(check(state))
    #expect(found.result == .passed && found.nodesTotal == 6)
    #expect((1...5).contains(found.nodesRun), "\(found)")
    #expect(found.omissions.count == 1 && found.omissions[0].reason.contains("--check 1"), "\(found)")
    #expect(found.inputs.allSatisfy { $0.shape == [1, 8, 100, 100] })
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

  private func change(_ name: String, in graph: inout Graph) throws {
    let id = try weight(name, of: graph)
    var numbers = try #require(graph[id].initializer?.doubles).map(Float.init)
    numbers[0] += 0.5
    graph[id].initializer?.payload = .raw(try Bytes(copying: numbers))
  }

  static let choosing: [(name: String, model: Model)] = [
    ("TopK", Networks.topK()), ("ArgMax", Networks.argMax()), ("NonMaxSuppression", Networks.suppression()),
  ]

  @Test("finds no fault in a choice among equals, and every one before and behind it", arguments: 0..<3)
  func choices(index: Int) throws {
    let (name, model) = Self.choosing[index]
    let found = try #require(check(try compiled(model)))
    #expect(found.result == .passed && found.values > 0, "\(name): \(found)")
    // Scores that are not the same to the last bit, and choose otherwise.
    let nearly = try compiled(model) { graph in
      let id = try weight("large", of: graph)
      graph[id].initializer?.payload = .raw(try Bytes(copying: [Float(14.25)]))
    }
    #expect(check(nearly)?.result == .passed, "\(name)")
    for wrong in ["w2", "refine", "last"] {
      let failed = check(try compiled(model) { try change(wrong, in: &$0) })
      #expect(failed?.result == .failed, "\(name), \(wrong)")
    }
  }

  @Test("finds a node that chooses otherwise")
  func otherChoice() throws {
    let smallest = try compiled(Networks.topK()) { graph in
      let index = try #require(graph.nodes.firstIndex { $0.name == "choose" })
      graph.nodes[index].attributes.append(Attribute("largest", .int(0)))
    }
    #expect(check(smallest)?.result == .failed)
    let last = try compiled(Networks.argMax()) { graph in
      let index = try #require(graph.nodes.firstIndex { $0.name == "choose" })
      graph.nodes[index].attributes.append(Attribute("select_last_index", .int(1)))
      graph.nodes[index].attributes.append(Attribute("keepdims", .int(1)))
    }
    #expect(check(last)?.result == .failed)
  }

  @Test("says which node cannot be run, and compares before and behind it")
  func unknownNode() throws {
    var maker = ModelMaker(domains: ["com.example"])
    maker.input("x", ["batch", 2, 8, 8])
    maker.weight("w1", [4, 2, 1, 1])
    maker.weight("w2", [3, 4, 1, 1])
    maker.weight("w3", [4, 3, 1, 1])
    maker.weight("w4", [2, 4, 1, 1])
    maker.node("Conv", ["x", "w1"], ["a"], name: "first")
    maker.node("Conv", ["a", "w2"], ["b"], name: "second")
    maker.node("Strange", ["b"], ["z"], name: "strange", domain: "com.example")
    maker.valueInfo("z", ["batch", 3, 8, 8])
    maker.node("Conv", ["z", "w3"], ["c"], name: "third")
    maker.node("Conv", ["c", "w4"], ["y"], name: "fourth")
    maker.output("y")
    let found = try #require(check(try compiled(maker.model)))
    #expect(found.result == .passed && found.outputs == 1 && found.values == 1, "\(found)")
    #expect(found.nodesRun == 4 && found.nodesTotal == 5 && found.omissions.map(\.first) == ["strange"])
    for wrong in ["w1", "w2", "w3", "w4"] {
      #expect(check(try compiled(maker.model) { try change(wrong, in: &$0) })?.result == .failed, "\(wrong)")
    }
  }

  @Test("takes other inputs, or leaves nodes out, where a network gives NaN")
  func notANumber() throws {
    for (node, shift) in [("Sqrt", Float(0)), ("Log", -100)] {
      var maker = ModelMaker()
      maker.input("x", ["batch", 2, 8, 8])
      maker.weight("shift", [], [shift])
      maker.weight("w1", [4, 2, 1, 1])
      maker.weight("w2", [3, 4, 1, 1])
      maker.node("Add", ["x", "shift"], ["s"])
      maker.node(node, ["s"], ["r"], name: "spoils")
      maker.node("Conv", ["r", "w1"], ["a"])
      maker.node("Conv", ["a", "w2"], ["y"])
      maker.output("y")
      let found = try #require(check(try compiled(maker.model)))
      #expect(found.result == .passed, "\(found)")
      #expect(found.omissions.map(\.first) == (shift == 0 ? [] : ["spoils"]), "\(found)")
      let wrong = check(try compiled(maker.model) { try change("w2", in: &$0) })
      #expect(wrong?.result == .failed, "\(String(describing: wrong))")
    }
  }

  @Test("takes a result of which nothing is known for one like an operand")
  func guesses() throws {
    var maker = ModelMaker(domains: ["com.example"])
    maker.input("x", ["batch", 2, 8, 8])
    maker.weight("w1", [4, 2, 1, 1])
    maker.weight("w2", [3, 4, 1, 1])
    maker.node("Strange", ["x"], ["z"], name: "strange", domain: "com.example")
    maker.node("Conv", ["z", "w1"], ["a"], name: "first")
    maker.node("Conv", ["a", "w2"], ["y"], name: "second")
    maker.output("y")
    let found = try #require(check(try compiled(maker.model)) { $0.checkBatches = 1 })
    #expect(found.result == .passed && found.nodesRun == 2 && found.nodesTotal == 3, "\(found)")
    #expect(found.omissions.map(\.first) == ["strange"])
    #expect(check(try compiled(maker.model) { try change("w1", in: &$0) })?.result == .failed)
  }

  @Test("says why nothing was run where an input alone takes more memory than there may be")
  func notRun() throws {
    var maker = ModelMaker()
    maker.input("x", [1, 3, 4000, 4000])
    maker.weight("w1", [4, 3, 1, 1])
    maker.weight("w2", [3, 4, 1, 1])
    maker.node("Conv", ["x", "w1"], ["a"])
    maker.node("Conv", ["a", "w2"], ["y"])
    maker.output("y")
    let found = try #require(check(try compiled(maker.model)))
    #expect(found.result == .notRun && found.batches == 0 && found.nodesRun == 0)
    #expect(found.reason?.contains("bytes") == true, "\(found)")
  }
}
