import GraphIR
import Operators
import TestSupport
import Testing

@Suite("Control flow")
struct ControlFlowTests {
  private let condition = ValueFact(elementType: .bool, shape: [])
  private let wide = ValueFact.float([Dimension(symbol: "batch"), 4, 8])
  private let narrow = ValueFact.float([Dimension(symbol: "batch"), 4, 6])

  @Test("If has the shape on which its branches agree, and ties the channels of both to its own")
  func choice() throws {
    let opened = try OperatorCase("If", inputs: [condition, wide, narrow])
    #expect(opened.output.shape?[0] == Dimension(symbol: "batch") && opened.output.shape?[1] == 4)
    #expect(opened.output.shape?[2].known == nil)
    let ties = opened.ties()
    #expect(ties.partners(.output(0, axis: 1), on: .input(1, axis: 1)) == [[0], [1], [2], [3]])
    #expect(ties.partners(.output(0, axis: 1), on: .input(2, axis: 1)) == [[0], [1], [2], [3]])
    #expect(ties.reason(.input(1, axis: 1)) == nil && ties.reason(.input(1, axis: 2)) != nil)
  }

  @Test("an If of two results reads those of one branch before those of the other")
  func twoResults() throws {
    let opened = try OperatorCase("If", inputs: [condition, wide, narrow, wide, narrow], outputs: 2)
    #expect(opened.signature.outputs.map { $0?.shape } == [wide.shape, narrow.shape])
    #expect(opened.ties().partners(.output(1, axis: 2), on: .input(4, axis: 2))[5] == [5])
  }

  @Test("what enters or leaves a loop stays, and so does what a closed If makes", arguments: ["Loop", "If"])
  func pins(opType: String) throws {
    let node = try OperatorCase(opType, inputs: [condition, wide, wide, wide, wide, wide], outputs: 1)
    #expect(node.output.shape == nil)
    #expect((0..<3).allSatisfy { node.ties().reason(.input(1, axis: $0)) != nil })
  }
}
