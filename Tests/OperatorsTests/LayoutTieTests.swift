import GraphIR
import TestSupport
import Testing

private let batch = Dimension(symbol: "batch")

/// Which slots layout operators tie.
@Suite struct LayoutTieTests {
  private let channels = OperandAxis.input(0, axis: 1)
  private let made = OperandAxis.output(0, axis: 1)

  /// Reshape [N, 2, 58, H, W], Transpose, Reshape: ShuffleNet's shuffle couples channel k of both groups.
  @Test func channelShuffle() throws {
    let split = try OperatorCase(
      "Reshape", inputs: [.float([batch, 116, 28, 28]), .integers([-1, 2, 58, 28, 28])]
    ).ties()
    #expect(split.classes(channels) == (0..<58).map { [$0, $0 + 58] })
    #expect(split.partners(channels, on: .output(0, axis: 2))[60] == [2])
    #expect(split.reason(.output(0, axis: 1)) == "is folded into another axis")
    #expect(split.choices == [2])
    let other = try OperatorCase(
      "Reshape", inputs: [.float([batch, 116, 28, 28]), .integers([-1, 2, 58, 28, 28])]
    ).ties([1: 1])
    #expect(other.classes(.output(0, axis: 1)) == [[0], [1]])
    let merge = try OperatorCase(
      "Reshape", inputs: [.float([batch, 58, 2, 28, 28]), .integers([-1, 116, 28, 28])]
    ).ties()
    #expect(merge.partners(.input(0, axis: 1), on: made)[3] == [6, 7])
  }

  @Test func flatten() throws {
    let ties = try OperatorCase("Flatten", inputs: [.float([batch, 3, 2, 2])]).ties()
    #expect(ties.partners(channels, on: made) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]])
    #expect(ties.reason(.input(0, axis: 2)) == "is folded into another axis")
    #expect(ties.reason(.input(0, axis: 0)) == nil)
    let pooled = try OperatorCase("Flatten", inputs: [.float([batch, 3, 1, 1])]).ties()
    #expect(pooled.partners(channels, on: made) == [[0], [1], [2]])
    #expect(pooled.reason(.input(0, axis: 3)) == nil)
  }

  @Test func reshapeOfUnknownOuterLength() throws {
    let steps = Dimension(symbol: "steps")
    let ties = try OperatorCase("Reshape", inputs: [.float([batch, steps, 6]), .integers([-1, 6])]).ties()
    #expect(ties.partners(.input(0, axis: 2), on: made) == (0..<6).map { [$0] })
    // A batch of 1 that only the target states.
    let fixed = try OperatorCase("Reshape", inputs: [.float([batch, 6, 1]), .integers([6])]).ties()
    #expect(fixed.partners(channels, on: .output(0, axis: 0)) == (0..<6).map { [$0] })
    let inner = try OperatorCase("Reshape", inputs: [.float([6, steps]), .integers([-1])]).ties()
    #expect(inner.reason(.input(0, axis: 0)) != nil)
  }

  @Test func reshapeByComputedTarget() throws {
    let open = ValueFact(elementType: .int64, shape: [2])
    let ties = try OperatorCase("Reshape", inputs: [.float([4, 6]), open]).ties()
    #expect(ties.reason(.input(0, axis: 0)) == "is not mentioned")
  }

  @Test func concat() throws {
    let axis = [Attribute("axis", .int(1))]
    let ties = try OperatorCase("Concat", axis, inputs: [.float([batch, 2]), .float([batch, 3])]).ties()
    #expect(ties.partners(.input(1, axis: 1), on: made) == [[2], [3], [4]])
    let open = try OperatorCase("Concat", axis, inputs: [.float([batch, batch]), .float([batch, 3])]).ties()
    #expect(open.reason(.input(1, axis: 1)) != nil)
  }

