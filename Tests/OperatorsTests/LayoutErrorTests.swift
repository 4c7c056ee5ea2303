import GraphIR
import TestSupport
import Testing

/// What layout operators refuse.
@Suite struct LayoutErrorTests {
  private func code(_ opType: String, _ inputs: ValueFact?..., outputs: Int = 1) -> String? {
    refusal(opType, [], inputs, outputs)
  }

  private func code(_ opType: String, _ attributes: [Attribute], _ inputs: ValueFact?...) -> String? {
    refusal(opType, attributes, inputs, 1)
  }

  private func refusal(
    _ opType: String, _ attributes: [Attribute], _ inputs: [ValueFact?], _ outputs: Int
  ) -> String? {
    do {
      _ = try OperatorCase(opType, attributes, inputs: inputs, outputs: outputs)
      return nil
    } catch { return (error as? CompileError)?.code ?? "\(error)" }
  }

  private func axis(_ value: Int64) -> [Attribute] { [Attribute("axis", .int(value))] }

  @Test func reshape() {
    #expect(code("Reshape", .float([2, 6]), .integers([5, -1])) == "shape-mismatch")
    #expect(code("Reshape", .float([2, 6]), .integers([3, 5])) == "shape-mismatch")
    #expect(code("Reshape", .float([2, 6]), .integers([-1, -1])) == "shape-mismatch")
    #expect(code("Reshape", .float([2, 6]), .integers([2, 6, 0])) == "shape-mismatch")
    #expect(code("Reshape", .float([Dimension(symbol: "n"), 6]), .integers([5, -1])) == nil)
  }

  @Test func axes() {
    #expect(code("Flatten", axis(5), .float([2, 6])) == "attribute-value")
    #expect(code("Concat", axis(2), .float([2, 6])) == "attribute-value")
    #expect(code("Concat", [], .float([2, 6])) == "attribute-value")
    #expect(code("Gather", axis(-3), .float([2, 6]), .scalar(0)) == "attribute-value")
    #expect(code("Transpose", [Attribute("perm", .ints([0, 0]))], .float([2, 6])) == "attribute-value")
    #expect(code("Squeeze", .float([1, 6]), .integers([0, 0])) == "attribute-value")
    #expect(code("Squeeze", .float([1, 6]), .integers([1])) == "shape-mismatch")
    #expect(code("Concat", [Attribute("axis", .float(1))], .float([2])) == "attribute-type")
  }

  @Test func lengths() {
    #expect(code("Concat", axis(0), .float([2, 6]), .float([2, 5])) == "shape-mismatch")
    #expect(code("Concat", axis(0), .float([2, 6]), .float([6])) == "shape-mismatch")
    #expect(code("Split", .float([5]), outputs: 2) == "shape-mismatch")
    #expect(code("Split", .float([5]), .integers([2, 2]), outputs: 2) == "shape-mismatch")
    #expect(code("Split", .float([5]), .integers([6, -1]), outputs: 2) == "shape-mismatch")
    #expect(code("Split", .float([5]), .integers([Int.max, Int.max]), outputs: 2) == "shape-mismatch")
    #expect(code("Split", .float([5]), .integers([2, 3]), outputs: 3) == "shape-mismatch")
    #expect(code("Pad", .float([5]), .integers([1, 1, 1, 1])) == "shape-mismatch")
    #expect(code("Pad", .float([5]), .integers([-3, -3])) == "shape-mismatch")
    #expect(code("Gather", .float([5]), .integers([5])) == "shape-mismatch")
    #expect(code("Expand", .float([5]), .integers([4])) == "shape-mismatch")
    #expect(code("Tile", .float([5]), .integers([4, 1])) == "shape-mismatch")
    #expect(code("Slice", .float([5]), .integers([0]), .integers([1, 2])) == "shape-mismatch")
    #expect(
      code("Slice", .float([5]), .integers([0]), .integers([1]), nil, .integers([0])) == "shape-mismatch")
    #expect(code("Resize", .float([5, 5]), nil, nil, .integers([1])) == "shape-mismatch")
    #expect(code("Range", .scalar(0), .scalar(5), .scalar(0)) == "shape-mismatch")
    #expect(
      code("DepthToSpace", [Attribute("blocksize", .int(2))], .float([1, 6, 2, 2])) == "shape-mismatch")
  }

  @Test func attributes() {
    #expect(
      code("DepthToSpace", [Attribute("blocksize", .int(0))], .float([1, 4, 2, 2])) == "attribute-value")
    #expect(code("Cast", [Attribute("to", .int(999))], .float([1])) == "attribute-value")
    #expect(code("Cast", [], .float([1])) == "attribute-value")
    #expect(code("Constant", []) == "attribute-value")
  }

  /// Numbers at the ends of their range, which files may hold, stop nothing.
  @Test(arguments: [Int.min, Int.min + 1, -1, 0, Int.max - 1, Int.max])
  func extremes(_ number: Int) throws {
    let symbol = Dimension(symbol: "n")
    for shape: [Dimension] in [[6, 4], [symbol, 4], [0, 4]] {
      for (opType, inputs) in [
        ("Slice", [.float(shape), .integers([number]), .integers([number])]),
        ("Slice", [.float(shape), .integers([0]), .integers([number]), .integers([0]), .integers([number])]),
        (
          "Slice",
          [
            .float(shape), .integers([number]), .integers([-1]), .integers([0]),
            .integers([-number.signum()]),
          ]
        ),
        ("Pad", [.float(shape), .integers([number, 0, 1, 0])]),
        ("Pad", [.float(shape), .integers([number, 0, number == .min ? .max : -number, 0])]),
        ("Gather", [.float(shape), .integers([number])]), ("Tile", [.float(shape), .integers([number, 1])]),
        ("Reshape", [.float(shape), .integers([number, -1])]),
        ("Expand", [.float(shape), .integers([number, 1])]),
        ("Range", [.scalar(0), .scalar(Dimension(number)), .scalar(1)]),
        ("Range", [.scalar(Dimension(number)), .scalar(0), .scalar(Dimension(number))]),
        ("ConstantOfShape", [.integers([number, number])]),
        ("Resize", [.float(shape), nil, nil, .integers([number, 4])]),
        ("Split", [.float(shape), .integers([number, 6 &- number])]),
        ("Unsqueeze", [.float(shape), .integers([number])]),
      ] as [(String, [ValueFact?])] {
        guard let sample = try? OperatorCase(opType, inputs: inputs, outputs: opType == "Split" ? 2 : 1)
        else { continue }
        let axes = sample.ties().free.first.map { Dictionary(grouping: $0, by: \.axis) } ?? [:]
        let survivors = axes.mapValues { slots in
          (0..<(sample.signature.length(slots[0].axis) ?? 0)).filter { index in
            !slots.contains { $0.index == index }
          }
        }
        _ = try? sample.refit(keeping: survivors)
      }
    }
  }
}
