import Analysis
import FDSKD
import Foundation
import GraphIR
import ONNXFormat
import Operators
import Passes
import TestSupport
import Testing
import Training

/// What the check relies on: any value of the network before, less what was removed of it, is that of the result.
@Suite("Parts of a network that are compared")
struct NetworkPartTests {
  static let fixtures: [String] = {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures")
      .standardized
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.filter { $0.hasSuffix(".onnx") }.sorted().map { folder.appending(path: $0).path }
  }()

  @Test("are equal whichever node is left out", arguments: fixtures)
  func withoutOneNode(path: String) throws {
    let model = try ONNXImporter.load(path).model
    var state = Compilation(model, registry: .standard, inputShapes: [:])
    try Pipeline([
      InlineFunctions(), OpenBodies(), InferShapes(), FoldConstants(), SeparateConstants(),
      ScoreFilters(.l2) { _ in nil },
      SelectFilters(
        SelectionRules(
          rate: 0.5, ownRate: { _ in nil }, isGlobal: false, roundTo: 1, minChannels: 1, target: nil),
        sparing: []),
      RemoveZeroedFilters(), FixUpChannels(), RejoinConstants(), RemoveDeadNodes(),
    ]).run(on: &state)
    guard let original = state.original, let survivors = state.survivors, !survivors.isEmpty else { return }
    var zeroed = state
    (zeroed.model, zeroed.facts) = (original.model, original.facts)
    _ = try ZeroFilters().run(on: &zeroed)
    let kept = KeptPositions(survivors, original.facts)
    let shapes = SeededInputs.shapes(zeroed.model, original.facts, given: [:], batch: 2, length: 32)
    guard let whole = try? PartSearch(zeroed.model, kept, inputShapes: shapes, memoryLimit: nil) else {
      return
    }
    for node in whole.nodes {
      var search = whole
      try search.omit(after: CompileError("left-out", "by this test", place: node.label))
      guard let reference = try? search.build() else { continue }
      try reference.run(on: SeededInputs(seed: 0))
      let comparison = try PartComparison(
        reference, state.model, kept: kept, inputShapes: shapes, memoryLimit: nil)
      for (_, difference) in try comparison.differences(Tolerance(relative: 5e-3, steps: 1)) {
        #expect(difference.reason == nil || difference.expectsNaN, "without \(node.label): \(difference)")
      }
    }
  }
}
