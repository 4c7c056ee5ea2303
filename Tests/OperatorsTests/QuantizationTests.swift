import GraphIR
import TestSupport
import Testing

@Suite("Quantisation, sequences, regions")
struct QuantizationTests {
  private static let bytes = ValueFact(elementType: .int8, shape: [4, 2, 3, 3])

  @Test func types() throws {
    let scale = ValueFact.weight([])
    #expect(
      try OperatorCase("QuantizeLinear", inputs: [.named("n 4 h"), scale]).output.elementType == .uint8)
    let zero = ValueFact(elementType: .int8, shape: [])
    let quantised = try OperatorCase("QuantizeLinear", inputs: [.named("n 4 h"), scale, zero]).output
    #expect(quantised.elementType == .int8)
    #expect(quantised.words == "n 4 h")
    #expect(try OperatorCase("DequantizeLinear", inputs: [Self.bytes, scale]).output.elementType == .float)
    let stated = [Attribute("output_dtype", .int(10))]
    #expect(
      try OperatorCase("DequantizeLinear", opset: 23, stated, inputs: [Self.bytes, scale]).output.elementType
        == .float16)
  }

  @Test func perTensor() throws {
    let ties = try OperatorCase("DequantizeLinear", inputs: [Self.bytes, .weight([]), .weight([1])]).ties()
    for axis in 0..<4 {
      #expect(ties.classes(.input(0, axis: axis)).count == Self.bytes.shape?[axis].known)
      #expect(ties.reason(.input(0, axis: axis)) == nil)
    }
    #expect(ties.reason(.input(2, axis: 0)) == nil)
  }

  @Test func perChannel() throws {
    let axis = [Attribute("axis", .int(0))]
    let sample = try OperatorCase("DequantizeLinear", axis, inputs: [Self.bytes, .weight([4]), .weight([4])])
    for operand in 1...2 {
      let found = sample.ties().partners(.input(operand, axis: 0), on: .output(0, axis: 0))
      #expect(found == (0..<4).map { [$0] })
    }
    #expect(sample.ties().roles.isEmpty)
    #expect(
      code { try OperatorCase("DequantizeLinear", axis, inputs: [Self.bytes, .weight([3])]) }
        == "shape-mismatch")
    let blocked = try OperatorCase(
      "DequantizeLinear", opset: 21, axis + [Attribute("block_size", .int(2))],
      inputs: [Self.bytes, .weight([2, 2, 3, 3])]
    ).ties()
    #expect(blocked.reason(.output(0, axis: 0)) == "is quantised in blocks")
    #expect(blocked.partners(.input(1, axis: 1), on: .output(0, axis: 1)) == [[0], [1]])
  }

  @Test func constantChannels() throws {
    let scale = try ValueFact.constant([], [0.5])
    let sample = try OperatorCase("DequantizeLinear", inputs: [Self.bytes, scale, .constant([], [3])])
    #expect(sample.known.constantChannel([3, nil, nil], sample.signature) == 0)
    #expect(sample.known.constantChannel([7, nil, nil], sample.signature) == 2)
    let whole = try OperatorCase("QuantizeLinear", inputs: [.named("n 4"), scale, .constant([], [3])])
    #expect(whole.known.constantChannel([0, nil, nil], whole.signature) == 3)
    #expect(whole.known.constantChannel([1, nil, nil], whole.signature) == nil)
  }

  @Test(arguments: [("LSTM", 4, 3), ("GRU", 3, 2), ("RNN", 1, 2)] as [(String, Dimension, Int)])
  func recurrent(_ name: String, _ gates: Dimension, _ outputs: Int) throws {
    let attributes = [
      Attribute("hidden_size", .int(5)), Attribute("direction", .string(Array("bidirectional".utf8))),
    ]
    let inputs: [ValueFact?] = [.named("7 n 3"), .weight([2, gates * 5, 3]), .weight([2, gates * 5, 5])]
    let sample = try OperatorCase(name, attributes, inputs: inputs, outputs: outputs)
    #expect(
      sample.signature.outputs.compactMap { $0?.words }
        == Array(["7 2 n 5", "2 n 5", "2 n 5"].prefix(outputs)))
    let batchFirst = try OperatorCase(
      name, attributes + [Attribute("layout", .int(1))], inputs: inputs, outputs: outputs)
    #expect(
      batchFirst.signature.outputs.compactMap { $0?.words }
        == Array(["7 n 2 5", "7 2 5", "7 2 5"].prefix(outputs)))
    let ties = sample.ties()
    #expect(ties.partners(.input(0, axis: 2), on: .input(1, axis: 2)) == [[0], [1], [2]])
    #expect(
      ties.roles == [
        .input(1, axis: 2): .consumer, .input(1, axis: 1): .producer, .input(2, axis: 1): .producer,
        .input(2, axis: 2): .consumer,
      ])
    // Three features and five units.
    #expect(ties.free.count == 8)
    #expect(
      ties.partners(.output(0, axis: 3), on: .input(1, axis: 1))
        == (0..<5).map { unit in (0..<(gates.known ?? 0)).map { $0 * 5 + unit } })
    #expect(
      sample.known.cost(sample.signature).multiplyAccumulates == 7 * 2 * (gates.known ?? 0) * 5 * (3 + 5))
    let bad: [ValueFact?] = [.named("7 n 4"), inputs[1], inputs[2]]
    #expect(code { try OperatorCase(name, attributes, inputs: bad, outputs: outputs) } == "shape-mismatch")
    #expect(
      code { try OperatorCase(name, attributes, inputs: [.named("7 n")] + inputs.dropFirst(), outputs: 1) }
        == "shape-mismatch")
  }

  @Test func regions() throws {
    let size = [Attribute("output_height", .int(7)), Attribute("output_width", .int(5))]
    let sample = try OperatorCase("RoiAlign", size, inputs: [.named("1 4 h w"), .named("r 4"), .named("r")])
    #expect(sample.output.words == "r 4 7 5")
    #expect(sample.ties().partners(.input(0, axis: 1), on: .output(0, axis: 1)) == (0..<4).map { [$0] })
    #expect(sample.ties().reason(.input(0, axis: 0)) == "is not mentioned")
    #expect(sample.known.constantChannel([0, nil, nil], sample.signature) == 0)
    #expect(sample.known.constantChannel([1, nil, nil], sample.signature) == nil)
    let boxes = try OperatorCase("NonMaxSuppression", inputs: [.named("1 99 4"), .named("1 80 99")])
    #expect(boxes.output.shape?.count == 2)
    #expect(boxes.output.shape?[1] == 3)
    #expect(boxes.output.elementType == .int64)
  }

  @Test func attention() throws {
    let heads = try OperatorCase(
      "Attention", opset: 23, inputs: [.named("n 8 7 16"), .named("n 8 9 16"), .named("n 8 9 32")])
    #expect(heads.output.words == "n 8 7 32")
    #expect(heads.known.cost(heads.signature).multiplyAccumulates == 8 * 7 * 9 * (16 + 32))
    // Eight heads, and what each of them gives out.
    #expect(heads.ties().free.count == 8 + 32)
    let counts = [Attribute("q_num_heads", .int(8)), Attribute("kv_num_heads", .int(2))]
    let flat = try OperatorCase(
      "Attention", opset: 23, counts, inputs: [.named("n 7 128"), .named("n 9 32"), .named("n 9 32")])
    #expect(flat.output.words == "n 7 128")
    #expect(flat.ties().choices == [2])
    #expect(flat.ties([0: 0]).free.count == 4)
    #expect(flat.ties([0: 1]).free.count == 2)
  }
}
