import GraphIR
import TestSupport
import Testing

/// A tensor of numbers for operators written out naively, straight from their formulas.
struct Numbers: Equatable {
  var shape: [Int]
  var values: [Double]

  init(_ shape: [Int], _ element: ([Int]) -> Double) {
    self.shape = shape
    values = Self.positions(shape).map(element)
  }

  /// Numbers between -1 and 1 that look random; never zero.
  init(_ shape: [Int], seed: UInt64) {
    var state = seed &* 0x9e37_79b9_7f4a_7c15 | 1
    self.init(shape) { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(Int(state >> 40) - (1 << 23)) / Double(1 << 23) + 1e-9
    }
  }

  static func positions(_ shape: [Int]) -> [[Int]] {
    shape.reduce([[]]) { prefixes, length in prefixes.flatMap { prefix in (0..<length).map { prefix + [$0] } }
    }
  }

  subscript(position: [Int]) -> Double {
    get { values[index(position)] }
    set { values[index(position)] = newValue }
  }

  /// 0 outside, as padding is.
  func padded(_ position: [Int]) -> Double {
    zip(position, shape).allSatisfy { (0..<$1).contains($0) } ? self[position] : 0
  }

  private func index(_ position: [Int]) -> Int { zip(position, shape).reduce(0) { $0 * $1.1 + $1.0 } }

  func sliced(_ survivors: (Int) -> [Int]?) -> Numbers {
    let kept = shape.indices.map { survivors($0) ?? Array(0..<shape[$0]) }
    return Numbers(kept.map(\.count)) { position in self[position.indices.map { kept[$0][position[$0]] }] }
  }

  func zeroed(_ gone: (Int) -> Set<Int>) -> Numbers {
    Numbers(shape) { position in
      position.indices.contains { gone($0).contains(position[$0]) } ? 0 : self[position]
    }
  }
}

/// An operator's formula: operands, attributes, the result.
typealias Formula = ([Numbers?], [Attribute]) -> Numbers

/// **Cut = mask**: for every class of slots that an operator lets go, in every way to tie, the node with
/// sliced operands, mended as the operator asks, computes the slice of what it computes with those slots of
/// its operands zero.
///
/// - Returns: how many classes may go, by way.
@discardableResult
func checkMasks(
  _ sample: OperatorCase, _ formula: Formula, sourceLocation: SourceLocation = #_sourceLocation
) throws -> [Int] {
  let inputs = sample.signature.inputs.enumerated().map { index, fact in
    fact?.knownShape.map { Numbers($0, seed: UInt64(index) + 3) }
  }
  #expect(
    formula(inputs, sample.attributes).shape == sample.output.knownShape, sourceLocation: sourceLocation)
  return try (0..<(sample.ties().choices.max() ?? 1)).map { way in
    let free = sample.ties([0: way]).free
    let removals = free + [free.indices.filter { $0 % 2 == 0 }.flatMap { free[$0] }]
    for removal in removals {
      let gone = Dictionary(grouping: removal, by: \.axis).mapValues { Set($0.map(\.index)) }
      var survivors: [OperandAxis: [Int]] = [:]
      for (axis, slots) in gone {
        survivors[axis] = (0..<(sample.signature.length(axis) ?? 0)).filter { !slots.contains($0) }
      }
      guard survivors.values.allSatisfy({ !$0.isEmpty }) else { continue }
      let masked = inputs.enumerated().map { operand, numbers in
        numbers?.zeroed { gone[.input(operand, axis: $0)] ?? [] }
      }
      let wanted = formula(masked, sample.attributes).sliced { survivors[.output(0, axis: $0)] }
      let cut = try sample.cut(keeping: survivors)
      let found = formula(
        inputs.enumerated().map { operand, numbers in
          numbers?.sliced { survivors[.input(operand, axis: $0)] }
        }, cut.attributes)
      #expect(found.shape == cut.output.knownShape, sourceLocation: sourceLocation)
      #expect(found.shape == wanted.shape, "\(survivors)", sourceLocation: sourceLocation)
      let error = zip(found.values, wanted.values).map { abs($0 - $1) }.max() ?? 0
      #expect(error < 1e-9, "\(survivors)", sourceLocation: sourceLocation)
    }
    return free.count
  }
}

extension [Attribute] {
  func int(_ name: String, or fallback: Int) -> Int {
    if case .int(let value)? = first(where: { $0.name == name })?.value { Int(value) } else { fallback }
  }
}

extension ValueFact {
  /// A float tensor that depends on constants alone.
  static func weight(_ shape: [Dimension]) -> ValueFact {
    var fact = ValueFact.float(shape)
    fact.isConstantDerived = true
    return fact
  }

  /// A float constant.
  static func constant(_ shape: [Int], _ values: [Float]) throws -> ValueFact {
    var fact = weight(shape.map { Dimension($0) })
    fact.constant = Tensor(elementType: .float, dims: shape, payload: .raw(try Bytes(copying: values)))
    return fact
  }

  /// The shape in words: `batch 4 8 8`.
  static func named(_ shape: String) -> ValueFact {
    .float(shape.split(separator: " ").map { Int($0).map { Dimension($0) } ?? Dimension(symbol: String($0)) })
  }

  /// The shape in words.
  var words: String { shape.map { $0.map(\.description).joined(separator: " ") } ?? "unknown" }
}

/// The code of the error that `body` throws.
func code(of body: () throws -> OperatorCase) -> String? {
  do {
    _ = try body()
    return nil
  } catch { return (error as? CompileError)?.code }
}
