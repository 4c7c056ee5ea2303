import Analysis
import GraphIR
import Operators
import TestSupport
import Testing

@Suite("Groups of channels")
struct ChannelGroupsTests {
  private func groups(_ model: Model, keeping keep: ([String]) -> String? = { _ in nil }) throws
    -> ChannelGroups
  {
    ChannelGroups(of: model, try GraphFacts(of: model, registry: .standard), keeping: keep)
  }

  /// "w1.0 producer" for every stored axis with a role.
  private func members(_ group: ChannelGroup, _ model: Model) -> [String] {
    group.axes.filter { $0.isStored && $0.role != nil }.map {
      "\(model.graph[$0.value].name).\($0.axis) \($0.role.map { "\($0)" } ?? "")"
    }.sorted()
  }

  @Test("a chain has one group, which the output does not belong to")
  func chain() throws {
    let model = Networks.chain(bias: [1, 2, 3, 4])
    let result = try groups(model)
    #expect(result.groups.map(\.id) == ["conv1"])
    #expect(result.groups[0].size == 4)
    #expect(members(result.groups[0], model) == ["b1.0 producer", "w1.0 producer", "w2.1 consumer"])
    #expect(result.pinned.map(\.layer) == ["conv2"])
    #expect(result.pinned[0].pin.description == "axis 1 of 'y' belongs to an output of the graph")
  }

  @Test("channels that one repeated number reads stay: nothing stored could be zeroed for them")
  func consumerThatIsNotStored() throws {
    var maker = ModelMaker()
    maker.input("x", [1, 3, 8, 8])
    maker.weight("w1", [4, 3, 3, 3])
    maker.weight("one", [1, 1, 1, 1])
    maker.integers("shape", [8, 4, 1, 1])
    maker.node("Conv", ["x", "w1"], ["a"])
    maker.node("Expand", ["one", "shape"], ["w2"])
    maker.node("Conv", ["a", "w2"], ["b"])
    maker.node("GlobalAveragePool", ["b"], ["y"])
    maker.output("y")
    let result = try groups(maker.model)
    #expect(result.groups.isEmpty)
    #expect(result.pinned.contains { $0.pin.description.contains("no stored weight holds") })
  }

  @Test("channels that constants alone are summed over stay: no layer's zeros stand for them")
  func sumOfConstants() throws {
    var maker = ModelMaker()
    maker.input("x", [1, 3])
    for (name, dims) in [("w1", [3, 4]), ("scale", [4]), ("w2", [4, 2]), ("w3", [4, 2])] {
      maker.weight(name, dims)
    }
    maker.node("MatMul", ["x", "w1"], ["a"], name: "first")
    maker.node("Mul", ["a", "scale"], ["b"])
    maker.node("MatMul", ["b", "w2"], ["y"], name: "second")
    maker.node("MatMul", ["scale", "w3"], ["z"], name: "apart")
    maker.output("y")
    maker.output("z")
    let result = try groups(maker.model)
    #expect(result.groups.isEmpty)
    #expect(result.pinned.contains { $0.pin.description.contains("from constants alone") })
  }

  @Test("a weight that callers may replace is a layer's all the same, and listed as pinned")
  func weightThatIsAnInput() throws {
    var maker = ModelMaker()
    maker.input("x", [1, 3, 8, 8])
    maker.weight("w1", [4, 3, 3, 3])
    maker.input("w1", [4, 3, 3, 3])
    maker.weight("w2", [2, 4, 1, 1])
    maker.node("Conv", ["x", "w1"], ["a"], name: "first")
    maker.node("Conv", ["a", "w2"], ["y"], name: "second")
    maker.output("y")
    let result = try groups(maker.model)
    #expect(result.groups.isEmpty)
    let pinned = try #require(result.pinned.first { $0.layer == "first" })
    let reason = "axis 0 of 'w1' belongs to an initializer that the caller may replace"
    #expect(pinned.pin.description.hasPrefix(reason))
  }

