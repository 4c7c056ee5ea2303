import GraphIR
import TestSupport
import Testing

/// What operators that only move elements leave of them after a removal.
@Suite struct LayoutCutTests {
  @Test(arguments: [
    ([2, 3, 4], [2, 12]), ([2, 12], [2, 3, 4]), ([2, 12], [2, 4, 3]), ([2, 3, 4, 5], [-1]),
    ([60], [3, 4, 5]),
    ([6, 35], [10, 21]), ([2, 6, 4], [0, 2, 3, -1]), ([1, 6, 1, 4], [6, 4]), ([6, 4], [1, 6, 2, 2]),
    ([4, 6], [6, 4]), ([2, 3, 4], [3, 2, 4]), ([2, 3, 4], [4, 3, 2]), ([5, 2, 3], [5, 0, 3]),
  ])
  func reshape(_ shape: [Int], _ target: [Int]) throws {
    let sample = try OperatorCase("Reshape", inputs: [.counting(shape), .integers(target)])
    let classes = try checkCuts(sample)
    #expect(classes.allSatisfy { $0 > 0 })
    let attribute = Attribute("shape", .ints(target.map { Int64($0) }))
    try checkCuts(OperatorCase("Reshape", opset: 4, [attribute], inputs: [.counting(shape)]))
  }

  @Test(arguments: [0, 1, 2, 3, -1])
  func flatten(_ axis: Int) throws {
    let attribute = Attribute("axis", .int(Int64(axis)))
    try checkCuts(OperatorCase("Flatten", [attribute], inputs: [.counting([3, 4, 5])]))
  }

