import GraphIR
import TestSupport
import Testing

private let batch = Dimension(symbol: "batch")
private let kept = [0, 2, 3]

/// The attributes and integers that layout operators restate; ``LayoutCutTests`` shows that they are right.
@Suite struct LayoutRefitTests {
  private func contents(_ sample: OperatorCase, _ survivors: [OperandAxis: [Int]]) throws -> [Int:
    [Dimension?]]
  {
    Dictionary(
      uniqueKeysWithValues: try sample.refit(keeping: survivors).contents.map { ($0.input, $0.values) })
  }

  /// What a target leaves open stays open.
  @Test func reshape() throws {
    let axes: [OperandAxis: [Int]] = [.input(0, axis: 1): kept, .output(0, axis: 1): kept]
    let map = ValueFact.float([batch, 4, 3, 3])
    #expect(
      try contents(OperatorCase("Reshape", inputs: [map, .integers([0, 4, 9])]), axes) == [1: [nil, 3, 9]])
    #expect(
      try contents(OperatorCase("Reshape", inputs: [map, .integers([0, -1, 9])]), axes) == [1: [nil, nil, 9]])
    #expect(try contents(OperatorCase("Reshape", inputs: [map, .integers([0, 0, -1])]), axes) == [:])
    #expect(
      try contents(OperatorCase("Reshape", inputs: [map, .computed([batch, 4, 9])]), axes) == [
        1: [nil, 3, 9]
      ])
  }

  @Test func reshapeByAttribute() throws {
    let sample = try OperatorCase(
      "Reshape", opset: 4, [Attribute("shape", .ints([0, 4, 9]))], inputs: [.float([batch, 4, 3, 3])])
    let edit = try sample.refit(keeping: [.input(0, axis: 1): kept, .output(0, axis: 1): kept])
    #expect(edit.attributes.map(\.name) == ["shape"])
    #expect(edit.attributes[0].value == .ints([0, 3, 9]))
  }

  @Test func split() throws {
    let axis = Attribute("axis", .int(1))
    let axes: [OperandAxis: [Int]] = [
      .input(0, axis: 1): [0, 1, 4], .output(0, axis: 1): [0, 1], .output(1, axis: 1): [1],
    ]
    let attribute = try OperatorCase("Split", opset: 11, [axis], inputs: [.float([batch, 6])], outputs: 2)
    #expect(try attribute.refit(keeping: axes).attributes.map(\.value) == [.ints([2, 1])])
    let counted = [axis, Attribute("num_outputs", .int(2))]
    let edit = try OperatorCase("Split", opset: 18, counted, inputs: [.float([batch, 6])], outputs: 2)
      .refit(keeping: axes)
    // Two of three in the first part is what num_outputs gives as well.
    #expect(edit.contents.isEmpty && edit.attributes.isEmpty)
    let uneven: [OperandAxis: [Int]] = [
      .input(0, axis: 1): [0, 4, 5], .output(0, axis: 1): [0], .output(1, axis: 1): [1, 2],
    ]
    let restated = try OperatorCase("Split", opset: 18, counted, inputs: [.float([batch, 6])], outputs: 2)
      .refit(keeping: uneven)
    #expect(restated.contents.map(\.values) == [[1, 2]])
    #expect(restated.attributes.map(\.name) == ["num_outputs"])
    #expect(restated.attributes[0].value == nil)
  }

  /// An end far out says "to the end" and goes on saying so.
  @Test func slice() throws {
    func sample(_ start: Int, _ end: Int, isComputed: Bool = false) throws -> OperatorCase {
      let lists: [ValueFact?] =
        isComputed
        ? [.computed([Dimension(start)]), .computed([Dimension(end)])]
        : [.integers([start]), .integers([end])]
      return try OperatorCase("Slice", inputs: [.float([batch, 8])] + lists + [.integers([1])])
    }
    let back: [OperandAxis: [Int]] = [.input(0, axis: 1): [0, 1, 5, 6], .output(0, axis: 1): [1, 2]]
    #expect(try contents(sample(4, Int.max), back) == [1: [2], 2: [Dimension(.max)]])
    #expect(try contents(sample(4, 8), back) == [1: [2], 2: [8]])
    #expect(try contents(sample(-4, 8), back) == [1: [2], 2: [8]])
    #expect(try contents(sample(4, 8, isComputed: true), back) == [1: [2], 2: [4]])
    let front: [OperandAxis: [Int]] = [.input(0, axis: 1): [0, 1, 5, 6], .output(0, axis: 1): [0, 1]]
    #expect(try contents(sample(0, 4), front) == [1: [0], 2: [2]])
    #expect(try contents(sample(0, 4), [:]) == [:])
  }

  @Test func pad() throws {
    let sample = try OperatorCase("Pad", inputs: [.float([batch, 4]), .integers([0, 2, 0, 2])])
    let axes: [OperandAxis: [Int]] = [.input(0, axis: 1): kept, .output(0, axis: 1): [1, 2, 4, 5, 6, 7]]
    #expect(try contents(sample, axes) == [1: [nil, 1, nil, 2]])
  }

  @Test func gather() throws {
    let sample = try OperatorCase(
      "Gather", [Attribute("axis", .int(1))], inputs: [.float([batch, 4]), .integers([3, 1, -2])])
    let axes: [OperandAxis: [Int]] = [
      .input(0, axis: 1): kept, .input(1, axis: 0): [0, 2], .output(0, axis: 1): [0, 2],
    ]
    #expect(try contents(sample, axes) == [1: [2, -2]])
  }

  @Test func expandAndResize() throws {
    let wide = try OperatorCase("Expand", inputs: [.float([4, 1]), .integers([2, 1, 4])])
    #expect(try contents(wide, [.output(0, axis: 2): kept]) == [1: [nil, nil, 3]])
    #expect(try contents(wide, [.input(0, axis: 0): kept, .output(0, axis: 1): kept]) == [:])
    let resized = try OperatorCase(
      "Resize", inputs: [.float([batch, 4, 5]), nil, nil, .integers([1, 4, 10])])
    #expect(
      try contents(resized, [.input(0, axis: 1): kept, .output(0, axis: 1): kept]) == [3: [nil, 3, nil]])
  }

  /// 1/√d of an attention, with d read off a shape, stays what it was.
  @Test func lengthThatBecomesANumber() throws {
    let sample = try OperatorCase("Cast", [Attribute("to", .int(1))], inputs: [.computed([64])])
    #expect(try sample.refit(keeping: [:]).keptContents == [0])
    let integers = try OperatorCase("Cast", [Attribute("to", .int(6))], inputs: [.computed([64])])
    #expect(try integers.refit(keeping: [:]).keptContents.isEmpty)
    let activation = ValueFact(elementType: .int64, shape: [batch, 4])
    let quotient = try OperatorCase("Div", inputs: [activation, .computed([4])])
    #expect(try quotient.refit(keeping: [.input(0, axis: 1): kept]).keptContents == [1])
    #expect(try quotient.refit(keeping: [.input(1, axis: 0): kept]).keptContents.isEmpty)
    let lengths = try OperatorCase("Div", inputs: [.computed([64]), .computed([4])])
    #expect(try lengths.refit(keeping: [:]).keptContents.isEmpty)
  }
}
