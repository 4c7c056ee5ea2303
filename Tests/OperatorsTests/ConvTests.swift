import GraphIR
import TestSupport
import Testing

@Suite("Conv")
struct ConvTests {
  private static let x = OperandAxis.input(0, axis: 1)
  private static let filters = OperandAxis.input(1, axis: 0)
  private static let share = OperandAxis.input(1, axis: 1)
  private static let y = OperandAxis.output(0, axis: 1)

  private func conv(
    _ x: String, _ w: [Dimension], bias: Bool = false, _ attributes: [Attribute] = [], opset: Int = 17
  ) throws -> OperatorCase {
    let inputs: [ValueFact?] = [.named(x), .weight(w)] + (bias ? [.weight([w[0]])] : [])
    return try OperatorCase("Conv", opset: opset, attributes, inputs: inputs)
  }

  private static func ints(_ name: String, _ values: Int64...) -> Attribute { Attribute(name, .ints(values)) }

  private static func group(_ count: Int64) -> Attribute { Attribute("group", .int(count)) }

  @Test(
    arguments: [
      ("1 3 224 224", [64, 3, 7, 7], [ints("strides", 2, 2), ints("pads", 3, 3, 3, 3)], "1 64 112 112"),
      ("batch 3 32 32", [16, 3, 3, 3], [ints("pads", 1, 1, 1, 1)], "batch 16 32 32"),
      ("batch 3 h w", [16, 3, 3, 3], [ints("pads", 1, 1, 1, 1)], "batch 16 h w"),
      ("batch 3 h w", [16, 3, 1, 1], [], "batch 16 h w"),
      ("2 4 20", [6, 2, 3], [ints("dilations", 2), group(2)], "2 6 16"),
      ("2 1 5 6 7", [3, 1, 1, 2, 3], [], "2 3 5 5 5"),
      (
        "2 3 9 9", [4, 3, 3, 3],
        [Attribute("auto_pad", .string(Array("SAME_UPPER".utf8))), ints("strides", 2, 2)], "2 4 5 5"
      ),
      (
        "2 3 9 9", [4, 3, 3, 3],
        [Attribute("auto_pad", .string(Array("VALID".utf8))), ints("pads", 1, 1, 1, 1)], "2 4 7 7"
      ),
    ] as [(String, [Dimension], [Attribute], String)])
  func lengths(_ x: String, _ w: [Dimension], _ attributes: [Attribute], _ expected: String) throws {
    #expect(try conv(x, w, attributes).output.words == expected)
  }

  @Test("a multiple of the stride stays a multiple; equal computations have equal lengths")
  func symbolicLengths() throws {
    var fact = ValueFact.named("batch 3 h 9")
    fact.shape?[2] = Dimension(symbol: "h") * 4
    let halving = [Self.ints("strides", 2, 2), Self.ints("pads", 1, 1, 1, 1)]
    let even = try OperatorCase("Conv", halving, inputs: [fact, .weight([8, 3, 3, 3])])
    #expect(even.output.words == "batch 8 2·h 5")
    let first = try conv("batch 3 h w", [8, 3, 3, 3], halving).output
    let second = try conv(
      "batch 3 h w", [8, 3, 5, 5], [Self.ints("strides", 2, 2), Self.ints("pads", 2, 2, 2, 2)]
    ).output
    #expect(first.shape?[2] != Dimension(symbol: "h"))
    #expect(first.shape?[2] != first.shape?[3])
    let again = try conv("batch 3 h w", [8, 3, 3, 3], halving).output
    #expect(first == again)
    #expect(second.shape?.count == 4)
  }

  @Test func unknownOperands() throws {
    let weight = ValueFact.weight([8, 3, 3, 3])
    let half = try OperatorCase("Conv", inputs: [ValueFact(elementType: .float16), weight]).output
    #expect(half.elementType == .float16)
    #expect(half.words == "?y.0 8 ?y.2 ?y.3")
    #expect(try OperatorCase("Conv", inputs: [.named("n 3 8 8"), .unknown]).output.shape == nil)
    let open = try OperatorCase("Conv", inputs: [.named("n c 8 8"), .named("o 3 k k")])
    #expect(open.output.shape?.count == 4)
    #expect(open.output.words.hasPrefix("n o ?y.2"))
  }

