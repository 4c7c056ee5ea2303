import GraphIR
import TestSupport
import Testing

@Suite("Gemm, MatMul and Einsum")
struct MatrixProductTests {
  private static func flags(_ left: Int64, _ right: Int64) -> [Attribute] {
    [Attribute("transA", .int(left)), Attribute("transB", .int(right))]
  }

  private static func equation(_ text: String) -> Attribute {
    Attribute("equation", .string(Array(text.utf8)))
  }

  // MARK: - Gemm

  @Test(arguments: [(0, 0), (0, 1), (1, 0), (1, 1)] as [(Int64, Int64)])
  func gemm(_ left: Int64, _ right: Int64) throws {
    let a: [Dimension] = left == 0 ? [2, 5] : [5, 2]
    let b: [Dimension] = right == 0 ? [5, 3] : [3, 5]
    for isMirrored in [false, true] {
      for bias: [Dimension] in [[3], [2, 3], [1, 3], [2, 1], [1], []] {
        let inputs: [ValueFact?] =
          isMirrored ? [.weight(a), .float(b), .weight(bias)] : [.float(a), .weight(b), .weight(bias)]
        let sample = try OperatorCase("Gemm", Self.flags(left, right), inputs: inputs)
        #expect(sample.output.knownShape == [2, 3])
        #expect(sample.known.cost(sample.signature).multiplyAccumulates == 30)
        // Rows, columns and the sum: 2 + 3 + 5 classes, and C's repeated axes.
        let repeated = bias.filter { $0 == 1 }.count
        #expect(try checkMasks(sample, Self.gemmFormula) == [10 + repeated])
        let ties = sample.ties()
        let (rows, columns) = (
          OperandAxis.input(0, axis: Int(left)), OperandAxis.input(1, axis: 1 - Int(right))
        )
        let (readA, readB) = (
          OperandAxis.input(0, axis: 1 - Int(left)), OperandAxis.input(1, axis: Int(right))
        )
        #expect(ties.roles[isMirrored ? rows : columns] == .producer)
        #expect(ties.roles[isMirrored ? readA : readB] == .consumer)
        #expect(ties.roles[isMirrored ? columns : rows] == nil)
      }
    }
  }

  private static func gemmFormula(_ inputs: [Numbers?], _ attributes: [Attribute]) -> Numbers {
    let (a, b, c) = (inputs[0]!, inputs[1]!, inputs[2]!)
    let (left, right) = (attributes.int("transA", or: 0) == 1, attributes.int("transB", or: 0) == 1)
    return Numbers([a.shape[left ? 1 : 0], b.shape[right ? 0 : 1]]) { at in
      let place = at.suffix(c.shape.count)
      var sum = c[zip(place, c.shape).map { $1 == 1 ? 0 : $0 }]
      for k in 0..<a.shape[left ? 0 : 1] {
        sum += a[left ? [k, at[0]] : [at[0], k]] * b[right ? [at[1], k] : [k, at[1]]]
      }
      return sum
    }
  }

  @Test func gemmOfComputedValues() throws {
    let ties = try OperatorCase("Gemm", inputs: [.float([2, 5]), .float([5, 3])]).ties()
    #expect(ties.reason(.input(0, axis: 1)) == "is summed over by Gemm of two computed values")
    #expect(ties.roles.isEmpty)
  }

