import Analysis
import GraphIR
import Operators
import TestSupport
import Testing

@Suite("Scores of filters")
struct FilterScoresTests {
  private func scores(_ model: Model, _ criterion: FilterScores.Criterion) throws -> FilterScores {
    let facts = try GraphFacts(of: model, registry: .standard)
    let groups = ChannelGroups(of: model, facts, keeping: { _ in nil })
    return try FilterScores(groups.groups, model.graph, criterion, groups.quantized)
  }

  /// Four filters of 18 weights, each filled with one number.
  private let flat: [Float] = [1, -2, 3, 0].flatMap { [Float](repeating: $0, count: 18) }

  @Test("of one layer are the norms of the paper")
  func norms() throws {
    let model = Networks.chain(filters: flat)
    #expect(try scores(model, .l1).values == [[18, 36, 54, 0]])
    let unit = 18.0.squareRoot()
    try expect(scores(model, .l2).values[0], near: [unit, 2 * unit, 3 * unit, 0])
    // Distances between the filled numbers: 1 lies 3, 2 and 1 from the others, and so on.
    try expect(scores(model, .gm).values[0], near: [6 * unit, 10 * unit, 10 * unit, 6 * unit])
  }

  private func expect(_ values: [Double], near expected: [Double]) {
    #expect(values.count == expected.count)
    for (value, wanted) in zip(values, expected) { #expect(abs(value - wanted) < 1e-9) }
  }

  @Test("of several layers are means of scores divided by their layer's mean")
  func severalLayers() throws {
    let model = Networks.residual()
    let values = try scores(model, .l2).values[0]
    #expect(abs(values.reduce(0, +) / 4 - 1) < 1e-12)
  }

  @Test("name the tensor and the element that is not finite", arguments: [Float.nan, .infinity, -.infinity])
  func notFinite(value: Float) throws {
    var filters = flat
    filters[41] = value
    let error = try #require(throws: CompileError.self) { try scores(Networks.chain(filters: filters), .l1) }
    #expect(error.code == "non-finite-weight")
    #expect(error.message.contains("'w1'") && error.message.contains("element 41"))
  }
}
