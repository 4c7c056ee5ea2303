import GraphIR
import TestSupport
import Testing

@Suite("Poolings and reductions")
struct PoolingTests {
  private static func ints(_ name: String, _ values: Int64...) -> Attribute { Attribute(name, .ints(values)) }

  @Test(
    arguments: [
      (
        "1 64 112 112", [ints("kernel_shape", 3, 3), ints("strides", 2, 2), ints("pads", 1, 1, 1, 1)],
        "1 64 56 56"
      ),
      (
        "n 64 h 7", [ints("kernel_shape", 2, 2), ints("strides", 1, 1), ints("pads", 0, 0, 1, 1)], "n 64 h 7"
      ),
      (
        "n 8 6 6", [ints("kernel_shape", 3, 3), ints("strides", 2, 2), Attribute("ceil_mode", .int(1))],
        "n 8 3 3"
      ),
      ("n 8 6 6", [ints("kernel_shape", 3, 3), ints("strides", 2, 2)], "n 8 2 2"),
      // The window that would begin in the padding does not count.
      (
        "n 8 5",
        [ints("kernel_shape", 2), ints("strides", 3), ints("pads", 1, 1), Attribute("ceil_mode", .int(1))],
        "n 8 2"
      ),
      ("n 8 9", [ints("kernel_shape", 3), ints("dilations", 2)], "n 8 5"),
      (
        "n 8 9",
        [
          ints("kernel_shape", 3), ints("strides", 2),
          Attribute("auto_pad", .string(Array("SAME_LOWER".utf8))),
        ], "n 8 5"
      ),
      ("n 8 1", [ints("kernel_shape", 2), ints("strides", 2)], "n 8 1"),
    ] as [(String, [Attribute], String)])
  func windows(_ x: String, _ attributes: [Attribute], _ expected: String) throws {
    for name in ["MaxPool", "AveragePool", "LpPool"] {
      #expect(try OperatorCase(name, opset: 19, attributes, inputs: [.named(x)]).output.words == expected)
    }
  }

