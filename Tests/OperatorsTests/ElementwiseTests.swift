import GraphIR
import Operators
import TestSupport
import Testing

@Suite("Element by element")
struct ElementwiseTests {
  // MARK: - One operand

  @Test func unaryShapes() throws {
    for identifier in UnaryElementwise.identifiers {
      let sample = try OperatorCase(
        identifier.name, domain: identifier.domain, opset: 24, inputs: [.named("n 4 h")])
      #expect(sample.output.words == "n 4 h")
      let isBool = ["Not", "IsNaN", "IsInf"].contains(identifier.name)
      #expect(sample.output.elementType == (isBool ? .bool : .float))
      #expect(sample.ties().partners(.input(0, axis: 1), on: .output(0, axis: 1)) == (0..<4).map { [$0] })
      #expect(sample.known.cost(sample.signature) == .free)
    }
  }

  /// What ONNX Runtime computes for a float; nil where that is no finite number.
  @Test(
    arguments: [
      ("Relu", [], -2, 0), ("Relu", [], 3, 3), ("LeakyRelu", [], -2, -0.02), ("Elu", [], -1, -0.63212055),
      ("Selu", [], -1, -1.1113307), ("Celu", [Attribute("alpha", .float(2))], -1, -0.7869387),
      ("ThresholdedRelu", [], 1, 0), ("Sigmoid", [], 0, 0.5), ("Sigmoid", [], 1, 0.7310586),
      ("HardSigmoid", [], 0, 0.5),
      ("HardSwish", [], 1, 0.6666667), ("HardSwish", [], 0, 0), ("Swish", [], 0, 0),
      ("Mish", [], 1, 0.86509836),
      ("Gelu", [], 1, 0.8413447),
      ("Gelu", [Attribute("approximate", .string(Array("tanh".utf8)))], 1, 0.841192),
      ("Softplus", [], 0, 0.6931472), ("Softplus", [], 100, 100), ("Softsign", [], 1, 0.5),
      ("Shrink", [], 1, 1),
      ("Shrink", [Attribute("bias", .float(0.25))], -1, -0.75), ("Abs", [], -2, 2), ("Neg", [], 2, -2),
      ("Round", [], 2.5, 2),
      ("Round", [], 3.5, 4), ("Sign", [], -3, -1), ("Reciprocal", [], 4, 0.25), ("Reciprocal", [], 0, nil),
      ("Log", [], 0, nil),
      ("Log", [], -1, nil), ("Exp", [], 0, 1), ("Exp", [], 1000, nil), ("Erf", [], 1, 0.8427008),
      ("Cos", [], 0, 1),
      ("Not", [], 0, 1), ("BitwiseNot", [], 0, nil), ("Tanh", [], 0, 0), ("IsInf", [], 1, 0),
    ] as [(String, [Attribute], Double, Double?)])
  func unaryFunctions(_ name: String, _ attributes: [Attribute], _ value: Double, _ expected: Double?) throws
  {
    let sample = try OperatorCase(name, opset: 24, attributes, inputs: [.named("n 4 h")])
    let found = sample.known.constantChannel([value], sample.signature)
    #expect((found == nil) == (expected == nil))
    if let found, let expected { #expect(abs(found - expected) < 1e-6 && found == Double(Float(found))) }
    #expect(sample.known.constantChannel([nil], sample.signature) == nil)
  }

  @Test func clip() throws {
    let attributes = [Attribute("min", .float(-1)), Attribute("max", .float(6))]
    let old = try OperatorCase("Clip", opset: 6, attributes, inputs: [.named("n 4")])
    #expect([-3, 2, 9].map { old.known.constantChannel([$0], old.signature) } == [-1, 2, 6])
    let high = try ValueFact.constant([], [6])
    let new = try OperatorCase("Clip", inputs: [.named("n 4"), nil, high])
    #expect([-3, 2, 9].map { new.known.constantChannel([$0, nil, nil], new.signature) } == [-3, 2, 6])
    let computed = try OperatorCase("Clip", inputs: [.named("n 4"), .float([]), high])
    #expect(computed.known.constantChannel([2, nil, nil], computed.signature) == nil)
    #expect(computed.ties().free.isEmpty == false)
    #expect(code { try OperatorCase("Clip", inputs: [.named("n 4"), .float([4])]) } == "shape-mismatch")
    let length = try OperatorCase("Clip", inputs: [.integers([1, 9]), nil, .integers([5])])
    #expect(length.output.knownContent == [1, 5])
  }

  // MARK: - Several operands

  @Test(arguments: [
    (["2 3 4", "4"], "2 3 4"), (["2 3 4", "3 1"], "2 3 4"), (["2 1 4", "3 1"], "2 3 4"),
    (["n 4", "n 4"], "n 4"), (["n 4", "1"], "n 4"),
    (["n 4", ""], "n 4"), (["n 4", "2 1"], "2 4"), (["5", "m n 1"], "m n 5"), (["m", "n"], "broadcast(m,n)"),
    (["n", "m"], "broadcast(m,n)"),
  ])
  func broadcasting(_ shapes: [String], _ expected: String) throws {
    for name in ["Add", "Pow", "Max", "Mean", "Greater", "BitwiseOr"] {
      let sample = try OperatorCase(name, opset: 18, inputs: shapes.map { .named($0) })
      #expect(sample.output.words == expected)
      #expect(sample.output.elementType == (name == "Greater" ? .bool : .float))
    }
  }

  @Test func broadcastingErrors() throws {
    #expect(code { try OperatorCase("Add", inputs: [.named("2 3"), .named("2 4")]) } == "shape-mismatch")
    #expect(
      code { try OperatorCase("Sum", inputs: [.named("2 3"), .named("3"), .named("2")]) } == "shape-mismatch")
    #expect(try OperatorCase("Add", inputs: [.named("2 3"), .unknown]).output.shape == nil)
  }

