import Analysis
import GraphIR
import Operators
import TestSupport
import Testing

@Suite("Channels without effect")
struct ZeroedChannelsTests {
  private func zeroed(_ model: Model) throws -> [[Int]] {
    let facts = try GraphFacts(of: model, registry: .standard)
    let groups = ChannelGroups(of: model, facts, keeping: { _ in nil })
    return ZeroedChannels(groups, model, facts).members
  }

  private func filters(zeroAt zero: Set<Int>) -> [Float] {
    (0..<72).map { zero.contains($0 / 18) ? 0 : Float($0 % 18 + 1) }
  }

  @Test("a zeroed filter is one, if no bias remains")
  func zeroedFilter() throws {
    #expect(try zeroed(Networks.chain(filters: filters(zeroAt: [1, 3]))) == [[1, 3]])
  }

  @Test("a bias keeps the channel alive, unless the activation clamps it to zero")
  func bias() throws {
    let model = Networks.chain(bias: [1, 0.5, 0, -0.5], filters: filters(zeroAt: [1, 2, 3]))
    #expect(try zeroed(model) == [[2, 3]])
  }

  @Test("no filter of a trained network is")
  func none() throws { #expect(try zeroed(Networks.residual()) == [[], []]) }

  @Test("a channel that is read with weights of zero is one")
  func zeroedConsumer() throws {
    var maker = ModelMaker()
    maker.input("x", ["batch", 2])
    maker.weight("w1", [2, 3])
    maker.weight("w2", [3, 2], [1, 2, 0, 0, 3, 4])
    maker.node("MatMul", ["x", "w1"], ["h"])
    maker.node("Relu", ["h"], ["r"])
    maker.node("MatMul", ["r", "w2"], ["y"])
    maker.output("y", ["batch", 2])
    #expect(try zeroed(maker.model) == [[1]])
  }

  @Test("on a residual connection both sides have to be zero")
  func residual() throws {
    func model(_ outer: [Float]) -> Model {
      var maker = ModelMaker()
      maker.input("x", ["batch", 1, 2, 2])
      maker.weight("stem", [2, 1, 1, 1], [1, 0])
      maker.weight("outer", [2, 2, 1, 1], outer)
      maker.weight("last", [1, 2, 1, 1])
      maker.node("Conv", ["x", "stem"], ["s"])
      maker.node("Conv", ["s", "outer"], ["o"])
      maker.node("Add", ["s", "o"], ["sum"])
      maker.node("Conv", ["sum", "last"], ["y"])
      maker.output("y", ["batch", 1, 2, 2])
      return maker.model
    }
    #expect(try zeroed(model([1, 1, 0, 0])) == [[1]])
    #expect(try zeroed(model([1, 1, 1, 0])) == [[]])
  }
}