  @Test func windowErrors() {
    for attribute in [Self.ints("kernel_shape", 3), Self.ints("kernel_shape", 9, 9)] {
      #expect(
        code { try OperatorCase("MaxPool", [attribute], inputs: [.named("1 2 4 4")]) } == "shape-mismatch")
    }
    let bad = [Self.ints("kernel_shape", 2, 2), Self.ints("strides", 0, 1)]
    #expect(code { try OperatorCase("MaxPool", bad, inputs: [.named("1 2 4 4")]) } == "attribute-value")
  }

  @Test func windowTies() throws {
    let sample = try OperatorCase(
      "MaxPool", [Self.ints("kernel_shape", 2, 2)], inputs: [.float([2, 4, 8, 8])])
    #expect(sample.ties().free.count == 6)
    #expect(sample.ties().reason(.input(0, axis: 3)) == "is slid over by the window")
    let indices = try OperatorCase(
      "MaxPool", [Self.ints("kernel_shape", 2, 2)], inputs: [.float([2, 4, 8, 8])], outputs: 2)
    #expect(indices.ties().free.isEmpty)
    #expect(indices.signature.outputs[1]?.elementType == .int64)
    let unused = try OperatorCase(
      "MaxPool", [Self.ints("kernel_shape", 2, 2)], inputs: [.float([2, 4, 8, 8])], outputs: 2,
      outputsLeftOut: [1])
    #expect(unused.ties().free.count == 6)
  }

  @Test(
    arguments: [
      ("MaxPool", [], 3, 3), ("AveragePool", [], 3, 3), ("LpPool", [], 3, nil), ("LpPool", [], 0, 0),
      ("AveragePool", [ints("pads", 1, 1), Attribute("count_include_pad", .int(1))], 3, nil),
      ("AveragePool", [ints("pads", 1, 1), Attribute("count_include_pad", .int(1))], 0, 0),
      ("AveragePool", [ints("pads", 0, 0), Attribute("count_include_pad", .int(1))], 3, 3),
      ("AveragePool", [ints("pads", 1, 1)], 3, 3), ("GlobalAveragePool", [], 3, 3),
      ("GlobalMaxPool", [], 3, 3),
      ("GlobalLpPool", [], 3, nil), ("ReduceMean", [], 3, 3), ("ReduceSum", [], 3, nil),
      ("ReduceSum", [], 0, 0),
      ("ReduceLogSum", [], 1, nil),
    ] as [(String, [Attribute], Double, Double?)])
  func constantChannels(_ name: String, _ attributes: [Attribute], _ value: Double, _ expected: Double?)
    throws
  {
    let kernel = name.hasSuffix("Pool") && !name.hasPrefix("Global") ? [Self.ints("kernel_shape", 2)] : []
    let sample = try OperatorCase(name, kernel + attributes, inputs: [.float([2, 4, 8])])
    #expect(sample.known.constantChannel([value], sample.signature) == expected)
    #expect(sample.known.constantChannel([nil], sample.signature) == nil)
  }

  @Test func global() throws {
    for name in ["GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool"] {
      let sample = try OperatorCase(name, inputs: [.named("n 4 h 7")])
      #expect(sample.output.words == "n 4 1 1")
      #expect(sample.ties().partners(.input(0, axis: 1), on: .output(0, axis: 1)) == (0..<4).map { [$0] })
      #expect(sample.ties().reason(.input(0, axis: 3)) == "is pooled over")
      #expect(code { try OperatorCase(name, inputs: [.named("4")]) } == "shape-mismatch")
    }
  }

  // MARK: - Reductions

  @Test(
    arguments: [
      (11, [ints("axes", 2, 3)], nil, "n 4 1 1"),
      (11, [ints("axes", -1), Attribute("keepdims", .int(0))], nil, "n 4 6"),
      (11, [], nil, "1 1 1 1"), (11, [Attribute("keepdims", .int(0))], nil, ""),
      (18, [], [2, -1], "n 4 1 1"), (18, [Attribute("keepdims", .int(0))], [0], "4 6 7"),
      (18, [Attribute("noop_with_empty_axes", .int(1))], [], "n 4 6 7"),
      (18, [Attribute("noop_with_empty_axes", .int(1))], nil, "n 4 6 7"),
    ] as [(Int, [Attribute], [Int]?, String)])
  func reductions(_ opset: Int, _ attributes: [Attribute], _ axes: [Int]?, _ expected: String) throws {
    let inputs: [ValueFact?] = [.named("n 4 6 7")] + (axes.map { [.integers($0)] } ?? [])
    for name in ["ReduceMean", "ReduceMax", "ReduceL2", "ReduceLogSumExp"] {
      #expect(try OperatorCase(name, opset: opset, attributes, inputs: inputs).output.words == expected)
    }
  }

  @Test func reductionTies() throws {
    let dropped = try OperatorCase(
      "ReduceMean", [Self.ints("axes", 1), Attribute("keepdims", .int(0))], inputs: [.float([2, 3, 4])]
    ).ties()
    #expect(dropped.reason(.input(0, axis: 1)) == "is averaged over")
    #expect(dropped.partners(.input(0, axis: 2), on: .output(0, axis: 1)) == (0..<4).map { [$0] })
    let kept = try OperatorCase("ReduceSum", inputs: [.float([2, 3, 4]), .integers([-1])]).ties()
    #expect(kept.reason(.output(0, axis: 2)) == "is summed over")
    #expect(kept.partners(.input(0, axis: 1), on: .output(0, axis: 1)) == (0..<3).map { [$0] })
    let unknown = try OperatorCase(
      "ReduceSum", inputs: [.float([2, 3, 4]), ValueFact(elementType: .int64, shape: [1])])
    #expect(unknown.output.shape?.count == 3)
    #expect(unknown.ties().free.isEmpty)
    #expect(
      code { try OperatorCase("ReduceMax", [Self.ints("axes", 3)], inputs: [.float([2, 3, 4])]) }
        == "attribute-value")
  }

  @Test func reductionsOfShapes() throws {
    let shape = ValueFact.computed([Dimension(symbol: "n"), 4, 6])
    let keep = [Attribute("keepdims", .int(0))]
    let product = try OperatorCase("ReduceProd", keep, inputs: [shape])
    #expect(product.output.content?.map(\.value.description) == ["24·n"])
    #expect(product.output.shape == [])
    #expect(try OperatorCase("ReduceSum", inputs: [.integers([2, 4, 6])]).output.knownContent == [12])
    #expect(try OperatorCase("ReduceMax", inputs: [.integers([2, 4, 6])]).output.knownContent == [6])
    #expect(try OperatorCase("ReduceMin", inputs: [shape]).output.content == nil)
  }

  @Test func positions() throws {
    let kept = try OperatorCase("ArgMax", [Attribute("axis", .int(1))], inputs: [.named("n 4 h")])
    #expect(kept.output.words == "n 1 h")
    #expect(kept.output.elementType == .int64)
    let dropped = try OperatorCase(
      "ArgMin", [Attribute("axis", .int(-2)), Attribute("keepdims", .int(0))], inputs: [.float([2, 4, 6])])
    #expect(dropped.output.knownShape == [2, 6])
    #expect(dropped.ties().partners(.input(0, axis: 2), on: .output(0, axis: 1)) == (0..<6).map { [$0] })
    #expect(dropped.ties().reason(.input(0, axis: 1)) == "is where positions count")
    let old = try OperatorCase(
      "TopK", opset: 9, [Attribute("k", .int(2))], inputs: [.named("n 4")], outputs: 2)
    #expect(old.output.words == "n 2")
    let new = try OperatorCase(
      "TopK", opset: 11, [Attribute("axis", .int(0))], inputs: [.named("9 4"), .integers([3])], outputs: 2)
    #expect(new.signature.outputs.map { $0?.words } == ["3 4", "3 4"])
    #expect(new.ties().reason(.input(0, axis: 0)) == "is sorted")
    #expect(new.ties().partners(.input(0, axis: 1), on: .output(1, axis: 1)) == (0..<4).map { [$0] })
    let many = code { try OperatorCase("TopK", inputs: [.named("9 4"), .integers([5])], outputs: 2) }
    #expect(many == "shape-mismatch")
    let open = try OperatorCase(
      "TopK", inputs: [.named("9 4"), ValueFact(elementType: .int64, shape: [1])], outputs: 2)
    #expect(open.output.shape?[1].known == nil)
  }
}