  @Test("channels that are too many to be told apart stay, and are listed as pinned")
  func tooLongAxis() throws {
    var maker = ModelMaker()
    maker.input("x", [1, 2])
    maker.weight("w1", [2, 300_000])
    maker.weight("w2", [300_000, 1])
    maker.node("MatMul", ["x", "w1"], ["a"], name: "first")
    maker.node("MatMul", ["a", "w2"], ["y"], name: "second")
    maker.output("y")
    let result = try groups(maker.model)
    #expect(result.groups.isEmpty)
    let pinned = try #require(result.pinned.first { $0.layer == "first" })
    #expect(pinned.slots == 300_000)
    #expect(pinned.pin.description == "axis 1 of 'w1' is too long to be followed channel by channel")
  }

  @Test("a weight that a graph doubles again and again names its layer once")
  func doubledWeight() throws {
    var maker = ModelMaker()
    maker.input("x", [1, 3, 8, 8])
    maker.weight("w1", [4, 3, 3, 3])
    maker.weight("w2.0", [2, 1, 1, 1])
    for index in 0..<40 {
      maker.node("Concat", ["w2.\(index)", "w2.\(index)"], ["w2.\(index + 1)"], [Attribute("axis", .int(1))])
    }
    maker.node("Conv", ["x", "w1"], ["a"], name: "first")
    maker.node("Conv", ["a", "w2.2"], ["y"], name: "second")
    maker.output("y")
    let model = maker.model
    let result = try groups(model)
    #expect(result.layerNames.contains { $0.contains("second") && Set($0).count == $0.count })
  }

  @Test(
    "channels go as long as they are few beside the numbers that the file stores",
    arguments: [(4, true), (60, false)])
  func slotLimit(activations: Int, goes: Bool) throws {
    var maker = ModelMaker()
    maker.input("x", [1, 1])
    maker.weight("w1", [1, 1 << 15])
    maker.weight("w2", [1 << 15, 1])
    maker.node("MatMul", ["x", "w1"], ["h0"])
    for index in 0..<activations { maker.node("Relu", ["h\(index)"], ["h\(index + 1)"]) }
    maker.node("MatMul", ["h\(activations)", "w2"], ["y"])
    maker.output("y")
    #expect(try groups(maker.model).groups.isEmpty != goes)
  }

  @Test("the two sides of a residual connection are one group")
  func residual() throws {
    let model = Networks.residual()
    let result = try groups(model)
    #expect(result.groups.map(\.id) == ["stem", "inner"])
    #expect(
      members(result.groups[0], model) == [
        "inner.w.1 consumer", "last.w.1 consumer", "outer.w.0 producer", "stem.w.0 producer",
      ])
    #expect(members(result.groups[1], model) == ["inner.w.0 producer", "outer.w.1 consumer"])
  }

  @Test("a channel shuffle couples the channels that it puts side by side")
  func shuffle() throws {
    let model = Networks.shuffle()
    let group = try #require(try groups(model).groups.first)
    #expect(group.size == 3)
    let produced = try #require(group.axes.first { $0.role == .producer })
    let consumed = try #require(group.axes.first { $0.role == .consumer })
    #expect((0..<3).map { Array(produced.positions(ofMember: $0)) } == [[0, 3], [1, 4], [2, 5]])
    #expect((0..<3).map { Array(consumed.positions(ofMember: $0)) } == [[0, 1], [2, 3], [4, 5]])
  }

  @Test("an operator that is not known pins what it touches, and says so")
  func unknownOperator() throws {
    let result = try groups(Networks.unknownBetween())
    #expect(result.groups.isEmpty)
    let pin = try #require(result.pinned.first { $0.layer == "conv1" }?.pin)
    #expect(pin.reason == "is touched by an operator that the compiler does not know")
    #expect(pin.node?.name == "mystery")
  }

  @Test("Softmax over channels pins them")
  func softmax() throws {
    let result = try groups(Networks.softmaxBetween())
    #expect(result.groups.isEmpty)
    #expect(result.pinned.first { $0.layer == "conv1" }?.pin.node?.name == "softmax")
  }

  @Test("layers that are to be kept are kept, with the reason")
  func keeping() throws {
    let result = try groups(Networks.residual()) { $0.contains("outer") ? "is wanted" : nil }
    #expect(result.groups.map(\.id) == ["inner"])
    #expect(result.pinned.contains { $0.layer == "stem" && $0.pin.reason == "is wanted" })
  }
}
