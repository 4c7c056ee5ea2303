import GraphIR
import TestSupport
import Testing

@Suite("Normalisations")
struct NormalizationTests {
  private static let parameters: [ValueFact?] = [.weight([4]), .weight([4]), .weight([4]), .weight([4])]

  // MARK: - BatchNormalization

  @Test(arguments: [(7, 1), (9, 5), (14, 3), (15, 1)])
  func batchShapes(_ opset: Int, _ outputs: Int) throws {
    let sample = try OperatorCase(
      "BatchNormalization", opset: opset, inputs: [.named("n 4 h w")] + Self.parameters, outputs: outputs)
    #expect(sample.output.words == "n 4 h w")
    for output in sample.signature.outputs.dropFirst() { #expect(output?.words == "4") }
    let ties = sample.ties()
    for output in 0..<outputs where output > 0 {
      #expect(ties.partners(.input(0, axis: 1), on: .output(output, axis: 0)) == (0..<4).map { [$0] })
    }
    #expect(ties.roles.count == 4)
    #expect(Set(ties.roles.values) == [.follower])
    #expect(sample.known.cost(sample.signature) == Cost(multiplyAccumulates: 0, parameterOperands: [1, 2]))
  }

  @Test func batchErrors() {
    let short: [ValueFact?] = [.float([1, 4, 8]), .weight([4]), .weight([4]), .weight([3]), .weight([4])]
    #expect(code { try OperatorCase("BatchNormalization", inputs: short) } == "shape-mismatch")
  }

  @Test func batchMasks() throws {
    for shape: [Dimension] in [[2, 4], [2, 4, 3], [2, 4, 3, 2]] {
      let sample = try OperatorCase("BatchNormalization", inputs: [.float(shape)] + Self.parameters)
      try checkMasks(sample) { inputs, _ in
        let x = inputs[0]!
        return Numbers(x.shape) { at in
          let (scale, shift, mean, variance) = (inputs[1]!, inputs[2]!, inputs[3]!, inputs[4]!)
          let c = [at[1]]
          return (x[at] - mean[c]) / (abs(variance[c]) + 1e-5).squareRoot() * scale[c] + shift[c]
        }
      }
    }
  }

  @Test func batchConstantChannels() throws {
    let sample = try OperatorCase(
      "BatchNormalization", [Attribute("epsilon", .float(0))], inputs: [.named("n 4 h w")] + Self.parameters)
    #expect(sample.known.constantChannel([3, 2, 5, 1, 4], sample.signature) == 7)
    #expect(sample.known.constantChannel([nil, 0, 5, nil, nil], sample.signature) == 5)
    #expect(sample.known.constantChannel([0, 2, 5, nil, 4], sample.signature) == nil)
    #expect(sample.known.constantChannel([3, 2, 5, 1, 0], sample.signature) == nil)
    let training = try OperatorCase(
      "BatchNormalization", [Attribute("training_mode", .int(1))],
      inputs: [.named("n 4 h w")] + Self.parameters)
    #expect(training.known.constantChannel([3, 2, 5, nil, nil], training.signature) == 5)
    let statistics = try OperatorCase(
      "BatchNormalization", opset: 14, [Attribute("training_mode", .int(1))],
      inputs: [.named("n 4 h w")] + Self.parameters, outputs: 3)
    #expect(statistics.known.constantChannel([3, 2, 5, 1, 4], statistics.signature) == nil)
  }

  @Test("parameters per position, as before opset 9")
  func batchPerFeature() throws {
    let parameters = [ValueFact?](repeating: .weight([4, 8]), count: 4)
    let ties = try OperatorCase(
      "BatchNormalization", opset: 7, [Attribute("spatial", .int(0))],
      inputs: [.float([2, 4, 8])] + parameters
    ).ties()
    #expect(ties.partners(.input(1, axis: 1), on: .output(0, axis: 2)) == (0..<8).map { [$0] })
  }

  // MARK: - InstanceNormalization, GroupNormalization

  private static func normalised(_ x: Numbers, _ at: [Int], _ channels: Range<Int>) -> Double {
    let values = channels.flatMap { c in (0..<x.shape[2]).map { x[[at[0], c, $0]] } }
    let mean = values.reduce(0, +) / Double(values.count)
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
    return (x[at] - mean) / (variance + 1e-5).squareRoot()
  }

  @Test func instance() throws {
    let inputs: [ValueFact?] = [.float([2, 4, 5]), .weight([4]), .weight([4])]
    let sample = try OperatorCase("InstanceNormalization", inputs: inputs)
    #expect(sample.output.knownShape == [2, 4, 5])
    let count = try checkMasks(sample) { inputs, _ in
      Numbers(inputs[0]!.shape) { at in
        Self.normalised(inputs[0]!, at, at[1]..<at[1] + 1) * inputs[1]![[at[1]]] + inputs[2]![[at[1]]]
      }
    }
    #expect(count == [6])
    #expect(sample.ties().reason(.input(0, axis: 2)) == "is normalised over")
    #expect(sample.known.constantChannel([7, nil, 2], sample.signature) == 2)
    #expect(sample.known.constantChannel([nil, 1, 2], sample.signature) == nil)
    let short: [ValueFact?] = [.float([2, 4, 5]), .weight([3]), .weight([4])]
    #expect(code { try OperatorCase("InstanceNormalization", inputs: short) } == "shape-mismatch")
  }

  @Test("whole groups go; one parameter a channel, or one a group", arguments: [6, 3])
  func group(_ parameters: Int) throws {
    let weight = ValueFact.weight([Dimension(parameters)])
    let sample = try OperatorCase(
      "GroupNormalization", opset: 21, [Attribute("num_groups", .int(3))],
      inputs: [.float([2, 6, 5]), weight, weight])
    let count = try checkMasks(sample) { inputs, attributes in
      let x = inputs[0]!
      let groups = attributes.int("num_groups", or: 0)
      let size = x.shape[1] / groups
      return Numbers(x.shape) { at in
        let first = at[1] / size * size
        let slot = [inputs[1]!.shape[0] == groups ? at[1] / size : at[1]]
        return Self.normalised(x, at, first..<first + size) * inputs[1]![slot] + inputs[2]![slot]
      }
    }
    #expect(count == [5])
    #expect(sample.known.constantChannel([nil, 0, 2], sample.signature) == 2)
    #expect(sample.known.constantChannel([0, nil, 2], sample.signature) == nil)
    #expect(throws: CompileError.self) { try sample.refit(keeping: [.input(0, axis: 1): [0, 1, 2]]) }
  }

  @Test func groupErrors() {
    for groups: Int64 in [0, 4] {
      let found = code {
        try OperatorCase(
          "GroupNormalization", opset: 21, [Attribute("num_groups", .int(groups))],
          inputs: [.float([2, 6, 5]), .weight([6]), .weight([6])])
      }
      #expect(found == (groups == 0 ? "attribute-value" : "shape-mismatch"))
    }
  }

  // MARK: - Along axes

  @Test func layer() throws {
    let sample = try OperatorCase(
      "LayerNormalization", inputs: [.named("n 7 8"), .weight([8]), .weight([8])], outputs: 3)
    #expect(sample.output.words == "n 7 8")
    #expect(sample.signature.outputs[1]?.words == "n 7 1")
    let ties = sample.ties()
    #expect(ties.partners(.input(0, axis: 1), on: .output(2, axis: 1)) == (0..<7).map { [$0] })
    for axis: OperandAxis in [
      .input(0, axis: 2), .output(0, axis: 2), .input(1, axis: 0), .input(2, axis: 0),
    ] {
      #expect(ties.reason(axis) == "is normalised over")
    }
    let wide = try OperatorCase(
      "RMSNormalization", opset: 23, [Attribute("axis", .int(1))],
      inputs: [.float([2, 7, 8]), .weight([7, 8])])
    #expect(wide.ties().free.count == 2)
    #expect(
      code {
        try OperatorCase("LayerNormalization", [Attribute("axis", .int(3))], inputs: [.float([2, 7, 8])])
      } == "attribute-value")
  }

