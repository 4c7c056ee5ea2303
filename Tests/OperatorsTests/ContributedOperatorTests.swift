import GraphIR
import TestSupport
import Testing

@Suite("Operators that ONNX Runtime adds")
struct ContributedOperatorTests {
  private func contributed(
    _ opType: String, _ attributes: [Attribute] = [], inputs: [ValueFact?], outputs: Int = 1
  ) throws -> OperatorCase {
    try OperatorCase(
      opType, domain: "com.microsoft", opset: 1, attributes, inputs: inputs, outputs: outputs)
  }

  private static func string(_ name: String, _ value: String) -> Attribute {
    Attribute(name, .string(Array(value.utf8)))
  }

  @Test("a convolution with an addend and an activation")
  func fusedConv() throws {
    let attributes = [
      Self.string("activation", "LeakyRelu"), Attribute("activation_params", .floats([0.5])),
    ]
    let inputs: [ValueFact?] = [.named("n 3 8 8"), .weight([4, 3, 1, 1]), .weight([4]), .named("n 4 8 8")]
    let sample = try contributed("FusedConv", attributes, inputs: inputs)
    #expect(sample.output.words == "n 4 8 8")
    let ties = sample.ties()
    for axis: OperandAxis in [.input(1, axis: 0), .input(2, axis: 0), .input(3, axis: 1)] {
      #expect(ties.partners(axis, on: .output(0, axis: 1)) == (0..<4).map { [$0] })
    }
    #expect(ties.roles[.input(1, axis: 1)] == .consumer)
    #expect(sample.known.constantChannel([nil, 0, -3, 1], sample.signature) == -1)
    #expect(sample.known.constantChannel([nil, 0, -3, nil], sample.signature) == nil)
    let plain = try contributed("FusedConv", attributes, inputs: Array(inputs.prefix(3)))
    #expect(plain.known.constantChannel([nil, 0, -3], plain.signature) == -1.5)
    let unknown = try contributed(
      "FusedConv", [Self.string("activation", "Novel")], inputs: Array(inputs.prefix(2)))
    #expect(unknown.known.constantChannel([nil, 0], unknown.signature) == nil)
    let clipped = try contributed(
      "FusedConv", [Self.string("activation", "Clip"), Attribute("activation_params", .floats([0, 6]))],
      inputs: Array(inputs.prefix(3)))
    #expect(clipped.known.constantChannel([nil, 0, 9], clipped.signature) == 6)
    #expect(clipped.known.cost(clipped.signature).multiplyAccumulates == 4 * 8 * 8 * 3)
  }

  @Test func fusedGemm() throws {
    let attributes = [
      Self.string("activation", "HardSigmoid"), Attribute("activation_alpha", .float(0.25)),
      Attribute("activation_beta", .float(0.5)), Attribute("transB", .int(1)),
    ]
    let sample = try contributed(
      "FusedGemm", attributes, inputs: [.named("n 3"), .weight([4, 3]), .weight([4])])
    #expect(sample.output.words == "n 4")
    #expect(sample.ties().roles[.input(1, axis: 0)] == .producer)
    #expect(sample.known.constantChannel([nil, 0, 1], sample.signature) == 0.75)
  }