  @Test(arguments: [[0, 1, 2], [2, 0, 1], [1, 2, 0]])
  func transpose(_ permutation: [Int]) throws {
    let attribute = Attribute("perm", .ints(permutation.map { Int64($0) }))
    #expect(
      try checkCuts(OperatorCase("Transpose", [attribute], inputs: [.counting([2, 3, 4])])) == [9])
  }

  @Test func transposeReversed() throws {
    let sample = try OperatorCase("Transpose", inputs: [.counting([2, 3, 4])])
    #expect(sample.output.knownShape == [4, 3, 2])
    try checkCuts(sample)
  }

  @Test(arguments: [11, 13])
  func squeezeAndUnsqueeze(_ opset: Int) throws {
    let attributes = opset < 13 ? [Attribute("axes", .ints([0, -2]))] : []
    let axes: [ValueFact?] = opset < 13 ? [] : [.integers([0, -2])]
    let narrow = try OperatorCase(
      "Squeeze", opset: opset, attributes, inputs: [.counting([1, 4, 1, 3])] + axes)
    #expect(narrow.output.knownShape == [4, 3])
    try checkCuts(narrow)
    let wide = try OperatorCase("Unsqueeze", opset: opset, attributes, inputs: [.counting([4, 3])] + axes)
    #expect(wide.output.knownShape == [1, 4, 1, 3])
    try checkCuts(wide)
    try checkCuts(OperatorCase("Squeeze", opset: opset, inputs: [.counting([1, 2, 1, 2])]))
  }

  @Test(arguments: [0, 1, -1])
  func concat(_ axis: Int) throws {
    let attribute = Attribute("axis", .int(Int64(axis)))
    let inputs: [ValueFact?] = [
      .counting([3, 4]), .counting([3, 4], from: 100), .counting([3, 4], from: 200),
    ]
    try checkCuts(OperatorCase("Concat", [attribute], inputs: inputs))
  }

  @Test(arguments: [2, 11, 13, 18])
  func split(_ opset: Int) throws {
    let axis = Attribute("axis", .int(1))
    let equal = opset < 18 ? [axis] : [axis, Attribute("num_outputs", .int(3))]
    try checkCuts(OperatorCase("Split", opset: opset, equal, inputs: [.counting([2, 9])], outputs: 3))
    let attributes = opset < 13 ? [axis, Attribute("split", .ints([2, 3, 4]))] : [axis]
    let sizes: [ValueFact?] = opset < 13 ? [] : [.integers([2, 3, 4])]
    let inputs = [.counting([2, 9])] + sizes
    try checkCuts(OperatorCase("Split", opset: opset, attributes, inputs: inputs, outputs: 3))
    // What goes into an output that nobody reads may go, too.
    let sample = try OperatorCase(
      "Split", opset: opset, attributes, inputs: inputs, outputs: 3, outputsLeftOut: [1])
    #expect(try checkCuts(sample) == [11])
  }

  @Test func splitWithRest() throws {
    let attributes = [Attribute("num_outputs", .int(4))]
    let sample = try OperatorCase("Split", opset: 18, attributes, inputs: [.counting([10])], outputs: 4)
    #expect(sample.signature.outputs.map { $0?.knownShape } == [[3], [3], [3], [1]])
    try checkCuts(sample)
  }

  @Test(arguments: [
    (0, 12, 1), (3, 9, 1), (-5, Int.max, 1), (0, Int(Int32.max), 2), (1, 12, 2), (2, 11, 3), (1, -2, 4),
    (-1, Int.min, -1), (10, 2, -1), (-1, -13, -2), (9, 1, -3), (11, -Int(Int32.max), -5), (0, 6, 2),
    (4, 100, 1),
  ])
  func slice(_ start: Int, _ end: Int, _ step: Int) throws {
    let inputs: [ValueFact?] = [
      .counting([12, 2]), .integers([start]), .integers([end]), .integers([0]), .integers([step]),
    ]
    #expect(try checkCuts(OperatorCase("Slice", inputs: inputs))[0] > 0)
    guard step == 1 else { return }
    let attributes = [
      Attribute("starts", .ints([0, Int64(start)])), Attribute("ends", .ints([2, Int64(end)])),
      Attribute("axes", .ints([0, -1])),
    ]
    try checkCuts(OperatorCase("Slice", opset: 9, attributes, inputs: [.counting([2, 12])]))
  }

  @Test(arguments: [[1, 0, 2, 0], [0, 2, 0, 3], [-1, 0, -2, 0], [-2, 1, 3, -1], [0, 0, 0, 0]])
  func pad(_ pads: [Int]) throws {
    try checkCuts(OperatorCase("Pad", inputs: [.counting([6, 4], from: 1), .integers(pads)]))
    let attribute = Attribute("pads", .ints(pads.map { Int64($0) }))
    try checkCuts(OperatorCase("Pad", opset: 10, [attribute], inputs: [.counting([6, 4], from: 1)]))
  }

  @Test func padOfSomeAxes() throws {
    let inputs: [ValueFact?] = [.counting([6, 4]), .integers([2, 1]), .scalar(7), .integers([-1])]
    let sample = try OperatorCase("Pad", opset: 18, inputs: inputs)
    #expect(sample.output.knownShape == [6, 7])
    #expect(try checkCuts(sample) == [13])
  }

  /// Tables of indices, of which one axis decides, or several.
  @Test(arguments: [
    ([1, 3], [2, 0, -1], true), ([2, 2], [3, 3, 1, 1], true), ([2, 2], [3, 1, 3, 1], true),
    ([2, 2], [0, 1, 2, 3], false),
  ])
  func gatherTable(_ shape: [Int], _ indices: [Int], _ isFollowed: Bool) throws {
    var table = ValueFact.counting(shape)
    table.content = indices.map { ContentElement(Dimension($0)) }
    let sample = try OperatorCase(
      "Gather", [Attribute("axis", .int(1))], inputs: [.counting([3, 4]), table])
    try checkCuts(sample)
    #expect(sample.ties().reason(.input(0, axis: 1)) == (isFollowed ? nil : "is looked up, index by index"))
  }

  @Test(arguments: [[2, 0, 1, 3], [3, 1], [0, 0, 2], [-1, -4], [1, 1, 1]])
  func gather(_ indices: [Int]) throws {
    let attribute = Attribute("axis", .int(1))
    #expect(
      try checkCuts(
        OperatorCase("Gather", [attribute], inputs: [.counting([2, 4, 3]), .integers(indices)]))[0] > 0)
  }

  @Test(arguments: [[1, 1], [3, 1], [2, 4]])
  func tile(_ repeats: [Int]) throws {
    #expect(try checkCuts(OperatorCase("Tile", inputs: [.counting([3, 4]), .integers(repeats)])) == [7])
  }

  @Test(arguments: [[2, 3, 4], [1, 1], [3, 5], [5, 3, 4], [2, 1, 3, 1]])
  func expand(_ target: [Int]) throws {
    let inputs: [ValueFact?] = [.counting(target == [3, 5] ? [3, 1] : [3, 4]), .integers(target)]
    guard target != [2, 1, 3, 1] else { return }
    try checkCuts(OperatorCase("Expand", inputs: inputs))
  }

  @Test func identityCastAndWhere() throws {
    try checkCuts(OperatorCase("Identity", inputs: [.counting([3, 4])]))
    try checkCuts(OperatorCase("Cast", [Attribute("to", .int(1))], inputs: [.counting([3, 4])]))
    let inputs: [ValueFact?] = [.integers([1, 0, 1, 0]), .counting([3, 4]), .counting([3, 1], from: 50)]
    try checkCuts(OperatorCase("Where", inputs: inputs))
  }

  @Test func constantOfShape() throws {
    let sample = try OperatorCase("ConstantOfShape", inputs: [.integers([2, 5])])
    #expect(try checkCuts(sample) == [7])
  }
}
