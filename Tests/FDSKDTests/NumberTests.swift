import FDSKD
import GraphIR
import ONNXFormat
import TestSupport
import Testing

/// Where a length becomes a number of the network's arithmetic, or leaves the network.
@Suite("Lengths that are read as numbers")
struct NumberTests {
  /// Two convolutions; `more` reads what the second one makes, "a", and gives "b" for the last one to read.
  private func compile(_ more: (inout ModelMaker) -> Void) throws -> CompileResult {
    var maker = ModelMaker()
    maker.input("x", ["batch", 2, 4, 4])
    maker.weight("w1", [8, 2, 1, 1])
    maker.weight("w2", [6, 8, 1, 1])
    maker.weight("w3", [3, 6, 1, 1])
    maker.node("Conv", ["x", "w1"], ["c"], name: "conv1")
    maker.node("Conv", ["c", "w2"], ["a"], name: "conv2")
    more(&maker)
    maker.node("Conv", ["b", "w3"], ["y"], name: "conv3")
    maker.output("y", ["batch", 3, 4, 4])
    return try Golden.withFolder { folder in
      try ONNXExporter.write(maker.model, to: folder + "/in.onnx")
      return try Compiler().compile(input: folder + "/in.onnx", output: folder + "/out.onnx")
    }
  }

  /// How many channels go of each group.
  private func removed(_ result: CompileResult) -> [Int] { result.plan.groups.map(\.removed.count) }

  @Test("a number that channels alone make up stays what it was")
  func channels() throws {
    let result = try compile { maker in
      maker.integers("one", [1])
      maker.node("Shape", ["a"], ["shape"])
      maker.node("Gather", ["shape", "one"], ["width"])
      maker.node("Cast", ["a"], ["whole"], [Attribute("to", .int(7))])
      maker.node("Div", ["whole", "width"], ["quotient"])
      maker.node("Cast", ["quotient"], ["b"], [Attribute("to", .int(1))])
    }
    #expect(removed(result) == [2, 1])
  }

  @Test("a group stays whole whose channels are counted together with the samples")
  func samples() throws {
    let result = try compile { maker in
      maker.node("Size", ["a"], ["size"])
      maker.node("Cast", ["size"], ["count"], [Attribute("to", .int(1))])
      maker.node("Div", ["a", "count"], ["b"])
    }
    #expect(removed(result) == [2, 0])
    #expect(result.report.warnings.contains { $0.contains("counts channels and samples in one number") })
  }

  @Test("a group stays whole whose size is an output of the network")
  func outputs() throws {
    let result = try compile { maker in
      maker.node("Shape", ["a"], ["shape"])
      maker.node("Relu", ["a"], ["b"])
      maker.output("shape", [4])
    }
    #expect(removed(result) == [2, 0])
  }
}
