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
