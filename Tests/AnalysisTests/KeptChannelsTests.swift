import Analysis
import GraphIR
import Operators
import TestSupport
import Testing

/// Every node with weights is in a group with all of its channels, or listed with what keeps them.
@Suite("Channels that stay")
struct KeptChannelsTests {
  private func pinned(_ maker: ModelMaker) throws -> [PinnedAxis] {
    let model = maker.model
    return ChannelGroups(
      of: model, try GraphFacts(of: model, registry: .standard), keeping: { _ in nil }
    ).pinned
  }

  private func pin(of layer: String, _ maker: ModelMaker) throws -> Pin {
    try #require(try pinned(maker).first { $0.layer == layer }).pin
  }

  @Test("are listed of operators that nobody knows, by their weights")
  func unknownOperator() throws {
    var maker = ModelMaker()
    maker.input("x", [1, 4])
    maker.weight("w", [4, 6])
    maker.node("FusedBlock", ["x", "w"], ["y"], name: "block", domain: "com.example")
    maker.output("y", [1, 6])
    let axis = try #require(try pinned(maker).first)
    #expect(axis.layer == "block" && axis.tensor == "w" && axis.slots == 4)
    #expect(axis.pin.reason == "is touched by an operator that the compiler does not know")
    #expect(axis.pin.hint == nil)
  }

  @Test("of ONNX Runtime's own operators say that its optimizer can come afterwards")
  func fusedOperator() throws {
    var maker = ModelMaker()
    maker.input("x", [1, 4])
    maker.weight("w", [4, 6])
    maker.node("SomeFusion", ["x", "w"], ["y"], name: "block", domain: "com.microsoft")
    maker.output("y", [1, 6])
    // The border is what nothing helps against; here the operator alone is asked.
    #expect(try pin(of: "block", maker).hint?.contains("optimize the result") == true)
  }

  @Test("are listed where weights are computed from constants by an operator that nobody knows")
  func computedByUnknown() throws {
    var maker = ModelMaker()
    maker.input("x", [1, 3, 8, 8])
    maker.weight("w1", [4, 3, 3, 3])
    maker.weight("w2", [2, 4, 1, 1])
    maker.node("Unpack", ["w1"], ["u"], name: "unpack", domain: "com.example")
    maker.valueInfo("u", [4, 3, 3, 3])
    maker.node("Conv", ["x", "u"], ["a"], name: "first")
    maker.node("Conv", ["a", "w2"], ["y"], name: "second")
    maker.output("y")
    let axis = try #require(try pinned(maker).first { $0.layer == "first" })
    #expect(axis.tensor == "w1")
    #expect(try !pinned(maker).contains { $0.layer == "unpack" })
  }

  @Test("are listed of a table of embeddings that callers may replace, with the remedy")
  func replaceableTable() throws {
    var maker = ModelMaker()
    maker.add("ids", .int64, [2], [Int64(0), 1])
    maker.weight("table", [5, 4])
    maker.input("table", [5, 4])
    maker.weight("w", [4, 3])
    maker.input("x", [2, 4])
    maker.node("Gather", ["table", "ids"], ["a"], name: "embed")
    maker.node("Add", ["a", "x"], ["s"])
    maker.node("MatMul", ["s", "w"], ["y"], name: "head")
    maker.output("y")
    let axes = try pinned(maker)
    #expect(axes.contains { $0.tensor == "table" })
  }

  @Test("of an initializer among the inputs say how to leave it out")
  func listedAsInput() throws {
    var maker = ModelMaker()
    maker.input("x", [1, 3, 8, 8])
    maker.weight("w1", [4, 3, 3, 3])
    maker.input("w1", [4, 3, 3, 3])
    maker.weight("w2", [2, 4, 1, 1])
    maker.node("Conv", ["x", "w1"], ["a"], name: "first")
    maker.node("Conv", ["a", "w2"], ["y"], name: "second")
    maker.output("y")
    #expect(try pin(of: "first", maker).hint?.contains("keep_initializers_as_inputs=False") == true)
    #expect(try pin(of: "second", maker).hint == nil)
  }