  @Test func strideTwo() throws {
    let inputs: [ValueFact?] = [
      .float([batch, 7]), .integers([1]), .integers([Int.max]), .integers([1]), .integers([2]),
    ]
    let ties = try OperatorCase("Slice", inputs: inputs).ties()
    #expect(ties.partners(made, on: channels).map { $0.contains { $0 % 2 == 1 } } == [true, true, true])
    #expect(ties.reason(channels) == nil)
  }

  /// The shortcut of a CIFAR ResNet, option A: new channels stand for themselves.
  @Test func paddedChannels() throws {
    let sample = try OperatorCase(
      "Pad", inputs: [.float([batch, 3, 4, 4]), .integers([0, 1, 0, 0, 0, 2, 0, 0])])
    #expect(sample.ties().partners(made, on: channels) == [[], [0], [1], [2], [], []])
    let border = try OperatorCase(
      "Pad", inputs: [.float([batch, 3, 4, 4]), .integers([0, 0, 1, 1, 0, 0, 1, 1])])
    #expect(border.ties().partners(made, on: channels) == [[0], [1], [2]])
    let mode = [Attribute("mode", .string(Array("reflect".utf8)))]
    let mirrored = try OperatorCase("Pad", mode, inputs: [.float([batch, 3]), .integers([0, 1, 0, 1])])
    #expect(mirrored.ties().reason(channels) == "is padded with what it holds")
  }

