import GraphIR
import TestSupport
import Testing

private let batch = Dimension(symbol: "batch")
private let height = Dimension(symbol: "height")

/// Shapes that layout operators infer, with lengths that are not known.
@Suite struct LayoutInferenceTests {
  private func shape(
    _ opType: String, opset: Int = 17, _ inputs: ValueFact?..., output: Int = 0
  ) throws -> String? { try text(opType, opset, [], inputs, output) }

  private func shape(
    _ opType: String, opset: Int = 17, _ attributes: [Attribute], _ inputs: ValueFact?..., output: Int = 0
  ) throws -> String? { try text(opType, opset, attributes, inputs, output) }

  private func text(
    _ opType: String, _ opset: Int, _ attributes: [Attribute], _ inputs: [ValueFact?], _ output: Int
  ) throws -> String? {
    let sample = try OperatorCase(opType, opset: opset, attributes, inputs: inputs, outputs: output + 1)
    return sample.signature.output(output)?.shape.map { $0.map(\.description).joined(separator: " ") }
  }

  @Test func reshape() throws {
    let map = ValueFact.float([batch, 8, height, 4])
    #expect(try shape("Reshape", map, .integers([0, 0, -1])) == "batch 8 4·height")
    #expect(try shape("Reshape", map, .integers([-1, 32])) == "batch·height 32")
    #expect(try shape("Reshape", map, .integers([0, 2, 4, -1, 4])) == "batch 2 4 height 4")
    #expect(try shape("Reshape", map, .computed([batch, 8, height * 4])) == "batch 8 4·height")
    #expect(try shape("Reshape", map, .computed([batch, -1])) == "batch 32·height")
    #expect(
      try shape("Reshape", [Attribute("allowzero", .int(1))], .float([0, 3]), .integers([3, 0])) == "3 0")
    #expect(try shape("Reshape", .unknown, .integers([0, 5])) == "?y.0 5")
    #expect(try shape("Reshape", map, ValueFact(elementType: .int64, shape: [3])) == "?y.0 ?y.1 ?y.2")
    #expect(try shape("Reshape", map, .unknown) == nil)
  }

  @Test func flattenSqueezeUnsqueezeTranspose() throws {
    #expect(try shape("Flatten", .float([batch, 8, 4, 4])) == "batch 128")
    #expect(try shape("Flatten", [Attribute("axis", .int(0))], .float([batch, 8])) == "1 8·batch")
    #expect(try shape("Flatten", .unknown) == "?y.0 ?y.1")
    #expect(try shape("Squeeze", .float([batch, 8, 1, 1]), .integers([-1, 2])) == "batch 8")
    #expect(try shape("Squeeze", .float([batch, 8, 1, 1])) == nil)
    #expect(try shape("Squeeze", .float([2, 8, 1, 1])) == "2 8")
    #expect(try shape("Unsqueeze", .float([batch, 8]), .integers([0, -1])) == "1 batch 8 1")
    #expect(try shape("Transpose", .float([batch, 8, height])) == "height 8 batch")
  }

  @Test func concatAndSplit() throws {
    let axis = [Attribute("axis", .int(1))]
    #expect(try shape("Concat", axis, .float([batch, 3, 4]), .float([batch, 5, 4])) == "batch 8 4")
    #expect(try shape("Concat", axis, .float([batch, height, 4]), .float([2, height, 4])) == "2 2·height 4")
    #expect(try shape("Concat", axis, .float([batch, 3]), .unknown) == "batch ?y.1")
    #expect(try shape("Split", axis, .float([batch, 6]), .integers([4, 2]), output: 1) == "batch 2")
    #expect(try shape("Split", opset: 11, axis, .float([batch, height * 2]), output: 1) == "batch height")
    #expect(try shape("Split", axis, .unknown, output: 1) == nil)
  }

  @Test(
    arguments: [
      (0, Int.max, 1, "height"), (1, Int.max, 1, "add(height,-1)"), (0, -2, 1, "add(height,-2)"),
      (-1, Int.max, 1, "1"),
      (-1, Int.min, -1, "height"), (-3, -1, 1, "2"), (0, 4, 1, "slice(height,0,4,1)"),
    ] as [(Int, Int, Int, String)])
  func sliceOfUnknownLength(_ start: Int, _ end: Int, _ step: Int, _ length: String) throws {
    let found = try shape(
      "Slice", .float([batch, height]), .integers([start]), .integers([end]), .integers([1]),
      .integers([step]))
    #expect(found == "batch \(length)")
  }

  @Test func sliceOfKnownLength() throws {
    let lists: [ValueFact] = [.integers([1]), .computed([batch]), .integers([0])]
    #expect(try shape("Slice", .float([9, 4]), .integers([-4]), .integers([-1]), .integers([0])) == "3 4")
    #expect(try shape("Slice", .float([9, 4]), .integers([20]), .integers([30]), .integers([0])) == "0 4")
    #expect(try shape("Slice", .float([batch, 4]), .integers([0]), lists[1], .integers([0])) == "batch 4")
    #expect(try shape("Slice", .float([9, 4]), .unknown, .unknown) == "?y.0 ?y.1")
    let open = ValueFact(elementType: .int64, shape: [1])
    #expect(try shape("Slice", .float([9, 4]), open, open, .integers([1])) == "9 ?y.1")
  }

  @Test func padGatherTileExpandWhere() throws {
    #expect(try shape("Pad", .float([batch, 3]), .integers([0, 2, 0, 1])) == "batch 6")
    #expect(
      try shape("Pad", opset: 18, .float([batch, 3]), .integers([2, 1]), nil, .integers([-1])) == "batch 6")
    #expect(try shape("Pad", .float([batch, 3]), .unknown) == "?y.0 ?y.1")
    #expect(try shape("Gather", .float([9, 4]), .float([batch, height])) == "batch height 4")
    #expect(try shape("Gather", [Attribute("axis", .int(-1))], .float([batch, 4]), .scalar(1)) == "batch")
    #expect(try shape("Tile", .float([batch, 3]), .integers([2, 4])) == "2·batch 12")
    #expect(try shape("Expand", .float([3, 1]), .computed([batch, 1, height])) == "batch 3 height")
    #expect(try shape("Where", .float([batch, 1]), .float([3]), .float([1, 1])) == "batch 3")
  }

  @Test func resize() throws {
    let map = ValueFact.float([batch, 8, height, 5])
    let scales = [Attribute("scales", .floats([1, 1, 2, 1.5]))]
    #expect(try shape("Upsample", opset: 7, scales, map) == "batch 8 2·height 7")
    #expect(try shape("Resize", map, nil, nil, .integers([2, 8, 6, 10])) == "2 8 6 10")
    let sizes: ValueFact = .integers([6, 10])
    let attributes = [Attribute("axes", .ints([2, 3]))]
    #expect(try shape("Resize", opset: 18, attributes, map, nil, nil, sizes) == "batch 8 6 10")
    #expect(try shape("Resize", map, nil, nil, nil) == "?y.0 ?y.1 ?y.2 ?y.3")
    let policy = attributes + [Attribute("keep_aspect_ratio_policy", .string(Array("not_larger".utf8)))]
    #expect(try shape("Resize", opset: 18, policy, map, nil, nil, sizes) == "batch 8 ?y.2 ?y.3")
  }

  @Test func pixelsAndChannels() throws {
    let block = [Attribute("blocksize", .int(2))]
    #expect(try shape("DepthToSpace", block, .float([batch, 8, height, 5])) == "batch 2 2·height 10")
    #expect(try shape("SpaceToDepth", block, .float([batch, 8, height * 2, 6])) == "batch 32 height 3")
  }

  @Test func indexing() throws {
    #expect(try shape("GatherElements", .float([4, 5]), .float([4, 2])) == "4 2")
    #expect(try shape("GatherND", .float([batch, 4, 5, 6]), .float([batch, 7, 2])) == "batch 7 5 6")
    #expect(
      try shape("OneHot", [Attribute("axis", .int(0))], .float([batch]), .scalar(7), .float([2])) == "7 batch"
    )
    #expect(try shape("ScatterND", .float([batch, 4]), .float([1, 1]), .float([1, 4])) == "batch 4")
    #expect(try shape("NonZero", .float([batch, 4])) == "2 ?y.1")
    #expect(
      try shape("Compress", [Attribute("axis", .int(1))], .float([batch, 4]), .float([3])) == "batch ?y.1")
    #expect(try shape("Unique", .float([batch, 4]), output: 3) == "?y.0")
  }

  @Test func generators() throws {
    #expect(try shape("RandomNormal", [Attribute("shape", .ints([2, 3]))]) == "2 3")
    #expect(try shape("Multinomial", [Attribute("sample_size", .int(5))], .float([batch, 4])) == "batch 5")
    #expect(try shape("ConstantOfShape", .computed([batch, 3])) == "batch 3")
    #expect(try shape("Range", .scalar(0), .scalar(height), .scalar(1)) == "height")
    #expect(try shape("Range", .scalar(9), .scalar(2), .scalar(-2)) == "4")
    #expect(try shape("Range", .scalar(9), .scalar(2), .scalar(2)) == "0")
  }

  /// What dtype a result has where it is not that of the first operand.
  @Test func elementTypes() throws {
    let data = ValueFact.float([2, 2])
    let to = [Attribute("to", .int(Int64(ElementType.float16.rawValue)))]
    #expect(try OperatorCase("Cast", to, inputs: [data]).output.elementType == .float16)
    let name = [Attribute("to", .string(Array("DOUBLE".utf8)))]
    #expect(try OperatorCase("Cast", opset: 1, name, inputs: [data]).output.elementType == .double)
    #expect(try OperatorCase("CastLike", inputs: [data, .scalar(1)]).output.elementType == .int64)
    #expect(try OperatorCase("Shape", inputs: [data]).output.elementType == .int64)
    for (opset, type) in [(7, ElementType.float), (10, .bool)] {
      let masked = try OperatorCase("Dropout", opset: opset, inputs: [data], outputs: 2)
      #expect(masked.signature.output(1)?.elementType == type)
      // The mask holds ones where the data hold zeros.
      #expect(masked.known.constantChannel([0], masked.signature) == nil)
    }
  }
}