  @Test(
    "a scale for each sample goes with the sample", arguments: ["LayerNormalization", "RMSNormalization"])
  func layerOfSamples(_ name: String) throws {
    for scale in [[2, 3, 4], [3, 4], [2, 1, 4], [1, 3, 1]] {
      let shape: [Dimension] = [2, 3, 4]
      let inputs: [ValueFact?] = [.float(shape), .weight(scale.map { Dimension($0) })]
      let sample = try OperatorCase(name, opset: 23, inputs: inputs)
      let ties = sample.ties()
      for (axis, length) in scale.enumerated().dropLast() {
        let own = OperandAxis.input(1, axis: axis)
        let target = OperandAxis.output(0, axis: axis + shape.count - scale.count)
        #expect(ties.partners(own, on: target) == (0..<length).map { length == 1 ? [] : [$0] })
      }
      #expect(ties.reason(.input(1, axis: scale.count - 1)) == "is normalised over")
      try checkMasks(sample) { inputs, _ in
        let (x, own) = (inputs[0]!, inputs[1]!)
        return Numbers(x.shape) { at in
          let row = (0..<4).map { x[[at[0], at[1], $0]] }
          let mean = name == "RMSNormalization" ? 0 : row.reduce(0, +) / Double(row.count)
          let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(row.count)
          let place = zip(own.shape, at.suffix(own.shape.count)).map { $0 == 1 ? 0 : $1 }
          return (x[at] - mean) / (variance + 1e-5).squareRoot() * own[place]
        }
      }
    }
  }

