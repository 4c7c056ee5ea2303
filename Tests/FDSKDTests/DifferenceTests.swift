import FDSKD
import Testing

@Suite("Differences")
struct DifferenceTests {
  @Test("of a plan from itself are none")
  func samePlan() {
    let difference = PlanDifference(Samples.plan, Samples.plan)
    #expect(difference.isEmpty)
    #expect(difference.text() == "the plans remove the same channels of the same model\n")
  }

  @Test("of plans are told group by group")
  func plans() throws {
    var other = Samples.plan
    other.groups[0].kept = [0]
    other.groups[0].removed = [1, 2]
    other.groups.append(.init(id: "new", size: 0, kept: [], removed: [], scores: [], members: []))
    other.inputSHA256 = "f"
    let difference = PlanDifference(Samples.plan, other)
    #expect(!difference.isSameInput)
    #expect(difference.groups.map(\.removedInBoth) == [[1]])
    #expect(difference.groups.map(\.removedOnlyInB) == [[2]])
    #expect(difference.onlyInB == ["new"])
    let text = difference.text()
    #expect(text.contains("different models") && text.contains("only in b: new"))
    #expect(try difference.json().contains("\"removed_only_in_b\": [2]"))
  }

  @Test("of models list layers, nodes and values")
  func models() {
    let file = Report.File(path: "a.onnx", bytes: 10, sha256: Samples.digest)
    var difference = ModelDifference(
      a: file, b: file, totals: .init(before: Samples.figures, after: Samples.smaller),
      layers: [Samples.report.layers[0]])
    difference.removedNodes = [.init(name: "relu", op: "Relu")]
    difference.changedTensors = (0..<30).map { "w\($0)" }
    let text = difference.text()
    #expect(text.contains("4×3×3×3 → 2×3×3×3"))
    #expect(text.contains("only in a: 1 node\n  relu (Relu)"))
    #expect(text.contains("and 10 more"))
    #expect(difference.text(rowLimit: nil).contains("w29"))
  }
}