  @Test func gemmErrorsAndUnknowns() throws {
    #expect(
      code { try OperatorCase("Gemm", inputs: [.float([2, 5]), .float([4, 3])]) } == "shape-mismatch")
    #expect(
      code { try OperatorCase("Gemm", inputs: [.float([2, 5, 1]), .float([5, 3])]) } == "shape-mismatch")
    let long = code { try OperatorCase("Gemm", inputs: [.float([2, 5]), .float([5, 3]), .float([4])]) }
    #expect(long == "shape-mismatch")
    let open = try OperatorCase("Gemm", inputs: [.named("batch k"), .weight([5, 3])])
    #expect(open.output.words == "batch 3")
    #expect(open.known.cost(open.signature).multiplyAccumulates == 15)
  }

  @Test func gemmConstantChannels() throws {
    let sample = try OperatorCase(
      "Gemm", [Attribute("beta", .float(0.5))], inputs: [.float([2, 5]), .weight([5, 3]), .weight([3])])
    #expect(sample.known.constantChannel([nil, 0, 3], sample.signature) == 1.5)
    #expect(sample.known.constantChannel([nil, 0, nil], sample.signature) == nil)
    #expect(sample.known.constantChannel([0, nil, 3], sample.signature) == nil)
    let bare = try OperatorCase("Gemm", inputs: [.float([2, 5]), .weight([5, 3])])
    #expect(bare.known.constantChannel([nil, 0], bare.signature) == 0)
  }

  // MARK: - MatMul

  @Test(arguments: [
    ("5", "5", ""), ("5", "5 3", "3"), ("2 5", "5", "2"), ("2 5", "5 3", "2 3"), ("n s 5", "5 3", "n s 3"),
    ("7 2 5", "7 5 3", "7 2 3"), ("7 1 2 5", "4 5 3", "7 4 2 3"), ("5", "7 5 3", "7 3"),
    ("b 4 s 5", "b 4 5 s", "b 4 s s"),
  ])
  func matMulShapes(_ left: String, _ right: String, _ expected: String) throws {
    #expect(try OperatorCase("MatMul", inputs: [.named(left), .named(right)]).output.words == expected)
  }

  @Test func matMulErrors() {
    for (left, right) in [("2 5", "4 3"), ("", "5"), ("2 2 5", "3 5 3")] {
      #expect(code { try OperatorCase("MatMul", inputs: [.named(left), .named(right)]) } == "shape-mismatch")
    }
  }

  @Test func matMulRoles() throws {
    let right = try OperatorCase("MatMul", inputs: [.float([2, 7, 5]), .weight([5, 3])]).ties()
    #expect(right.roles == [.input(1, axis: 0): .consumer, .input(1, axis: 1): .producer])
    #expect(right.partners(.input(0, axis: 2), on: .input(1, axis: 0)) == (0..<5).map { [$0] })
    let left = try OperatorCase("MatMul", inputs: [.weight([3, 5]), .float([5, 7])]).ties()
    #expect(left.roles == [.input(0, axis: 1): .consumer, .input(0, axis: 0): .producer])
    let stacked = try OperatorCase("MatMul", inputs: [.float([4, 7, 5]), .weight([4, 5, 3])]).ties()
    #expect(stacked.roles[.input(1, axis: 0)] == .follower)
    let computed = try OperatorCase("MatMul", inputs: [.float([4, 7, 5]), .float([4, 5, 3])]).ties()
    #expect(computed.roles.isEmpty)
    #expect(computed.reason(.input(1, axis: 1)) == "is summed over by MatMul of two computed values")
    #expect(computed.partners(.input(0, axis: 0), on: .output(0, axis: 0)) == (0..<4).map { [$0] })
  }

  @Test(arguments: [
    ([2, 5], [5, 3]), ([4, 2, 5], [5, 3]), ([4, 2, 5], [4, 5, 3]), ([4, 2, 5], [1, 5, 3]), ([2, 5], [5]),
  ])
  func matMulMasks(_ left: [Int], _ right: [Int]) throws {
    let inputs: [ValueFact?] = [.float(left.map { Dimension($0) }), .weight(right.map { Dimension($0) })]
    try checkMasks(OperatorCase("MatMul", inputs: inputs)) { inputs, _ in
      let (a, b) = (inputs[0]!, inputs[1]!)
      let (left, right) = (a.shape.count, b.shape.count)
      let free = right == 1 ? [] : [b.shape[right - 1]]
      return Numbers(Array(a.shape.dropLast()) + free) { at in
        (0..<a.shape[left - 1]).reduce(0) { sum, k in
          let batch = right == 3 ? [b.shape[0] == 1 ? 0 : at[0]] : []
          return sum + a[Array(at.prefix(left - 1)) + [k]]
            * b[batch + [k] + (right == 1 ? [] : [at[left - 1]])]
        }
      }
    }
  }

  @Test func matMulCosts() throws {
    let sample = try OperatorCase("MatMul", inputs: [.named("batch 7 5"), .weight([5, 3])])
    #expect(sample.known.cost(sample.signature).multiplyAccumulates == 7 * 5 * 3)
    #expect(sample.known.cost(sample.signature).parameterOperands == [1])
    let computed = try OperatorCase("MatMul", inputs: [.named("batch 4 7 5"), .named("batch 4 5 7")])
    #expect(computed.known.cost(computed.signature).multiplyAccumulates == 4 * 7 * 7 * 5)
    #expect(computed.known.cost(computed.signature).parameterOperands == [])
    #expect(sample.known.constantChannel([nil, 0], sample.signature) == 0)
    #expect(sample.known.constantChannel([0, nil], sample.signature) == nil)
  }

  // MARK: - Einsum

  @Test(arguments: [
    ("ij,jk->ik", ["2 5", "5 3"], "2 3"), ("bij , bjk -> bik", ["b 2 5", "b 5 3"], "b 2 3"),
    ("ij,jk", ["2 5", "5 3"], "2 3"),
    ("ba", ["2 5"], "5 2"), ("ii->i", ["4 4"], "4"), ("ii", ["4 4"], ""),
    ("...ij,...jk->...ik", ["7 4 2 5", "4 5 3"], "7 4 2 3"),
    ("...i->i...", ["7 4 2"], "2 7 4"), ("i...", ["7 4 2"], "4 2 7"),
  ])
  func einsumShapes(_ text: String, _ shapes: [String], _ expected: String) throws {
    let sample = try OperatorCase("Einsum", [Self.equation(text)], inputs: shapes.map { .named($0) })
    #expect(sample.output.words == expected)
  }

  @Test(arguments: [
    ("ij,jk->ik", ["2 5", "4 3"], "shape-mismatch"), ("ij,jk->ik", ["2 5"], "shape-mismatch"),
    ("ij->i", ["2 5 3"], "shape-mismatch"), ("ij->i", ["2"], "shape-mismatch"),
    ("ij->k", ["2 5"], "attribute-value"),
    ("ij->ii", ["2 5"], "attribute-value"), ("i1->i", ["2 5"], "attribute-value"),
    ("i->j->k", ["2"], "attribute-value"),
    ("......->", ["2"], "attribute-value"), ("i>i", ["2"], "attribute-value"),
    ("..i->i", ["2 2"], "attribute-value"),
  ])
  func einsumErrors(_ text: String, _ shapes: [String], _ expected: String) {
    let found = code { try OperatorCase("Einsum", [Self.equation(text)], inputs: shapes.map { .named($0) }) }
    #expect(found == expected)
  }

  @Test func einsumTies() throws {
    let dense = try OperatorCase(
      "Einsum", [Self.equation("bsi,io->bso")], inputs: [.float([2, 7, 5]), .weight([5, 3])])
    #expect(dense.ties().roles == [.input(1, axis: 0): .consumer, .input(1, axis: 1): .producer])
    #expect(dense.known.cost(dense.signature).multiplyAccumulates == 2 * 7 * 5 * 3)
    #expect(dense.known.constantChannel([nil, 0], dense.signature) == 0)
    try checkMasks(dense) { inputs, _ in
      Numbers([inputs[0]!.shape[0], inputs[0]!.shape[1], inputs[1]!.shape[1]]) { at in
        (0..<inputs[1]!.shape[0]).reduce(0) {
          $0 + inputs[0]![[at[0], at[1], $1]] * inputs[1]![[$1, at[2]]]
        }
      }
    }
    let shared = try OperatorCase(
      "Einsum", [Self.equation("bsi,bio->bso")], inputs: [.float([2, 7, 5]), .weight([2, 5, 3])])
    #expect(shared.ties().roles[.input(1, axis: 0)] == .follower)
    let scores = try OperatorCase(
      "Einsum", [Self.equation("bhqd,bhkd->bhqk")], inputs: [.float([2, 4, 7, 5]), .float([2, 4, 7, 5])]
    ).ties()
    #expect(scores.reason(.input(0, axis: 3)) == "is summed over by Einsum")
    #expect(scores.partners(.input(0, axis: 1), on: .output(0, axis: 1)) == (0..<4).map { [$0] })
    let diagonal = try OperatorCase("Einsum", [Self.equation("ii->i")], inputs: [.float([4, 4])]).ties()
    #expect(diagonal.free.isEmpty)
  }
}