/// Integers that are followed from shapes and constants to where they are used.
@Suite struct ShapeContentTests {
  private let map = ValueFact.float([batch, 8, height, 4])

  private func next(_ opType: String, _ inputs: ValueFact?...) throws -> ValueFact {
    try OperatorCase(opType, inputs: inputs).output
  }

  private func next(_ opType: String, _ attributes: [Attribute], _ inputs: ValueFact?...) throws -> ValueFact
  {
    try OperatorCase(opType, attributes, inputs: inputs).output
  }

  private func text(_ fact: ValueFact) -> [String]? { fact.content?.map(\.value.description) }

  @Test func shapeOfAnything() throws {
    #expect(text(try next("Shape", map)) == ["batch", "8", "height", "4"])
    let some = [Attribute("start", .int(1)), Attribute("end", .int(-1))]
    #expect(text(try next("Shape", some, map)) == ["8", "height"])
    #expect(text(try next("Size", map)) == ["32·batch·height"])
    #expect(try next("Shape", .unknown).content == nil)
  }

  /// `x.view(x.size(0), -1)` as exporters write it.
  @Test func view() throws {
    let size = try next("Gather", next("Shape", map), .scalar(0))
    #expect(size.shape == [])
    let rows = try next("Unsqueeze", size, .integers([0]))
    let target = try next("Concat", [Attribute("axis", .int(0))], rows, .integers([-1]))
    #expect(text(target) == ["batch", "-1"])
    #expect(try next("Reshape", map, target).shape == [batch, height * 32])
  }

