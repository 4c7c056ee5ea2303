import GraphIR
import TestSupport
import Testing

/// **Cut = slice** of GatherND and ScatterND with constant indices.
@Suite("Laws of vectors of indices") struct IndexVectorLawTests {
  private static let indices: [(shape: [Int], values: [Int])] = [
    ([4, 1], [3, 1, -2, 3]), ([1, 1], [2]), ([3, 2], [0, 3, 0, 1, 0, 4]), ([1, 3, 2], [1, 3, 1, -1, 1, 0]),
    ([2, 2, 2], [0, 1, 0, 3, 2, 1, 2, 3]), ([2, 2, 1], [0, 1, 2, 3]), ([3, 2], [0, 3, 1, 1, 2, 4]),
    ([2, 2, 3], [0, 1, 0, 0, 1, 1, 2, 1, 0, 2, 1, 1]),
  ]
  private static let data = [4, 5, 3]

  private static func fact(_ shape: [Int], _ values: [Int]) -> ValueFact {
    var fact = ValueFact.counting(shape)
    fact.content = values.map { ContentElement(Dimension($0)) }
    fact.isConstantDerived = true
    return fact
  }

  private static func dimensions(_ shape: [Int]) -> [Dimension] { shape.map { Dimension($0) } }

  @Test(arguments: indices)
  func gather(_ indices: (shape: [Int], values: [Int])) throws {
    let sample = try OperatorCase(
      "GatherND", inputs: [.float(Self.dimensions(Self.data)), Self.fact(indices.shape, indices.values)])
    try check(sample) { operands, indices in
      let (data, width) = (operands[0]!, indices.shape[indices.shape.count - 1])
      let rank = indices.shape.count - 1
      return Numbers(Array(indices.shape.dropLast()) + Array(data.shape[width...])) { position in
        let vector = (0..<width).map { place(indices, Array(position[..<rank]), $0, data.shape) }
        return data[vector + position[rank...]]
      }
    }
  }

  @Test(arguments: indices)
  func scatter(_ indices: (shape: [Int], values: [Int])) throws {
    let width = indices.shape[indices.shape.count - 1]
    let updates = Array(indices.shape.dropLast()) + Self.data[width...]
    let sample = try OperatorCase(
      "ScatterND",
      inputs: [
        .float(Self.dimensions(Self.data)), Self.fact(indices.shape, indices.values),
        .float(Self.dimensions(updates)),
      ])
    try check(sample) { operands, indices in
      var result = operands[0]!
      let updates = operands[2]!
      for position in Numbers.positions(updates.shape) {
        let rank = indices.shape.count - 1
        let vector = (0..<width).map { place(indices, Array(position[..<rank]), $0, result.shape) }
        result[vector + position[rank...]] = updates[position]
      }
      return result
    }
  }

  @Test func whatFollows() throws {
    let data = ValueFact.float([4, 5, 3])
    let rows = try OperatorCase("GatherND", inputs: [data, Self.fact([3, 2], [0, 3, 0, 1, 0, 4])])
    #expect(rows.ties().partners(.output(0, axis: 0), on: .input(0, axis: 1)) == [[3], [1], [4]])
    #expect(rows.ties().reason(.input(0, axis: 0)) == "is looked up, index by index")
    let both = try OperatorCase("GatherND", inputs: [data, Self.fact([2, 2, 2], [0, 1, 0, 3, 2, 1, 2, 3])])
    #expect(both.ties().partners(.output(0, axis: 0), on: .input(0, axis: 0)) == [[0], [2]])
    #expect(both.ties().partners(.output(0, axis: 1), on: .input(0, axis: 1)) == [[1], [3]])
    let batched = try OperatorCase(
      "GatherND", [Attribute("batch_dims", .int(1))], inputs: [data, Self.fact([4, 1], [0, 1, 0, 1])])
    #expect(batched.ties().reason(.input(0, axis: 1)) == "is looked up, index by index")
  }

  /// Where component `component` of the vector at `position` points to.
  private func place(_ indices: ValueFact.Grid, _ position: [Int], _ component: Int, _ data: [Int]) -> Int {
    let width = indices.shape[indices.shape.count - 1]
    let vector = zip(position, indices.shape).reduce(0) { $0 * $1.1 + $1.0 }
    let index = indices.values[vector * width + component]
    return index < 0 ? index + data[component] : index
  }

  private func check(_ sample: OperatorCase, _ formula: ([Numbers?], ValueFact.Grid) -> Numbers) throws {
    let inputs = sample.signature.inputs.enumerated().map { index, fact in
      fact?.knownShape.map { Numbers($0, seed: UInt64(index) + 3) }
    }
    for way in 0..<(sample.ties().choices.max() ?? 1) {
      let free = sample.ties([0: way, 1: way]).free
      let removals = free + [free.indices.filter { $0 % 2 == 0 }.flatMap { free[$0] }]
      for removal in removals {
        var survivors: [OperandAxis: [Int]] = [:]
        for (axis, slots) in Dictionary(grouping: removal, by: \.axis) {
          let gone = Set(slots.map(\.index))
          survivors[axis] = (0..<(sample.signature.length(axis) ?? 0)).filter { !gone.contains($0) }
        }
        guard survivors.values.allSatisfy({ !$0.isEmpty }) else { continue }
        let cut = try sample.cut(keeping: survivors)
        let sliced = inputs.enumerated().map { operand, numbers in
          numbers?.sliced { survivors[.input(operand, axis: $0)] }
        }
        let wanted = formula(inputs, try #require(sample.signature.input(1)?.grid))
          .sliced { survivors[.output(0, axis: $0)] }
        #expect(try formula(sliced, #require(cut.signature.input(1)?.grid)) == wanted, "\(survivors)")
      }
    }
  }
}

extension ValueFact {
  typealias Grid = (shape: [Int], values: [Int])

  fileprivate var grid: Grid? {
    guard let shape = knownShape, let values = knownContent else { return nil }
    return (shape, values)
  }
}
