import GraphIR
import ONNXFormat
import Testing

/// A model that is read and written is the same model.
@Suite struct RoundTripTests {
  @Test(arguments: ["everything", "typed"])
  func aModelInTheOrderOfTheFormatComesBackByteByByte(name: String) throws {
    let imported = try ONNXImporter.load(fixture("\(name).onnx"))
    let bytes = try ONNXExporter.bytes(of: imported.model)
    #expect(imported.file.pointer.elementsEqual(bytes))
    #expect(try ONNXExporter.bytes(of: imported.model) == bytes)
  }

  @Test func everyFieldOfTheFormatIsInTheFixture() throws {
    let model = try ONNXImporter.load(fixture("everything.onnx")).model
    let node = try #require(model.graph.nodes.first)
    #expect(model.functions.map(\.identifier.name) == ["F", "G"])
    #expect(model.trainingInfos.count == 1 && model.configurations.count == 1)
    #expect(model.graph.sparseInitializers.count == 1 && model.graph.quantizationAnnotations.count == 1)
    #expect(node.inputs.map { $0.map { model.graph[$0].name } } == ["x", nil, "w"])
    #expect(node.attributes.count == 24 && node.deviceConfigurations.count == 1)
    #expect(node.attribute("zero_left_out")?.value == .int(0))
    #expect(node.attribute("zero_left_out")?.statesValue == false)
    #expect(Set(model.graph.initializers.compactMap { model.graph[$0].initializer?.elementType }).count == 28)
  }

  @Test func weightsAreViewsOfTheFile() throws {
    let imported = try ONNXImporter.load(fixture("typed.onnx"))
    let graph = imported.model.graph
    let tensor = try #require(
      graph.initializers.compactMap { graph[$0].initializer }.first { $0.name == "float_data" })
    #expect(tensor.bytes?.buffer === imported.file)
    #expect(tensor.bytes?.elements(as: Float.self).last == 1)
  }

  @Test func numbersWithATagEachAreTheSameNumbers() throws {
    let packed = try ONNXImporter.load(fixture("typed.onnx")).model
    let single = try ONNXImporter.load(fixture("unpacked.onnx")).model
    #expect(packed == single)
    #expect(try ONNXExporter.bytes(of: single) == ONNXExporter.bytes(of: packed))
  }

  @Test func entriesThatNothingRefersToAreKept() throws {
    let tensor = Proto.tensor("w") { $0.message(13) { $0.text(1, "location") } }
    let model = try ONNXImporter.load(
      Proto.model(.graph([.node("Relu", ["x"], ["y"])], initializers: [tensor])).buffer
    ).model
    let again = try ONNXImporter.load(Bytes(copying: ONNXExporter.bytes(of: model)).buffer)
    #expect(again.model == model)
    #expect(again.notes.isEmpty)
  }

  @Test func aChangedAttributeIsWrittenEvenIfItsZeroWasLeftOut() throws {
    var model = try ONNXImporter.load(fixture("everything.onnx")).model
    let index = try #require(model.graph.nodes[0].attributes.firstIndex { $0.name == "zero_left_out" })
    model.graph.nodes[0].attributes[index].value = .int(4)
    let again = try ONNXImporter.load(Bytes(copying: ONNXExporter.bytes(of: model)).buffer).model
    #expect(again.graph.nodes[0].attribute("zero_left_out")?.value == .int(4))
  }
}

/// The path of a file in Tests/Fixtures/format.
func fixture(_ name: String) -> String {
  let folder = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
  return "/\(folder)/Fixtures/format/\(name)"
}