  @Test func sourceSurvivesMoves() throws {
    let pair = ValueFact.integers([7, 9])
    let moved = try next(
      "Identity",
      next(
        "Cast", [Attribute("to", .int(6))],
        next("Slice", pair, .integers([-1]), .integers([-3]), .integers([0]), .integers([-1]))))
    #expect(moved.content?.map(\.source?.index) == [1, 0])
    let joined = try next("Concat", [Attribute("axis", .int(0))], moved, next("Shape", map))
    #expect(joined.content?.map { $0.source?.index } == [1, 0, nil, nil, nil, nil])
    let wide = try next("Expand", next("Reshape", pair, .integers([2, 1])), .integers([2, 2]))
    #expect(wide.content?.map { $0.source?.index } == [0, 0, 1, 1])
    #expect(try next("Transpose", wide).content?.map { $0.source?.index } == [0, 1, 0, 1])
    let chosen = try next("Where", .integers([0, 1]), pair, .integers([1, 2]))
    #expect(text(chosen) == ["1", "9"])
  }

  @Test func castsKeepWhatTheTypeHolds() throws {
    let numbers = ValueFact.integers([1 << 40, 2])
    #expect(text(try next("Cast", [Attribute("to", .int(7))], numbers)) == ["1099511627776", "2"])
    #expect(try next("Cast", [Attribute("to", .int(6))], numbers).content == nil)
    #expect(try next("Cast", [Attribute("to", .int(1))], numbers).content == nil)
    #expect(text(try next("Cast", [Attribute("to", .int(9))], .integers([0, 5]))) == ["0", "1"])
    #expect(text(try next("Cast", [Attribute("to", .int(1))], .computed([batch]))) == ["batch"])
  }

  @Test func made() throws {
    #expect(text(try next("Range", .scalar(2), .scalar(9), .scalar(3))) == ["2", "5", "8"])
    #expect(text(try next("ConstantOfShape", .integers([2]))) == ["0", "0"])
    #expect(text(try next("Pad", .integers([1, 2]), .integers([1, 0]), .scalar(9))) == ["9", "1", "2"])
    #expect(text(try next("Tile", .integers([1, 2]), .integers([2]))) == ["1", "2", "1", "2"])
    let values = try OperatorCase("Constant", [Attribute("value_ints", .ints([4, 5]))], inputs: []).output
    #expect(text(values) == ["4", "5"])
    #expect(values.constant?.integers == [4, 5])
    let number = try OperatorCase("Constant", [Attribute("value_float", .float(0.5))], inputs: []).output
    #expect(number.constant?.doubles == [0.5])
    #expect(number.shape == [])
  }

  @Test func nothingLargeIsFollowed() throws {
    #expect(try next("Expand", .scalar(1), .integers([1024])).content?.count == 1024)
    #expect(try next("Expand", .scalar(1), .integers([1025])).content == nil)
    #expect(try next("ConstantOfShape", .integers([1 << 40, 1 << 40])).content == nil)
  }
}
