import Analysis
import GraphIR
import ONNXFormat
import Operators
import TestSupport
import Testing
import Training

@Suite("What a network is trained for")
struct ObjectiveTests {
  private func objective(
    _ name: String, classes: Int?, _ change: (inout TrainingSettings) -> Void = { _ in }
  ) throws -> Objective {
    let model = try ONNXImporter.load(Golden.fixture(name)).model
    let input = try TrainingInput(of: model)
    let facts = try input.facts(of: model, shape: [4] + input.sampleShape.map { $0 ?? 16 })
    var settings = TrainingSettings()
    change(&settings)
    return try Objective(model, facts, batch: 4, classes: classes, settings)
  }

  @Test("labels and teacher share a classifier's logits by λ")
  func classifier() throws {
    let objective = try objective("residual-identity", classes: 5)
    #expect(objective.balance == 0.9 && objective.temperature == 5)
    #expect(objective.outputs.count == 1 && objective.labelled == 0 && objective.hasTeacher)
  }

  @Test("without labels λ is 0, without a teacher it is 1")
  func oneSided() throws {
    #expect(try objective("residual-identity", classes: nil).balance == 0)
    let alone = try objective("residual-identity", classes: 5) { $0.isDistilled = false }
    #expect(alone.balance == 1 && !alone.hasTeacher)
  }

  @Test("outputs that are no class scores are all followed, none by its labels")
  func maps() throws {
    let objective = try objective("feature-pyramid", classes: nil)
    #expect(objective.outputs.count == 2 && objective.labelled == nil)
    #expect(objective.outputs.allSatisfy { $0.followsTeacher && !$0.isScores })
  }

  @Test("labels need an output with class scores, and enough of them")
  func refusals() {
    let maps = #expect(throws: CompileError.self) { try objective("feature-pyramid", classes: 2) }
    #expect(maps?.code == "data-fits-no-output")
    let few = #expect(throws: CompileError.self) { try objective("residual-identity", classes: 6) }
    #expect(few?.code == "dataset-label")
    let neither = #expect(throws: CompileError.self) {
      try objective("residual-identity", classes: nil) { $0.isDistilled = false }
    }
    #expect(neither?.code == "labels-needed")
  }

  @Test("a batch that the file fixes at 1 gives way where the network allows it")
  func fixedBatch() throws {
    var maker = ModelMaker()
    maker.input("x", [1, 6])
    maker.weight("w", [6, 3])
    maker.node("MatMul", ["x", "w"], ["y"])
    maker.output("y", [1, 3])
    let input = try TrainingInput(of: maker.model)
    let facts = try input.facts(of: maker.model, shape: [8, 6])
    #expect(facts[maker.model.graph.outputs[0].value].knownShape == [8, 3])
  }
}