  @Test(
    arguments: [
      ("Softmax", 13, [], [2]), ("Softmax", 11, [], [1, 2]),
      ("LogSoftmax", 13, [Attribute("axis", .int(0))], [0]),
      ("Hardmax", 11, [Attribute("axis", .int(3))], []), ("Softmax", 11, [Attribute("axis", .int(-1))], [2]),
      ("LRN", 13, [Attribute("size", .int(5))], [1]),
      ("LpNormalization", 1, [Attribute("axis", .int(1))], [1]),
      ("MeanVarianceNormalization", 13, [Attribute("axes", .ints([0, 2]))], [0, 2]),
    ] as [(String, Int, [Attribute], [Int])])
  func mixing(_ name: String, _ opset: Int, _ attributes: [Attribute], _ mixed: [Int]) throws {
    let sample = try OperatorCase(name, opset: opset, attributes, inputs: [.float([2, 3, 4])])
    #expect(sample.output.knownShape == [2, 3, 4])
    let ties = sample.ties()
    for axis in 0..<3 {
      #expect((ties.reason(.input(0, axis: axis)) != nil) == mixed.contains(axis))
      #expect((ties.reason(.output(0, axis: axis)) != nil) == mixed.contains(axis))
    }
  }

  @Test func cumulative() throws {
    let known = try OperatorCase("CumSum", inputs: [.float([2, 3]), .integers([1])]).ties()
    #expect(known.reason(.input(0, axis: 1)) == "is summed along")
    #expect(known.reason(.input(0, axis: 0)) == nil)
    let unknown = try OperatorCase(
      "CumSum", inputs: [.float([2, 3]), ValueFact(elementType: .int64, shape: [])]
    ).ties()
    #expect(unknown.free.isEmpty)
    #expect(
      code { try OperatorCase("Softmax", [Attribute("axis", .int(7))], inputs: [.float([2, 3])]) }
        == "attribute-value")
  }
}
