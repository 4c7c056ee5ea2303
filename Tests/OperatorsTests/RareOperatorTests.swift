import GraphIR
import Operators
import TestSupport
import Testing

@Suite("Operators that are seldom met")
struct RareOperatorTests {
  private static func ints(_ name: String, _ values: Int64...) -> Attribute { Attribute(name, .ints(values)) }

  // MARK: - Where channels are tied

  @Test func gridSample() throws {
    let sample = try OperatorCase("GridSample", opset: 22, inputs: [.named("n 4 h w"), .named("n 7 9 2")])
    #expect(sample.output.words == "n 4 7 9")
    #expect(sample.ties().partners(.input(0, axis: 1), on: .output(0, axis: 1)) == (0..<4).map { [$0] })
    #expect(sample.ties().reason(.input(1, axis: 1)) == "is where the grid lies")
    #expect(sample.known.constantChannel([0, nil], sample.signature) == 0)
    #expect(sample.known.constantChannel([1, nil], sample.signature) == nil)
    #expect(
      code { try OperatorCase("GridSample", inputs: [.named("n 4 h w"), .named("n 7 2")]) }
        == "shape-mismatch")
    let grid = try OperatorCase("AffineGrid", opset: 20, inputs: [.named("n 2 3"), .integers([2, 3, 5, 6])])
    #expect(grid.output.words == "2 5 6 2")
    let solid = try OperatorCase(
      "AffineGrid", opset: 20, inputs: [.named("n 3 4"), .integers([2, 3, 5, 6, 7])])
    #expect(solid.output.words == "2 5 6 7 3")
    #expect(solid.ties().free.isEmpty)
  }

  @Test func deformableConvolution() throws {
    let inputs: [ValueFact?] = [
      .named("n 3 8 8"), .weight([4, 3, 3, 3]), .named("n 18 6 6"), .weight([4]), .named("n 9 6 6"),
    ]
    let sample = try OperatorCase("DeformConv", opset: 22, inputs: inputs)
    #expect(sample.output.words == "n 4 6 6")
    let ties = sample.ties()
    #expect(ties.partners(.input(0, axis: 1), on: .input(1, axis: 1)) == (0..<3).map { [$0] })
    #expect(ties.partners(.input(1, axis: 0), on: .output(0, axis: 1)) == (0..<4).map { [$0] })
    #expect(ties.roles[.input(1, axis: 1)] == .consumer && ties.roles[.input(1, axis: 0)] == .producer)
    #expect(ties.reason(.input(2, axis: 1)) == "says where the kernel reads")
    #expect(sample.known.constantChannel([nil, 0, nil, 3, nil], sample.signature) == 3)
    #expect(sample.known.cost(sample.signature).parameterOperands == [1, 3])
    #expect(sample.known.cost(sample.signature).multiplyAccumulates == 4 * 6 * 6 * 27)
    let grouped = try OperatorCase(
      "DeformConv", opset: 22, [Attribute("offset_group", .int(3))], inputs: inputs)
    #expect(grouped.ties().free.isEmpty)
  }

  @Test func croppingAndFolding() throws {
    let sample = try OperatorCase(
      "CenterCropPad", opset: 18, [Self.ints("axes", 2, -1)], inputs: [.named("n 4 9 3"), .integers([5, 7])])
    #expect(sample.output.words == "n 4 5 7")
    #expect(sample.ties().partners(.input(0, axis: 1), on: .output(0, axis: 1)) == (0..<4).map { [$0] })
    #expect(sample.ties().reason(.input(0, axis: 2)) == "is cropped or padded")
    let short = code { try OperatorCase("CenterCropPad", inputs: [.named("2 4"), .integers([5])]) }
    #expect(short == "shape-mismatch")
    let fold = try OperatorCase(
      "Col2Im", opset: 18, inputs: [.named("n 12 9"), .integers([4, 4]), .integers([2, 2])])
    #expect(fold.output.words == "n 3 4 4")
    #expect(
      fold.ties().partners(.output(0, axis: 1), on: .input(0, axis: 1)) == [
        [0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11],
      ])
    let uneven = code {
      try OperatorCase(
        "Col2Im", opset: 18, inputs: [.named("n 13 9"), .integers([4, 4]), .integers([2, 2])])
    }
    #expect(uneven == "shape-mismatch")
  }

  @Test func caches() throws {
    let scatter = try OperatorCase(
      "TensorScatter", opset: 24, inputs: [.named("2 4 9 8"), .named("2 4 1 8"), .named("2")])
    #expect(scatter.output.words == "2 4 9 8")
    for operand in 0..<2 {
      let found = scatter.ties().partners(.input(operand, axis: 3), on: .output(0, axis: 3))
      #expect(found == (0..<8).map { [$0] })
    }
    #expect(scatter.ties().reason(.input(1, axis: 2)) == "is written along")
    let causal = try OperatorCase(
      "CausalConvWithState", opset: 27,
      inputs: [.named("n 4 9"), .weight([4, 1, 3]), .weight([4]), .named("n 4 2")], outputs: 2)
    #expect(causal.signature.outputs.compactMap { $0?.words } == ["n 4 9", "n 4 2"])
    for axis: OperandAxis in [
      .input(0, axis: 1), .input(1, axis: 0), .input(3, axis: 1), .output(1, axis: 1),
    ] {
      #expect(causal.ties().partners(axis, on: .output(0, axis: 1)) == (0..<4).map { [$0] })
    }
    #expect(causal.known.constantChannel([0, nil, 0, 0], causal.signature) == 0)
    #expect(causal.known.constantChannel([nil, 0, 0, 0], causal.signature) == nil)
    let attention = try OperatorCase(
      "LinearAttention", opset: 27, [Attribute("q_num_heads", .int(4)), Attribute("kv_num_heads", .int(2))],
      inputs: [.named("n 7 32"), .named("n 7 16"), .named("n 7 12")], outputs: 2)
    #expect(attention.signature.outputs.compactMap { $0?.words } == ["n 7 24", "n 2 8 6"])
  }

  @Test func gates() throws {
    let gate = try OperatorCase("SwiGLU", opset: 28, inputs: [.named("n 4"), .named("n 4")])
    #expect(gate.output.words == "n 4")
    #expect(gate.ties().partners(.input(1, axis: 1), on: .output(0, axis: 1)) == (0..<4).map { [$0] })
    #expect(gate.known.constantChannel([nil, 0], gate.signature) == 0)
    #expect(abs((gate.known.constantChannel([1, 2], gate.signature) ?? 0) - 1.4621172) < 1e-6)
    let bits = try OperatorCase("BitCast", opset: 26, [Attribute("to", .int(6))], inputs: [.named("n 4")])
    #expect(bits.output.elementType == .int32)
    #expect(bits.known.constantChannel([0], bits.signature) == nil)
  }

  // MARK: - Where only shapes are followed

  @Test func transforms() throws {
    let full = try OperatorCase("DFT", opset: 17, inputs: [.named("n 10 9 1")])
    #expect(full.output.words == "n 10 9 2")
    #expect(full.ties().partners(.input(0, axis: 2), on: .output(0, axis: 2)) == (0..<9).map { [$0] })
    #expect(full.ties().reason(.input(0, axis: 1)) == "is transformed")
    let half = try OperatorCase(
      "DFT", opset: 20, [Attribute("onesided", .int(1))], inputs: [.named("n 10 9 1"), nil, .scalar(-3)])
    #expect(half.output.words == "n 6 9 2")
    let back = try OperatorCase(
      "DFT", opset: 20, [Attribute("onesided", .int(1)), Attribute("inverse", .int(1))],
      inputs: [.named("n 6 9 2"), nil, .scalar(1)])
    #expect(back.output.words == "n 10 9 1")
    let frames = try OperatorCase(
      "STFT", opset: 17, inputs: [.named("2 128 1"), .scalar(8), nil, .scalar(16)])
    #expect(frames.output.words == "2 15 9 2")
    let window = try OperatorCase("HannWindow", opset: 17, inputs: [.scalar(10)])
    #expect(window.output.words == "10" && window.output.elementType == .float)
    let mel = try OperatorCase(
      "MelWeightMatrix", opset: 17,
      inputs: [.scalar(8), .scalar(16), .scalar(8192), .weight([]), .weight([])])
    #expect(mel.output.words == "9 8")
  }

  @Test func unpooling() throws {
    let window = [Self.ints("kernel_shape", 2, 2), Self.ints("strides", 2, 2)]
    let sample = try OperatorCase(
      "MaxUnpool", opset: 11, window, inputs: [.named("1 3 4 4"), .named("1 3 4 4")])
    #expect(sample.output.words == "1 3 8 8")
    #expect(sample.ties().free.isEmpty)
    let stated = try OperatorCase(
      "MaxUnpool", opset: 11, window,
      inputs: [.named("1 3 4 4"), .named("1 3 4 4"), .integers([1, 3, 9, 9])])
    #expect(stated.output.words == "1 3 9 9")
    let regions = try OperatorCase(
      "MaxRoiPool", opset: 22, [Self.ints("pooled_shape", 3, 5)], inputs: [.named("n 4 h w"), .named("r 5")])
    #expect(regions.output.words == "r 4 3 5")
    #expect(regions.ties().partners(.input(0, axis: 1), on: .output(0, axis: 1)) == (0..<4).map { [$0] })
  }

  @Test func losses() throws {
    let labels = ValueFact(elementType: .int64, shape: [3, 6])
    let plain = [Attribute("reduction", .string(Array("none".utf8)))]
    let each = try OperatorCase(
      "SoftmaxCrossEntropyLoss", plain, inputs: [.named("3 5 6"), labels], outputs: 2)
    #expect(each.signature.outputs.compactMap { $0?.words } == ["3 6", "3 5 6"])
    let mean = try OperatorCase("NegativeLogLikelihoodLoss", inputs: [.named("3 5 6"), labels])
    #expect(mean.output.words == "")
    #expect(mean.output.shape == [])
    let determinant = try OperatorCase("Det", opset: 22, inputs: [.named("n 4 3 3")])
    #expect(determinant.output.words == "n 4")
    #expect(determinant.ties().partners(.input(0, axis: 1), on: .output(0, axis: 1)) == (0..<4).map { [$0] })
    #expect(code { try OperatorCase("Det", inputs: [.named("n 3 4")]) } == "shape-mismatch")
  }

  @Test func textAndPictures() throws {
    let words = ValueFact(elementType: .string, shape: [2, 3])
    let counts = try OperatorCase(
      "TfIdfVectorizer", opset: 9, [Self.ints("ngram_indexes", 0, 2, 6)], inputs: [words])
    #expect(counts.output.words == "2 7" && counts.output.elementType == .float)
    let pieces = try OperatorCase("StringSplit", opset: 20, inputs: [words], outputs: 2)
    #expect(pieces.output.words == "2 3 ?y.2")
    #expect(pieces.signature.outputs[1]?.elementType == .int64)
    #expect(try OperatorCase("RegexFullMatch", opset: 20, inputs: [words]).output.elementType == .bool)
    let joined = try OperatorCase(
      "StringConcat", opset: 20, inputs: [words, ValueFact(elementType: .string, shape: [3])])
    #expect(joined.output.words == "2 3")
    let picture = try OperatorCase(
      "ImageDecoder", opset: 20, [Attribute("pixel_format", .string(Array("Grayscale".utf8)))],
      inputs: [.named("n")])
    #expect(picture.output.words == "?y.0 ?y.1 1")
  }

  // MARK: - Bodies and containers

  private static func body(_ outputs: [DeclaredTensorType]) -> Attribute.Value {
    var graph = Graph(name: "body")
    for (index, type) in outputs.enumerated() {
      graph.outputs.append(ValueInfo(value: graph.addValue("\(index)"), type: DeclaredType(.tensor(type))))
    }
    return .graph(graph)
  }

  private static func type(_ dims: [DeclaredDimension.Extent]) -> DeclaredTensorType {
    DeclaredTensorType(
      elementTypeNumber: ElementType.float.rawValue, dims: dims.map { DeclaredDimension($0) })
  }

  @Test func bodies() throws {
    let first = Self.body([Self.type([.value(2), .value(3)])])
    let second = Self.body([Self.type([.value(2), .value(5)])])
    let branches = try OperatorCase(
      "If", [Attribute("then_branch", first), Attribute("else_branch", second)],
      inputs: [ValueFact(elementType: .bool, shape: [])])
    #expect(branches.output.words == "2 ?y.1")
    let turn = Self.body([Self.type([]), Self.type([.value(4)]), Self.type([.value(6), .parameter("n")])])
    let loop = try OperatorCase(
      "Loop", [Attribute("body", turn)], inputs: [nil, nil, .named("4")], outputs: 2)
    #expect(loop.output.shape == nil && loop.output.elementType == .float)
    #expect(loop.signature.outputs[1]?.words == "?y.1.0 6 ?y.1.2")
    let step = Self.body([Self.type([.value(4)]), Self.type([.value(6)])])
    let scan = try OperatorCase(
      "Scan",
      [Attribute("body", step), Attribute("num_scan_inputs", .int(1)), Self.ints("scan_output_axes", 1)],
      inputs: [.named("4"), .named("9 5")], outputs: 2)
    #expect(scan.signature.outputs.compactMap { $0?.words } == ["4", "6 9"])
  }

  @Test func containers() throws {
    #expect(try OperatorCase("SequenceLength", inputs: [.unknown]).output.elementType == .int64)
    #expect(try OperatorCase("OptionalHasElement", opset: 18, inputs: [.unknown]).output.elementType == .bool)
    #expect(try OperatorCase("SequenceAt", inputs: [.unknown, .scalar(0)]).output == .unknown)
    #expect(try OperatorCase("OptionalGetElement", opset: 18, inputs: [.named("2 3")]).output.words == "2 3")
  }
}
