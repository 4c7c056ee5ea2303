import GraphIR
import TestSupport
import Testing

/// Integers that a graph computes shapes with.
@Suite("Arithmetic of shapes")
struct ShapeArithmeticTests {
  private static let h = Dimension(symbol: "h")

  private func content(_ name: String, _ operands: [ValueFact], _ attributes: [Attribute] = []) throws
    -> [String]?
  {
    try OperatorCase(name, attributes, inputs: operands).output.content?.map(\.value.description)
  }

  @Test(
    arguments: [
      ("Add", [7, -7], [2, 2], ["9", "-5"]), ("Sub", [7], [2], ["5"]), ("Mul", [7, 3], [2], ["14", "6"]),
      ("Div", [7, -7], [2, 2], ["3", "-3"]), ("Mod", [7, -7], [4, 4], ["3", "1"]), ("Min", [7], [2], ["2"]),
      ("Max", [7], [2], ["7"]),
      ("Sum", [7], [2], ["9"]), ("Equal", [-1, 3], [-1, -1], ["1", "0"]),
      ("Less", [1, 3], [2, 2], ["1", "0"]),
      ("Greater", [1, 3], [2, 2], ["0", "1"]),
    ] as [(String, [Int], [Int], [String])])
  func integers(_ name: String, _ a: [Int], _ b: [Int], _ expected: [String]) throws {
    #expect(try content(name, [.integers(a), .integers(b)]) == expected)
  }

  @Test func cModulo() throws {
    #expect(try content("Mod", [.integers([-7]), .integers([4])], [Attribute("fmod", .int(1))]) == ["-3"])
  }

  @Test(
    arguments: [
      ("Mul", h, 2, "2·h"), ("Div", h * 2, 2, "h"), ("Div", h, 2, "div(h,2)"), ("Add", h, 0, "h"),
      ("Sub", h, 0, "h"),
      ("Add", h, 1, "add(h,1)"), ("Mod", h * 4, 2, "0"), ("Equal", h, -1, "0"), ("Equal", -1, h, "0"),
      ("Equal", h, h, "1"), ("Max", h, h, "h"),
      ("Max", h, 1, "Max(1,h)"), ("Max", 1, h, "Max(1,h)"),
    ] as [(String, Dimension, Dimension, String)])
  func symbols(_ name: String, _ a: Dimension, _ b: Dimension, _ expected: String) throws {
    #expect(try content(name, [.computed([a]), .computed([b])]) == [expected])
  }

  @Test("hostile integers neither trap nor give numbers that are wrong")
  func extremes() throws {
    let least = ValueFact.integers([.min])
    #expect(try content("Div", [least, .integers([-1])]) == nil)
    #expect(try content("Mod", [least, .integers([-1])]) == ["0"])
    #expect(try content("Div", [.integers([5]), .integers([0])]) == nil)
    #expect(try content("Mod", [.integers([5]), .integers([0])]) == nil)
    for name in ["Add", "Sub", "Mul"] {
      #expect(try OperatorCase(name, inputs: [least, .integers([.max])]).output.content?.count == 1)
    }
    for name in ["Neg", "Abs", "Sign"] { _ = try OperatorCase(name, inputs: [least]) }
  }

  @Test("the factors of an Upsample, which are floats")
  func factors() throws {
    let size = ValueFact.computed([Self.h, 7])
    let double = try ValueFact.constant([2], [2, 2])
    let half = try ValueFact.constant([], [0.5])
    #expect(try content("Mul", [size, double]) == ["2·h", "14"])
    #expect(try content("Mul", [.computed([Self.h * 2, 8]), half]) == ["h", "4"])
    #expect(try content("Mul", [size, half]) == nil)
    var floats = ValueFact.computed([7])
    floats.elementType = .float
    #expect(try content("Div", [floats, double]) == nil)
    #expect(try content("Floor", [floats]) == ["7"])
  }

  @Test func oneOperand() throws {
    #expect(try content("Neg", [.integers([3, -4])]) == ["-3", "4"])
    #expect(try content("Abs", [.integers([3, -4])]) == ["3", "4"])
    #expect(try content("Not", [.integers([0, 1])]) == ["1", "0"])
    #expect(try content("Ceil", [.computed([Self.h])]) == ["h"])
    #expect(try content("Sqrt", [.integers([4])]) == nil)
  }

  @Test func scalarsAndBroadcasting() throws {
    let scalar = try OperatorCase("Mul", inputs: [.scalar(3), .scalar(4)])
    #expect(scalar.output.shape == [])
    #expect(scalar.output.knownContent == [12])
    let grid = try OperatorCase("Add", inputs: [.counting([2, 1]), .counting([3], from: 10)])
    #expect(grid.output.knownContent == [10, 11, 12, 11, 12, 13])
    let long = try OperatorCase("Add", inputs: [.counting([64, 1]), .counting([1, 64])])
    #expect(long.output.content == nil)
  }
}
