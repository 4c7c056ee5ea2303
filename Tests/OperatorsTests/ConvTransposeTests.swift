import GraphIR
import TestSupport
import Testing

@Suite("ConvTranspose")
struct ConvTransposeTests {
  private static let x = OperandAxis.input(0, axis: 1)
  private static let reads = OperandAxis.input(1, axis: 0)
  private static let share = OperandAxis.input(1, axis: 1)
  private static let y = OperandAxis.output(0, axis: 1)

  private static func ints(_ name: String, _ values: Int64...) -> Attribute { Attribute(name, .ints(values)) }

  private static func group(_ count: Int64) -> Attribute { Attribute("group", .int(count)) }

  private func sample(_ x: String, _ w: [Dimension], _ attributes: [Attribute], bias: Int? = nil) throws
    -> OperatorCase
  {
    let inputs: [ValueFact?] = [.named(x), .weight(w)] + (bias.map { [.weight([Dimension($0)])] } ?? [])
    return try OperatorCase("ConvTranspose", attributes, inputs: inputs)
  }

  @Test(
    arguments: [
      ("1 8 7 7", [8, 4, 2, 2], [ints("strides", 2, 2)], "1 4 14 14"),
      ("n 8 h 7", [8, 4, 2, 2], [ints("strides", 2, 2)], "n 4 2·h 14"),
      (
        "1 8 7 7", [8, 4, 3, 3],
        [ints("strides", 2, 2), ints("pads", 1, 1, 1, 1), ints("output_padding", 1, 1)], "1 4 14 14"
      ),
      ("1 8 7", [8, 4, 3], [ints("dilations", 2)], "1 4 11"),
      ("1 8 7", [8, 4, 3], [group(2)], "1 8 9"),
      ("1 8 7", [8, 4, 3], [ints("strides", 3), ints("output_shape", 20)], "1 4 20"),
      (
        "1 8 7", [8, 4, 3], [ints("strides", 3), Attribute("auto_pad", .string(Array("SAME_UPPER".utf8)))],
        "1 4 21"
      ),
      (
        "1 8 7", [8, 4, 1], [ints("strides", 3), Attribute("auto_pad", .string(Array("SAME_UPPER".utf8)))],
        "1 4 19"
      ),
    ] as [(String, [Dimension], [Attribute], String)])
  func lengths(_ x: String, _ w: [Dimension], _ attributes: [Attribute], _ expected: String) throws {
    #expect(try sample(x, w, attributes).output.words == expected)
  }

  @Test(
    arguments: [
      ("1 8 7", [6, 4, 3], [], "shape-mismatch"), ("1 8 7 7", [8, 4, 3], [], "shape-mismatch"),
      ("1 8 7", [8, 4, 3], [group(3)], "shape-mismatch"),
      ("1 8 7", [8, 4, 3], [ints("kernel_shape", 2)], "shape-mismatch"),
      ("1 8 1", [8, 4, 1], [ints("pads", 2, 2)], "shape-mismatch"),
      ("1 8 7", [8, 4, 3], [ints("output_padding", 1, 1)], "shape-mismatch"),
      ("1 8 7", [8, 4, 3], [ints("strides", -1)], "attribute-value"),
      ("1 8 7", [8, 4, 3], [ints("output_shape", -1)], "attribute-value"),
    ] as [(String, [Dimension], [Attribute], String)])
  func contradictions(_ x: String, _ w: [Dimension], _ attributes: [Attribute], _ expected: String) {
    #expect(code { try sample(x, w, attributes) } == expected)
  }

