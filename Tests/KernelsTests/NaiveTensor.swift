import Testing

/// A tensor as the simplest program would have it: what a kernel is compared with.
struct NaiveTensor<Scalar: Equatable>: Equatable {
  var dims: [Int]
  var values: [Scalar]

  init(_ dims: [Int], _ values: [Scalar]) {
    self.dims = dims
    self.values = values
  }

  /// Every element from its position.
  init(_ dims: [Int], _ element: ([Int]) -> Scalar) {
    self.dims = dims
    values = (0..<dims.reduce(1, *)).map { element(Self.position($0, dims)) }
  }

  subscript(_ position: [Int]) -> Scalar {
    get { values[index(position)] }
    set { values[index(position)] = newValue }
  }

  private func index(_ position: [Int]) -> Int {
    var index = 0
    for axis in 0..<dims.count { index = index * dims[axis] + position[axis] }
    return index
  }

  static func position(_ index: Int, _ dims: [Int]) -> [Int] {
    var (rest, position) = (index, dims)
    for axis in dims.indices.reversed() {
      (rest, position[axis]) = rest.quotientAndRemainder(dividingBy: dims[axis])
    }
    return position
  }
}

extension NaiveTensor where Scalar == Float {
  static func random(_ dims: [Int], seed: UInt64 = 1) -> Self {
    var numbers = TestNumbers(seed)
    return Self(dims, (0..<dims.reduce(1, *)).map { _ in numbers.float() })
  }
}

/// The same numbers in every run.
struct TestNumbers: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  /// In −1…1.
  mutating func float() -> Float { Float.random(in: -1...1, using: &self) }

  mutating func int(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }
}

/// Whether two lists of numbers agree, relative to the larger numbers in them.
func expectClose(
  _ values: [Float], _ expected: [Double], within tolerance: Double = 1e-5,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(values.count == expected.count, sourceLocation: sourceLocation)
  let scale = max(1e-6, expected.lazy.map { abs($0) }.max() ?? 0)
  let worst = zip(values, expected).enumerated().max { a, b in
    abs(Double(a.element.0) - a.element.1) < abs(Double(b.element.0) - b.element.1)
  }
  guard let worst else { return }
  let error = abs(Double(worst.element.0) - worst.element.1)
  #expect(
    error <= tolerance * scale, "element \(worst.offset): \(worst.element.0), not \(worst.element.1)",
    sourceLocation: sourceLocation)
}