  @Test func gather() throws {
    let axis = [Attribute("axis", .int(1))]
    let some = try OperatorCase("Gather", axis, inputs: [.float([batch, 4]), .integers([3, 3, -4])]).ties()
    #expect(some.partners(channels, on: made) == [[2], [], [], [0, 1]])
    #expect(some.partners(.input(1, axis: 0), on: made) == [[0, 1], [0, 1], [2]])
    #expect(
      try OperatorCase("Gather", axis, inputs: [.float([batch, 4]), .scalar(1)]).ties().reason(channels)
        != nil)
    var table = ValueFact.float([100, 8])
    table.isConstantDerived = true
    let embedding = try OperatorCase("Gather", inputs: [table, .float([batch, 5])]).ties()
    #expect(embedding.roles == [.input(0, axis: 1): .producer])
    #expect(embedding.reason(.input(0, axis: 0)) == "is looked up, index by index")
    #expect(embedding.partners(channels, on: .output(0, axis: 2)) == (0..<8).map { [$0] })
  }

  @Test(arguments: [("DCR", [[0, 2, 4, 6], [1, 3, 5, 7]]), ("CRD", [[0, 1, 2, 3], [4, 5, 6, 7]])])
  func depthToSpace(_ mode: String, _ classes: [[Int]]) throws {
    let attributes = [Attribute("blocksize", .int(2)), Attribute("mode", .string(Array(mode.utf8)))]
    let deep = try OperatorCase("DepthToSpace", attributes, inputs: [.float([batch, 8, 3, 3])]).ties()
    #expect(deep.classes(channels) == classes)
    #expect(deep.partners(made, on: channels) == classes)
    #expect(deep.reason(.input(0, axis: 2)) == "is interleaved with channels")
    let wide = try OperatorCase("SpaceToDepth", attributes, inputs: [.float([batch, 2, 4, 4])]).ties()
    #expect(wide.partners(channels, on: made) == classes)
  }

  @Test func resize() throws {
    let ties = try OperatorCase(
      "Resize", inputs: [.float([2, 3, 4, 4]), nil, nil, .integers([2, 3, 8, 4])]
    ).ties()
    #expect(ties.partners(channels, on: made) == [[0], [1], [2]])
    #expect(ties.reason(.output(0, axis: 2)) == "is resampled")
    #expect(ties.reason(.output(0, axis: 3)) == nil)
    let mode = [Attribute("coordinate_transformation_mode", .string(Array("tf_crop_and_resize".utf8)))]
    let cropped = try OperatorCase(
      "Resize", mode, inputs: [.float([2, 3, 4, 4]), nil, nil, .integers([2, 3, 8, 4])]
    ).ties()
    #expect(cropped.reason(channels) == "is resampled")
  }

  @Test func expandAndWhere() throws {
    let wide = try OperatorCase("Expand", inputs: [.float([3, 1]), .integers([2, 1, 4])]).ties()
    #expect(wide.partners(.input(0, axis: 0), on: made) == [[0], [1], [2]])
    #expect(wide.classes(.output(0, axis: 2)) == [[0], [1], [2], [3]])
    #expect(wide.reason(.output(0, axis: 0)) == nil)
    var constant = ValueFact.float([3, 1])
    constant.isConstantDerived = true
    let mixed = try OperatorCase("Where", inputs: [.float([batch, 1, 4]), .float([batch, 3, 4]), constant])
      .ties()
    #expect(mixed.roles == [.input(2, axis: 0): .follower])
    #expect(mixed.partners(.input(2, axis: 0), on: made) == [[0], [1], [2]])
  }

  @Test func scatter() throws {
    let whole = try OperatorCase(
      "ScatterElements", inputs: [.float([4, 3]), .float([2, 3]), .float([2, 3])]
    ).ties()
    #expect(whole.reason(.output(0, axis: 0)) == "is written to, index by index")
    #expect(whole.partners(.input(2, axis: 1), on: made) == [[0], [1], [2]])
    let rows = try OperatorCase("ScatterND", inputs: [.float([4, 3]), .float([2, 1]), .float([2, 3])]).ties()
    #expect(rows.partners(.input(2, axis: 1), on: made) == [[0], [1], [2]])
  }

  /// Lengths inside an axis need not be known where both sides have the same.
  @Test func reshapesOfOpenLengths() throws {
    let map = ValueFact.named("n 12 h w")
    let groups = try OperatorCase("Reshape", inputs: [map, .integers([0, 3, -1])]).ties()
    #expect(groups.partners(.input(0, axis: 1), on: .output(0, axis: 1)) == (0..<12).map { [$0 / 4] })
    let last = try OperatorCase("Reshape", inputs: [.named("n h w 12"), .integers([0, 12, -1])]).ties()
    #expect(last.reason(.output(0, axis: 1)) == "is folded into another axis")
    let apart = try OperatorCase("Reshape", inputs: [.named("n 3 4 h w"), .integers([0, 12, -1])]).ties()
    #expect(apart.partners(.input(0, axis: 1), on: .output(0, axis: 1)).map(\.count) == [4, 4, 4])
  }

  /// What a channel holds if what it is made of holds one number.
  @Test func constantChannels() throws {
    let map = ValueFact.float([batch, 3, 4, 4])
    func number(_ sample: OperatorCase, _ operands: [Double?]) -> Double? {
      sample.known.constantChannel(operands, sample.signature)
    }
    let border = try OperatorCase("Pad", inputs: [map, .integers([0, 0, 1, 1, 0, 0, 1, 1])])
    #expect(number(border, [0, nil]) == 0)
    #expect(number(border, [1, nil]) == nil)
    #expect(number(border, [nil, nil]) == nil)
    #expect(number(border, []) == 0)
    let joined = try OperatorCase("Concat", [Attribute("axis", .int(1))], inputs: [map, map])
    #expect(number(joined, [nil, 2]) == 2)
    #expect(number(joined, [1, 2]) == nil)
    let cubic = [Attribute("mode", .string(Array("cubic".utf8)))]
    let larger: [ValueFact?] = [map, nil, nil, .computed([batch, 3, 8, 8])]
    #expect(number(try OperatorCase("Resize", cubic, inputs: larger), [2, nil, nil, nil]) == nil)
    #expect(number(try OperatorCase("Resize", inputs: larger), [2, nil, nil, nil]) == 2)
    #expect(number(try OperatorCase("Shape", inputs: [map]), [2]) == nil)
    #expect(number(try OperatorCase("Where", inputs: [map, map, map]), [1, 2, 2]) == 2)
    #expect(number(try OperatorCase("ConstantOfShape", inputs: [.integers([3])]), []) == 0)
  }
}