  @Test(
    arguments: [
      ("1 48 8 8", [64, 64, 1, 1], [], "shape-mismatch"),
      ("1 48 8 8", [64, 48, 1, 1], [group(2)], "shape-mismatch"),
      ("1 48 8 8", [63, 24, 1, 1], [group(2)], "shape-mismatch"),
      ("1 48 8", [64, 48, 1, 1], [], "shape-mismatch"),
      ("1 48 8 8", [64, 48, 3, 3], [ints("kernel_shape", 3, 5)], "shape-mismatch"),
      ("1 48 8 8", [64, 48, 3, 3], [ints("kernel_shape", 3)], "shape-mismatch"),
      ("1 48 8 8", [64, 48, 3, 3], [ints("pads", 1, 1)], "shape-mismatch"),
      ("1 48 2 8", [64, 48, 3, 3], [], "shape-mismatch"),
      ("1 48 8 8", [64, 48, 3, 3], [ints("strides", 0, 1)], "attribute-value"),
      ("1 48 8 8", [64, 48, 3, 3], [ints("dilations", 1, -1)], "attribute-value"),
      ("1 48 8 8", [64, 48, 3, 3], [group(0)], "attribute-value"),
      ("1 48 8 8", [64, 48, 3, 3], [ints("pads", .max, 0, 0, 0)], "attribute-value"),
      ("1 48 8 8", [64, 48, 3, 3], [Attribute("auto_pad", .string(Array("SAME".utf8)))], "attribute-value"),
      ("1 48 8 8", [64, 48, 3, 3], [Attribute("group", .string([49]))], "attribute-type"),
    ] as [(String, [Dimension], [Attribute], String)])
  func contradictions(_ x: String, _ w: [Dimension], _ attributes: [Attribute], _ expected: String) {
    #expect(code { try conv(x, w, attributes) } == expected)
  }

  @Test func contradictionsAreNamed() throws {
    do { _ = try conv("1 48 8 8", [64, 64, 1, 1]) } catch let error as CompileError {
      #expect(error.message == "W has 64 input channels a group, X has 48 in 1 group")
    }
    let short = code {
      try OperatorCase("Conv", inputs: [.named("1 4 8 8"), .weight([8, 4, 1, 1]), .weight([7])])
    }
    #expect(short == "shape-mismatch")
  }