  @Test("are told by the border of the network, whatever else pins them")
  func border() throws {
    var maker = ModelMaker()
    maker.input("x", [1, 3, 8, 8])
    maker.weight("w1", [4, 3, 1, 1])
    maker.weight("w2", [2, 4, 1, 1])
    maker.node("Conv", ["x", "w1"], ["a"], name: "first")
    maker.node("Mystery", ["a"], ["b"], name: "mystery", domain: "com.example")
    maker.node("Softmax", ["a"], ["c"], [Attribute("axis", .int(1))], name: "softmax")
    maker.node("Conv", ["c", "w2"], ["y"], name: "second")
    maker.output("y")
    maker.output("b")
    // An operator that says what it does tells more than one that nobody knows.
    #expect(try pin(of: "first", maker).node?.name == "softmax")
    maker.output("a")
    #expect(try pin(of: "first", maker).reason == "belongs to an output of the graph")
  }

  @Test("name the node that takes away the axis of a channel that no weights have read")
  func endOfChannel() throws {
    var maker = ModelMaker()
    maker.input("x", [1, 3, 4, 4])
    maker.weight("w", [2, 3, 1, 1])
    maker.integers("one", [1])
    maker.node("Conv", ["x", "w"], ["a"], name: "conv")
    maker.node("Split", ["a"], ["p", "q"], [Attribute("axis", .int(1))], name: "split")
    maker.node("Squeeze", ["p", "one"], ["r"], name: "squeeze")
    maker.node("Squeeze", ["q", "one"], ["s"], name: "other")
    maker.node("Mul", ["r", "s"], ["y"], name: "mul")
    maker.output("y")
    let pin = try pin(of: "conv", maker)
    #expect(pin.node?.name == "squeeze")
    #expect(pin.description.hasPrefix("axis 1 of 'p' is squeezed away"))
  }

  @Test("name the node that ties all channels of a layer to each other")
  func tiedToEachOther() throws {
    var maker = ModelMaker()
    maker.input("x", [1, 3, 4, 4])
    maker.weight("w1", [4, 3, 1, 1])
    maker.weight("one", [1, 1, 1, 1])
    maker.weight("w2", [2, 4, 1, 1])
    maker.integers("repeats", [1, 4, 1, 1])
    maker.node("Conv", ["x", "w1"], ["a"], name: "first")
    maker.node("Tile", ["one", "repeats"], ["t"], name: "tile")
    maker.node("Mul", ["a", "t"], ["b"], name: "mul")
    maker.node("Conv", ["b", "w2"], ["y"], name: "second")
    maker.output("y")
    let pin = try pin(of: "first", maker)
    #expect(pin.node?.name == "tile")
    #expect(pin.reason == "has all of its channels tied to each other")
  }

  @Test("of integers that nothing makes numbers of say how to quantize")
  func integerWeights() throws {
    var maker = ModelMaker()
    maker.input("x", [1, 4])
    maker.add("w", .int8, [4, 6], [Int8](repeating: 1, count: 24))
    maker.node("SomeIntegerProduct", ["x", "w"], ["y"], name: "product", domain: "com.example")
    maker.output("y", [1, 6])
    #expect(try pin(of: "product", maker).hint?.contains("QDQ") == true)
  }

  @Test("on request have groups' ids to be asked by, and the ids of the others stay")
  func onRequest() throws {
    let model = Networks.residual()
    let facts = try GraphFacts(of: model, registry: .standard)
    let all = ChannelGroups(of: model, facts, keeping: { _ in nil })
    for group in all.groups {
      let others = ChannelGroups(of: model, facts) { $0.contains(group.id) ? "is wanted" : nil }
      #expect(others.groups.map(\.id) == all.groups.map(\.id).filter { $0 != group.id })
      #expect(others.ignoredNames.map { $0[0] } == [group.id])
    }
  }
}