  @Test func broadcastTies() throws {
    let sample = try OperatorCase("Add", inputs: [.float([2, 4, 5]), .weight([4, 1])])
    let ties = sample.ties()
    #expect(ties.partners(.input(1, axis: 0), on: .output(0, axis: 1)) == (0..<4).map { [$0] })
    #expect(ties.roles == [.input(1, axis: 0): .follower])
    #expect(ties.partners(.input(1, axis: 1), on: .output(0, axis: 2)) == [[]])
    #expect(ties.reason(.input(1, axis: 1)) == nil)
    #expect(sample.known.cost(sample.signature).parameterOperands == [0, 1])
    // Zero is no divisor and no exponent that leaves zero as it is.
    for name in ["Div", "Pow", "Mod"] {
      let divided = try OperatorCase(name, inputs: [.float([2, 4, 5]), .weight([4, 1])]).ties()
      #expect(divided.roles.isEmpty)
      #expect(divided.partners(.input(1, axis: 0), on: .output(0, axis: 1)) == (0..<4).map { [$0] })
    }
    let ones = try OperatorCase("Mul", inputs: [.float([2, 1]), .float([2, 1])]).ties()
    #expect(ones.partners(.input(0, axis: 1), on: .input(1, axis: 1)) == [[0]])
    let open = try OperatorCase("Add", inputs: [.named("2 c"), .float([2, 4])]).ties()
    #expect(open.reason(.input(1, axis: 1)) == nil)
    #expect(open.reason(.output(0, axis: 1)) == "is tied to an axis whose length is not known")
  }

  @Test("what is left computes the slice of what the whole computes")
  func broadcastCuts() throws {
    for (name, a, b) in [
      ("Add", [2, 3, 4], [4]), ("Mul", [3, 4], [2, 3, 1]), ("Sub", [2, 1, 4], [3, 1]),
      ("Max", [2, 3], [2, 3]),
    ] {
      let sample = try OperatorCase(name, inputs: [.counting(a), .counting(b, from: 5)])
      #expect(try checkCuts(sample).allSatisfy { $0 > 1 })
    }
  }

  @Test("the rule of opset 6 and earlier")
  func broadcastingFromAnAxis() throws {
    let attributes = [Attribute("broadcast", .int(1)), Attribute("axis", .int(1))]
    let sample = try OperatorCase("Add", opset: 6, attributes, inputs: [.float([2, 4, 5]), .weight([4])])
    #expect(sample.output.knownShape == [2, 4, 5])
    #expect(sample.ties().partners(.input(1, axis: 0), on: .output(0, axis: 1)) == (0..<4).map { [$0] })
  }

  @Test(
    arguments: [
      ("Add", [2, 3], 5), ("Sub", [2, 3], -1), ("Mul", [2, 3], 6), ("Mul", [0, nil], 0),
      ("Mul", [2, nil], nil), ("Add", [0, nil], nil),
      ("Div", [3, 2], 1.5), ("Div", [3, 0], nil), ("Pow", [2, 3], 8), ("Max", [2, 3], 3), ("Min", [2, 3], 2),
      ("Mean", [2, 3], 2.5),
      ("Sum", [2, 3], 5), ("Mod", [5, 3], 2), ("Mod", [-5, 3], 1), ("Greater", [2, 3], 0),
      ("LessOrEqual", [3, 3], 1), ("Pow", [-8, 0.3], nil),
      ("BitwiseAnd", [2, 3], nil), ("Xor", [1, 0], 1),
    ] as [(String, [Double?], Double?)])
  func naryConstantChannels(_ name: String, _ values: [Double?], _ expected: Double?) throws {
    let sample = try OperatorCase(name, opset: 18, inputs: [.float([2, 4]), .float([2, 4])])
    #expect(sample.known.constantChannel(values, sample.signature) == expected)
  }

  @Test func scalarConstants() throws {
    let sample = try OperatorCase("Add", inputs: [.float([2, 4]), .constant([1], [3])])
    #expect(sample.known.constantChannel([2, nil], sample.signature) == 5)
  }

  @Test func slopes() throws {
    let sample = try OperatorCase("PRelu", inputs: [.named("n 4 h w"), .weight([4, 1, 1])])
    #expect(sample.output.words == "n 4 h w")
    #expect(sample.ties().partners(.input(1, axis: 0), on: .output(0, axis: 1)) == (0..<4).map { [$0] })
    #expect(sample.ties().roles == [.input(1, axis: 0): .follower])
    #expect(sample.known.constantChannel([-2, 0.25], sample.signature) == -0.5)
    #expect(sample.known.constantChannel([2, nil], sample.signature) == 2)
    #expect(sample.known.constantChannel([-2, nil], sample.signature) == nil)
    let old = try OperatorCase("PRelu", opset: 6, inputs: [.named("n 4 h w"), .weight([4])])
    #expect(old.ties().partners(.input(1, axis: 0), on: .output(0, axis: 1)) == (0..<4).map { [$0] })
    #expect(
      code { try OperatorCase("PRelu", inputs: [.named("n 4 8 8"), .weight([4])]) } == "shape-mismatch")
    #expect(code { try OperatorCase("PRelu", inputs: [.named("4"), .weight([4, 4])]) } == "shape-mismatch")
  }
}