  @Test func ordinaryTies() throws {
    let ties = try conv("n 4 8 8", [6, 4, 3, 3], bias: true).ties()
    #expect(ties.partners(Self.x, on: Self.share) == (0..<4).map { [$0] })
    #expect(ties.partners(Self.filters, on: Self.y) == (0..<6).map { [$0] })
    #expect(ties.partners(.input(2, axis: 0), on: Self.y) == (0..<6).map { [$0] })
    #expect(
      ties.partners(Self.x, on: Self.y) == Array(repeating: [], count: ties.signature.length(Self.x) ?? 0))
    #expect(ties.roles == [Self.share: .consumer, Self.filters: .producer, .input(2, axis: 0): .producer])
    #expect(ties.reason(.input(0, axis: 2)) == "is slid over by the kernel")
    #expect(ties.choices.isEmpty)
  }

  @Test("depthwise: a channel and its filters go together", arguments: [1, 2])
  func depthwiseTies(_ multiplier: Int) throws {
    let ties = try conv("n 4 8 8", [Dimension(4 * multiplier), 1, 3, 3], bias: true, [Self.group(4)]).ties()
    let filters = (0..<4).map { channel in Array(channel * multiplier..<(channel + 1) * multiplier) }
    #expect(ties.partners(Self.x, on: Self.filters) == filters)
    #expect(ties.partners(Self.x, on: Self.y) == filters)
    #expect(ties.roles == [Self.filters: .follower, .input(2, axis: 0): .follower])
  }

  @Test("groups: whole ones, or the same channels of all")
  func groupedTies() throws {
    let sample = try conv("n 12 8 8", [12, 3, 1, 1], [Self.group(4)])
    let whole = sample.ties()
    #expect(whole.choices == [2])
    #expect(whole.classes(Self.x) == (0..<4).map { [3 * $0, 3 * $0 + 1, 3 * $0 + 2] })
    #expect(whole.partners(Self.x, on: Self.y)[4] == [3, 4, 5])
    #expect(whole.roles == [Self.filters: .follower])
    #expect(whole.reason(Self.share) == "is shared by the channels of all groups")
    let across = sample.ties([0: 1])
    #expect(across.classes(Self.x) == (0..<3).map { [$0, $0 + 3, $0 + 6, $0 + 9] })
    #expect(across.partners(Self.x, on: Self.share)[4] == [1])
    #expect(
      across.partners(Self.x, on: Self.y) == Array(repeating: [], count: across.signature.length(Self.x) ?? 0)
    )
    #expect(across.roles == [Self.filters: .producer, Self.share: .consumer])
    // Two groups of eight: more units across than as wholes.
    #expect(try conv("n 16 8 8", [16, 8, 1, 1], [Self.group(2)]).ties().classes(Self.x).count == 8)
  }

  private static func formula(_ inputs: [Numbers?], _ attributes: [Attribute]) -> Numbers {
    let (x, w, b) = (inputs[0]!, inputs[1]!, inputs.count > 2 ? inputs[2] : nil)
    let (share, makes) = (w.shape[1], w.shape[0] / attributes.int("group", or: 1))
    return Numbers([x.shape[0], w.shape[0], x.shape[2] + 2 - w.shape[2] + 1]) { at in
      var sum = b.map { $0[[at[1]]] } ?? 0
      for c in 0..<share {
        for i in 0..<w.shape[2] {
          sum += x.padded([at[0], at[1] / makes * share + c, at[2] + i - 1]) * w[[at[1], c, i]]
        }
      }
      return sum
    }
  }

  @Test(
    "what is left computes what the whole computes with the rest zero",
    arguments: [
      (4, [6, 4, 3], 1), (4, [4, 1, 3], 4), (4, [8, 1, 3], 4), (6, [6, 2, 3], 3), (6, [9, 2, 2], 3),
      (8, [4, 4, 1], 2),
      (6, [3, 2, 3], 3),
    ])
  func masks(_ channels: Int, _ w: [Int], _ groups: Int) throws {
    let inputs: [ValueFact?] = [
      .float([2, Dimension(channels), 5]), .weight(w.map { Dimension($0) }), .weight([Dimension(w[0])]),
    ]
    let attributes = [Self.ints("pads", 1, 1)] + (groups == 1 ? [] : [Self.group(Int64(groups))])
    let found = try checkMasks(OperatorCase("Conv", attributes, inputs: inputs), Self.formula)
    #expect(found.allSatisfy { $0 > 2 })
  }

  @Test func constantChannels() throws {
    let plain = try conv("n 4 8 8", [6, 4, 3, 3], bias: true)
    #expect(plain.known.constantChannel([nil, 0, 0.5], plain.signature) == 0.5)
    #expect(plain.known.constantChannel([0, nil, 0.5], plain.signature) == nil)
    #expect(plain.known.constantChannel([nil, 0, nil], plain.signature) == nil)
    let bare = try conv("n 4 8 8", [6, 4, 3, 3])
    #expect(bare.known.constantChannel([nil, 0], bare.signature) == 0)
    let depthwise = try conv("n 4 8 8", [4, 1, 3, 3], bias: true, [Self.group(4)])
    #expect(depthwise.known.constantChannel([0, nil, 2], depthwise.signature) == 2)
    #expect(depthwise.known.constantChannel([1, nil, 2], depthwise.signature) == nil)
  }

  @Test func costs() throws {
    let sample = try conv(
      "batch 64 56 56", [128, 64, 3, 3], bias: true,
      [Self.ints("strides", 2, 2), Self.ints("pads", 1, 1, 1, 1)])
    let cost = sample.known.cost(sample.signature)
    #expect(cost.multiplyAccumulates == 128 * 28 * 28 * 64 * 9)
    #expect(cost.parameterOperands == [1, 2])
    #expect(cost.paper?.parameters == (2 * 64 * 9 + 1) * 128)
    #expect(cost.paper?.floatingPointOperations == 28 * 28 * (2 * 64 * 9 - 1) * 128)
    let open = try conv("batch 64 h 56", [128, 64, 3, 3])
    #expect(open.known.cost(open.signature).multiplyAccumulates == nil)
    #expect(open.known.cost(open.signature).paper?.parameters == (2 * 64 * 9 + 1) * 128)
    let huge = Dimension(1 << 40)
    let hostile = try OperatorCase("Conv", inputs: [.float([1, huge, 1, 1]), .float([huge, huge, 1, 1])])
    #expect(hostile.known.cost(hostile.signature).multiplyAccumulates == nil)
    #expect(hostile.known.cost(hostile.signature).paper == nil)
  }

  @Test func refit() throws {
    let sample = try conv("n 12 8 8", [8, 3, 1, 1], [Self.group(4)])
    let across = try sample.refit(keeping: [Self.x: [0, 2, 3, 5, 6, 8, 9, 11], Self.share: [0, 2]])
    #expect(across.attributes.isEmpty)
    let whole = try sample.refit(keeping: [Self.x: [3, 4, 5], Self.filters: [2, 3], Self.y: [2, 3]])
    #expect(whole.attributes.map(\.name) == ["group"])
    #expect(whole.attributes[0].value == .int(1))
    for bad: [OperandAxis: [Int]] in [
      [Self.x: [3, 4, 5]], [Self.filters: [0, 1, 2]], [Self.share: [0, 1]],
      [Self.x: [0, 3, 7, 9], Self.share: [0]],
    ] { #expect(throws: CompileError.self) { try sample.refit(keeping: bad) } }
    let plain = try conv("n 4 8 8", [6, 4, 3, 3])
    #expect(try plain.refit(keeping: [Self.x: [0], Self.share: [0], Self.filters: [1]]).attributes.isEmpty)
  }
}