  @Test(
    arguments: [
      (false, false, "n 7 3", [3, 5], 1, 0), (false, true, "n 7 3", [5, 3], 0, 1),
      (true, false, "n 3 7", [3, 5], 1, 0),
    ] as [(Bool, Bool, String, [Dimension], Int, Int)])
  func fusedMatMul(
    _ left: Bool, _ right: Bool, _ a: String, _ b: [Dimension], _ column: Int, _ depth: Int
  ) throws {
    let attributes = [
      Attribute("transA", .int(left ? 1 : 0)), Attribute("transB", .int(right ? 1 : 0)),
      Attribute("alpha", .float(0.5)),
    ]
    let sample = try contributed("FusedMatMul", attributes, inputs: [.named(a), .weight(b)])
    #expect(sample.output.words == "n 7 5")
    let ties = sample.ties()
    #expect(ties.partners(.input(1, axis: column), on: .output(0, axis: 2)) == (0..<5).map { [$0] })
    #expect(
      ties.partners(.input(1, axis: depth), on: .input(0, axis: left ? 1 : 2)) == (0..<3).map { [$0] })
    #expect(ties.roles == [.input(1, axis: depth): .consumer, .input(1, axis: column): .producer])
    let moved = try contributed(
      "FusedMatMul", attributes + [Attribute("transBatchA", .int(1))], inputs: [.named(a), .weight(b)])
    #expect(moved.output.shape == nil && moved.output.elementType == .float)
    #expect(moved.ties().free.isEmpty)
  }

  @Test func activations() throws {
    let biased = try contributed("BiasGelu", inputs: [.named("n 7 4"), .weight([4])])
    #expect(biased.output.words == "n 7 4")
    #expect(biased.ties().partners(.input(1, axis: 0), on: .output(0, axis: 2)) == (0..<4).map { [$0] })
    #expect(biased.ties().roles == [.input(1, axis: 0): .follower])
    #expect(biased.known.constantChannel([0, 0], biased.signature) == 0)
    #expect(biased.known.constantChannel([0, nil], biased.signature) == nil)
    let fast = try contributed("FastGelu", inputs: [.named("n 4")])
    #expect(abs((fast.known.constantChannel([1], fast.signature) ?? 0) - 0.841192) < 1e-6)
    let quick = try contributed("QuickGelu", inputs: [.named("n 4")])
    #expect(abs((quick.known.constantChannel([1], quick.signature) ?? 0) - 0.845796) < 1e-6)
    #expect(
      code { try contributed("BiasGelu", inputs: [.named("n 7 4"), .weight([3])]) } == "shape-mismatch")
  }

  @Test func normalisedSums() throws {
    let sample = try contributed(
      "SkipLayerNormalization", inputs: [.named("n 7 8"), .named("n 7 8"), .weight([8]), .weight([8])],
      outputs: 4)
    #expect(sample.signature.outputs.compactMap { $0?.words } == ["n 7 8", "n 7 1", "n 7 1", "n 7 8"])
    let ties = sample.ties()
    for axis: OperandAxis in [.input(1, axis: 1), .output(0, axis: 1), .output(3, axis: 1)] {
      #expect(ties.partners(.input(0, axis: 1), on: axis) == (0..<7).map { [$0] })
    }
    #expect(ties.reason(.input(1, axis: 2)) == "is normalised over")
    let broadcast = try contributed(
      "SkipLayerNormalization", inputs: [.named("n 7 8"), .named("7 8"), .weight([8])])
    #expect(broadcast.ties().free.isEmpty)
  }

  private static let scale = ValueFact.weight([])
  private static func bytes(_ shape: [Dimension]) -> ValueFact {
    ValueFact(elementType: .uint8, shape: shape)
  }
  private static let zero: ValueFact = {
    var fact = bytes([])
    fact.constant = (try? Bytes(copying: [3] as [UInt8])).map {
      Tensor(elementType: .uint8, dims: [], payload: .raw($0))
    }
    return fact
  }()

  @Test("what is quantised has the shape and the channels of what is not")
  func quantised() throws {
    let (x, other) = (Self.bytes([2, 4, 5, 5]), Self.bytes([2, 3, 5, 5]))
    let triple: [ValueFact?] = [x, Self.scale, Self.zero]
    let end: [ValueFact?] = [Self.scale, Self.zero]
    let samples: [(OperatorCase, String)] = [
      (try contributed("QLinearAdd", inputs: triple + triple + end), "2 4 5 5"),
      (try contributed("QLinearSigmoid", inputs: triple + end), "2 4 5 5"),
      (try contributed("QLinearGlobalAveragePool", inputs: triple + end), "2 4 1 1"),
      (
        try contributed(
          "QLinearGlobalAveragePool", [Attribute("channels_last", .int(1))], inputs: triple + end), "2 1 1 5"
      ),
      (
        try contributed(
          "QLinearConcat", [Attribute("axis", .int(1))],
          inputs: end + triple + [other, Self.scale, Self.zero]), "2 7 5 5"
      ),
      (
        try contributed(
          "NhwcMaxPool", [Attribute("kernel_shape", .ints([2, 2]))], inputs: [Self.bytes([2, 6, 4, 3])]),
        "2 5 3 3"
      ),
    ]
    for (sample, words) in samples {
      #expect(sample.output.words == words)
      #expect(sample.output.elementType == .uint8)
      let isLast = sample.opType == "NhwcMaxPool" || !sample.attributes.isEmpty && words == "2 1 1 5"
      let channel = isLast ? 3 : 1
      let first = sample.signature.inputs.firstIndex { $0?.rank == 4 } ?? 0
      let found = sample.ties().partners(.input(first, axis: channel), on: .output(0, axis: channel))
      #expect(found == found.indices.map { [$0] } && !found.isEmpty)
    }
  }

  @Test func quantisedProducts() throws {
    let (scale, zero) = (Self.scale, Self.zero)
    let convolution: [ValueFact?] = [
      Self.bytes([2, 3, 5, 5]), scale, zero, Self.bytes([4, 3, 3, 3]), scale, zero, scale,
      ValueFact(elementType: .int8, shape: []),
    ]
    for domain in ["", "com.microsoft"] {
      let sample = try OperatorCase("QLinearConv", domain: domain, opset: 10, inputs: convolution)
      #expect(sample.output.words == "2 4 3 3")
      #expect(sample.output.elementType == .int8)
      let cost = sample.known.cost(sample.signature)
      #expect(cost.multiplyAccumulates == 2 * 4 * 3 * 3 * 27)
      #expect(cost.parameterOperands == [3])
      let ties = sample.ties()
      #expect(ties.roles == [.input(3, axis: 0): .producer, .input(3, axis: 1): .consumer])
      #expect(ties.partners(.input(3, axis: 0), on: .output(0, axis: 1)) == (0..<4).map { [$0] })
    }
    var each = convolution
    (each[4], each[5]) = (.weight([4]), Self.bytes([4]))
    each[5]?.constant = Tensor(
      elementType: .uint8, dims: [4], payload: .raw(try Bytes(copying: [1, 2, 3, 4] as [UInt8])))
    let own = try OperatorCase("QLinearConv", opset: 10, inputs: each)
    for operand in 4...5 {
      #expect(
        own.ties().partners(.input(operand, axis: 0), on: .output(0, axis: 1)) == (0..<4).map { [$0] })
    }
    each[5] = Self.bytes([4])
    let unknown = try OperatorCase("QLinearConv", opset: 10, inputs: each)
    #expect(unknown.ties().free.isEmpty, "a zero point that is not known")
    var shared = convolution
    shared[1] = .weight([3])
    #expect(try OperatorCase("QLinearConv", opset: 10, inputs: shared).ties().free.isEmpty)
    let product = try OperatorCase("MatMulInteger", inputs: [Self.bytes([2, 3]), Self.bytes([3, 5])])
    #expect(product.output.words == "2 5" && product.output.elementType == .int32)
    let gemm = try contributed(
      "QGemm", [Attribute("transB", .int(1))],
      inputs: [Self.bytes([2, 3]), scale, zero, Self.bytes([5, 3]), scale, zero])
    #expect(gemm.output.words == "2 5" && gemm.output.elementType == .float)
    let packed = try contributed(
      "MatMulNBits", [Attribute("K", .int(64)), Attribute("N", .int(32))],
      inputs: [.named("n 7 64"), Self.bytes([32, 2, 16]), .weight([32, 2])])
    #expect(packed.output.words == "n 7 32")
    #expect(packed.known.cost(packed.signature).multiplyAccumulates == 7 * 32 * 64)
  }

  @Test func attention() throws {
    let heads = [Attribute("num_heads", .int(8))]
    let own = try contributed(
      "Attention", heads, inputs: [.named("n 7 64"), .weight([64, 192]), .weight([192])])
    #expect(own.output.words == "n 7 64")
    let several = try contributed(
      "MultiHeadAttention", heads, inputs: [.named("n 7 64"), .named("n 9 64"), .named("n 9 32")])
    #expect(several.output.words == "n 7 32")
    let shared = try contributed(
      "GroupQueryAttention", heads + [Attribute("kv_num_heads", .int(2))], inputs: [.named("n 7 96")])
    #expect(shared.output.words == "n 7 64")
    #expect(own.ties().roles[.input(1, axis: 1)] == .producer)
    #expect(own.ties().classes(.output(0, axis: 2)).count == 8)
    #expect(several.ties().classes(.input(2, axis: 2)).count == 8)
    // Keys and values lie with the queries, and nothing else could be pinned for them.
    #expect(shared.ties().choices.isEmpty)
    #expect(shared.ties().classes(.output(0, axis: 2)).count == 2)
  }

  @Test("NhwcConv's weights lie as its data do, or as Conv's", arguments: [true, false])
  func channelsLast(_ weightsFollow: Bool) throws {
    let sample = try contributed(
      "NhwcConv", inputs: [.named("n 8 8 6"), .weight(weightsFollow ? [4, 3, 3, 6] : [4, 6, 3, 3])])
    #expect(sample.output.words == "n 6 6 4")
    let ties = sample.ties()
    let reads = OperandAxis.input(1, axis: weightsFollow ? 3 : 1)
    #expect(ties.roles == [.input(1, axis: 0): .producer, reads: .consumer])
    #expect(ties.partners(.input(0, axis: 3), on: reads) == (0..<6).map { [$0] })
    #expect(ties.partners(.input(1, axis: 0), on: .output(0, axis: 3)) == (0..<4).map { [$0] })
    let either = try contributed("NhwcConv", inputs: [.named("n 8 8 3"), .weight([4, 3, 3, 3])])
    #expect(either.ties().free.isEmpty)
  }

  @Test("groups of a convolution with its channels last")
  func groupsChannelsLast() throws {
    let attributes = [Attribute("group", .int(8)), Attribute("channels_last", .int(1))]
    let inputs: [ValueFact?] = [
      Self.bytes([2, 5, 5, 8]), Self.scale, Self.zero, Self.bytes([8, 1, 3, 3]), Self.scale, Self.zero,
      Self.scale, Self.zero,
    ]
    let sample = try contributed("QLinearConv", attributes, inputs: inputs)
    #expect(sample.ties().partners(.input(0, axis: 3), on: .output(0, axis: 3)) == (0..<8).map { [$0] })
    let kept = [0, 2, 5]
    let cut = try sample.cut(keeping: [
      .input(0, axis: 3): kept, .input(3, axis: 0): kept, .output(0, axis: 3): kept,
    ])
    #expect(cut.output.words == "2 3 3 3")
    #expect(cut.attributes.int("group", or: 0) == 3)
  }
}