  @Test func ties() throws {
    let plain = try sample("n 4 8", [4, 6, 3], [], bias: 6).ties()
    #expect(plain.partners(Self.x, on: Self.reads) == (0..<4).map { [$0] })
    #expect(plain.partners(Self.share, on: Self.y) == (0..<6).map { [$0] })
    #expect(plain.roles == [Self.reads: .consumer, Self.share: .producer, .input(2, axis: 0): .producer])
    let depthwise = try sample("n 4 8", [4, 1, 3], [Self.group(4)], bias: 4).ties()
    #expect(depthwise.partners(Self.x, on: Self.y) == (0..<4).map { [$0] })
    #expect(depthwise.roles == [Self.reads: .follower, .input(2, axis: 0): .follower])
    let grouped = try sample("n 4 8", [4, 3, 3], [Self.group(2)])
    #expect(grouped.ties().classes(Self.y) == [[0, 3], [1, 4], [2, 5]])
    #expect(grouped.ties().classes(Self.x) == [[0, 2], [1, 3]])
    #expect(grouped.ties([0: 1]).classes(Self.y) == [[0, 1, 2], [3, 4, 5]])
    #expect(grouped.ties([0: 1]).partners(Self.x, on: Self.y)[3] == [3, 4, 5])
  }

  private static func formula(_ inputs: [Numbers?], _ attributes: [Attribute]) -> Numbers {
    let (x, w, b) = (inputs[0]!, inputs[1]!, inputs[2]!)
    let groups = attributes.int("group", or: 1)
    let (reads, makes) = (x.shape[1] / groups, w.shape[1])
    var y = Numbers([x.shape[0], makes * groups, 2 * (x.shape[2] - 1) + w.shape[2]]) { b[[$0[1]]] }
    for at in Numbers.positions(x.shape) {
      for o in 0..<makes {
        for i in 0..<w.shape[2] {
          y[[at[0], at[1] / reads * makes + o, 2 * at[2] + i]] += x[at] * w[[at[1], o, i]]
        }
      }
    }
    return y
  }

  @Test(
    "what is left computes what the whole computes with the rest zero",
    arguments: [
      (4, [4, 6, 3], 1), (4, [4, 1, 3], 4), (4, [4, 2, 3], 4), (6, [6, 2, 2], 3), (8, [8, 3, 1], 2),
      (4, [4, 1, 3], 2),
    ])
  func masks(_ channels: Int, _ w: [Int], _ groups: Int) throws {
    let attributes = [Self.ints("strides", 2), Self.group(Int64(groups))]
    let grouped = try sample("2 \(channels) 4", w.map { Dimension($0) }, attributes, bias: w[1] * groups)
    #expect(try checkMasks(grouped, Self.formula).allSatisfy { $0 > 2 })
  }

  @Test func constantChannelsAndCosts() throws {
    let plain = try sample("n 4 8", [4, 6, 3], [], bias: 6)
    #expect(plain.known.constantChannel([nil, 0, 3], plain.signature) == 3)
    #expect(plain.known.constantChannel([0, nil, 3], plain.signature) == nil)
    #expect(plain.known.cost(plain.signature).multiplyAccumulates == 4 * 8 * 6 * 3)
    let depthwise = try sample("n 4 8", [4, 1, 3], [Self.group(4)])
    #expect(depthwise.known.constantChannel([0, nil], depthwise.signature) == 0)
    #expect(depthwise.known.cost(depthwise.signature).multiplyAccumulates == 4 * 8 * 3)
    #expect(depthwise.known.cost(depthwise.signature).paper?.parameters == (2 * 3 + 1) * 4)
  }

  @Test func refit() throws {
    let grouped = try sample("n 4 8", [4, 3, 3], [Self.group(2)])
    let across = try grouped.refit(keeping: [Self.y: [0, 2, 3, 5], Self.share: [0, 2]])
    #expect(across.attributes.isEmpty)
    let whole = try grouped.refit(keeping: [Self.x: [2, 3], Self.reads: [2, 3], Self.y: [3, 4, 5]])
    #expect(whole.attributes.map(\.value) == [.int(1)])
    #expect(throws: CompileError.self) {
      try grouped.refit(keeping: [Self.y: [0, 1, 3, 5], Self.share: [0, 1]])
    }
  }
}
