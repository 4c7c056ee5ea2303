import Analysis
import GraphIR
import Operators
import Passes
import TestSupport
import Testing

@Suite("Selection of filters")
struct SelectionTests {
  private func selection(_ model: Model, _ rules: SelectionRules) throws -> [[Int]] {
    var state = Compilation(model, registry: .standard, inputShapes: [:])
    try Pipeline([InferShapes(), ScoreFilters(.l1) { _ in nil }, SelectFilters(rules)]).run(on: &state)
    return try #require(state.selection).removal.members
  }

  /// Filters whose scores are 18, 36, 54 and 72, in the order given.
  private func chain(_ order: [Float]) -> Model {
    Networks.chain(filters: order.flatMap { [Float](repeating: $0, count: 18) })
  }

  @Test(
    "takes floor(rate · n) lowest",
    arguments: [(0.0, []), (0.24, []), (0.25, [1]), (0.5, [1, 3]), (0.99, [0, 1, 3])])
  func floorOfRate(rate: Double, expected: [Int]) throws {
    #expect(try selection(chain([3, 1, 4, 2]), SelectionRules(rate: rate)) == [expected])
  }

  @Test("breaks ties by index")
  func ties() throws { #expect(try selection(chain([1, 1, 1, 1]), SelectionRules(rate: 0.5)) == [[0, 1]]) }

  @Test("is not led astray by rounding: 0.29 of 100 is 29")
  func rounding() {
    for size in 1...300 {
      for count in 0..<size { #expect(SelectionRules.count(Double(count) / Double(size), of: size) == count) }
    }
    #expect(SelectionRules.count(0.29, of: 100) == 29)
  }

  @Test("keeps at least --min-channels, in multiples of --round-to")
  func bounds() {
    let rules = SelectionRules(rate: 0, roundTo: 8, minChannels: 4)
    #expect(rules.allowed(0, of: 30) == 0)
    #expect(rules.allowed(9, of: 30) == 6)
    #expect(rules.allowed(29, of: 30) == 22)
    #expect(rules.allowed(5, of: 6) == 0)
    #expect(SelectionRules(rate: 0, minChannels: 3).allowed(9, of: 10) == 7)
    #expect(SelectionRules(rate: 0).allowed(10, of: 10) == 9)
    #expect(SelectionRules(rate: 0, roundTo: 8, minChannels: 12).allowed(29, of: 30) == 14)
  }

  @Test(
    "rounds the channels on the weights' axis: a member of 64 is 64 of them",
    arguments: [(1, 2), (2, 2), (4, 1), (8, 0), (6, 0)])
  func roundingOfWideMembers(multiple: Int, gone: Int) throws {
    // Three members of two channels each; what stays has to be a multiple, or all.
    let members = try selection(Networks.shuffle(), SelectionRules(rate: 0.67, roundTo: multiple))
    #expect(members.map(\.count) == [gone])
  }

  @Test("tells which rule kept channels that the rate asked for")
  func limits() throws {
    func limits(_ rules: SelectionRules) throws -> [SelectionRules.Limit?] {
      var state = Compilation(chain([3, 1, 4, 2]), registry: .standard, inputShapes: [:])
      try Pipeline([InferShapes(), ScoreFilters(.l1) { _ in nil }, SelectFilters(rules)]).run(on: &state)
      return try #require(state.selection).limits
    }
    #expect(try limits(SelectionRules(rate: 0.5)) == [nil])
    #expect(try limits(SelectionRules(rate: 0.25, roundTo: 2)) == [.roundTo])
    #expect(try limits(SelectionRules(rate: 0.75, minChannels: 2)) == [.minChannels])
    #expect(try limits(SelectionRules(rate: 0.75, roundTo: 4, minChannels: 2)) == [.roundTo])
    #expect(try limits(SelectionRules(rate: 0.1)) == [nil])
  }

  @Test("ranks all groups together on request")
  func global() throws {
    let members = try selection(Networks.residual(), SelectionRules(rate: 0.5, isGlobal: true))
    #expect(members.reduce(0) { $0 + $1.count } == 5)
  }

  @Test("lets a layer have a rate of its own")
  func ownRate() throws {
    let rules = SelectionRules(rate: 0.5, ownRate: { $0.contains("inner") ? 0 : nil })
    #expect(try selection(Networks.residual(), rules).map(\.count) == [2, 0])
  }

  @Test(
    "finds the rate of a layer by every name that it goes by",
    arguments: ["first", "second", "w1", "scale", "s"])
  func ownRateOfSharedWeights(name: String) throws {
    var maker = ModelMaker()
    maker.input("x", [1, 2, 8, 8])
    maker.input("z", [1, 2, 4, 4])
    maker.weight("w1", [4, 2, 1, 1])
    maker.weight("s", [4, 1, 1])
    maker.weight("w2", [3, 4, 1, 1])
    maker.node("Conv", ["x", "w1"], ["a"], name: "first")
    maker.node("Conv", ["z", "w1"], ["b"], name: "second")
    maker.node("Mul", ["b", "s"], ["c"], name: "scale")
    maker.node("Conv", ["a", "w2"], ["y"], name: "left")
    maker.node("Conv", ["c", "w2"], ["v"], name: "right")
    maker.output("y")
    maker.output("v")
    let rules = SelectionRules(rate: 0, ownRate: { $0.contains(name) ? 0.5 : nil })
    #expect(try selection(maker.model, rules).map(\.count) == [2])
  }

  @Test("takes the smallest rate that meets a target", arguments: [1.0, 0.9, 0.7, 0.5, 0.3])
  func target(fraction: Double) throws {
    let model = Networks.residual()
    let facts = try GraphFacts(of: model, registry: .standard)
    let groups = ChannelGroups(of: model, facts, keeping: { _ in nil }).groups
    func parameters(_ members: [[Int]]) -> Int {
      CostSummary(model.graph, facts, lost: ChannelRemoval(members: members).losses(groups)).parameters
    }
    let limit = Int(fraction * Double(parameters([[], []])))
    let chosen = try selection(
      model, SelectionRules(rate: 0.9, target: .init(.parameters, .fraction(fraction))))
    #expect(parameters(chosen) <= limit)
    let removed = chosen.reduce(0) { $0 + $1.count }
    for rate in stride(from: 0.0, to: 1, by: 0.01) {
      let members = try selection(model, SelectionRules(rate: rate))
      if members.reduce(0, { $0 + $1.count }) < removed { #expect(parameters(members) > limit) }
    }
  }

  @Test("says what is the least that can be reached")
  func unreachable() throws {
    let rules = SelectionRules(rate: 0, target: .init(.parameters, .count(1)))
    let error = try #require(throws: CompileError.self) { try selection(Networks.residual(), rules) }
    #expect(error.code == "target-unreachable" && error.exit == .gate)
  }
}
