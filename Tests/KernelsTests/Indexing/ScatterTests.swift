import Kernels
import Testing

@Suite("Elements put to places that indices name")
struct ScatterTests {
  private static let reductions: [ScatterReduction] = [.replace, .add, .multiply, .maximum, .minimum]

  private func fromFront(_ index: Int64, _ length: Int) -> Int { Int(index) + (index < 0 ? length : 0) }

  private func reduce<Scalar: Comparable & Numeric>(_ a: Scalar, _ b: Scalar, _ reduction: ScatterReduction)
    -> Scalar
  {
    switch reduction {
    case .replace: b
    case .add: a + b
    case .multiply: a * b
    case .maximum: Swift.max(a, b)
    case .minimum: Swift.min(a, b)
    }
  }

  /// The same reduction of floats and of whole numbers.
  private func check(
    _ make: (ScalarType) -> any Kernel, _ x: NaiveTensor<Float>, _ indices: NaiveTensor<Int64>,
    _ u: NaiveTensor<Float>, _ reduction: ScatterReduction, places: [Int]
  ) throws {
    var expected = x.values
    var whole = x.values.map { Int64($0 * 100) }
    let wholeUpdates = u.values.map { Int64($0 * 100) }
    let operands: [Operand?] = [.integers(whole), Operand(indices), .integers(wholeUpdates)]
    for (element, place) in places.enumerated() {
      expected[place] = reduce(expected[place], u.values[element], reduction)
      whole[place] = reduce(whole[place], wholeUpdates[element], reduction)
    }
    let outputs = try KernelLaw.outputs(make(.float), [Operand(x), Operand(indices), Operand(u)])
    #expect(outputs[0].difference(from: .floats(expected)) == nil)
    let integers = try KernelLaw.outputs(make(.integer), operands)
    #expect(integers[0].difference(from: .integers(whole)) == nil)
  }

  /// Where each element of `indices` goes, as a number in row-major order.
  private func places(_ dims: [Int], _ indices: NaiveTensor<Int64>, axis: Int) -> [Int] {
    indices.values.indices.map { element in
      var place = NaiveTensor<Int64>.position(element, indices.dims)
      place[axis] = fromFront(indices.values[element], dims[axis])
      return zip(place, dims).reduce(0) { $0 * $1.1 + $1.0 }
    }
  }

  private static let elementCases: [([Int], [Int], Int)] = [
    ([5], [3], 0), ([4, 3], [2, 3], 0), ([4, 3], [4, 5], 1), ([3, 5, 4], [2, 6, 3], 1), ([3, 5], [0, 5], 0),
    ([300, 41], [300, 80], 1), ([41, 300], [80, 299], 0),
  ]

  @Test("ScatterElements goes along an axis", arguments: elementCases, reductions)
  func scatterElements(shape: ([Int], [Int], Int), reduction: ScatterReduction) throws {
    let (dims, picks, axis) = shape
    var numbers = TestNumbers(13)
    // Several updates for one place are among them: they come in order.
    let indices = NaiveTensor<Int64>(picks) { _ in Int64(numbers.int(-dims[axis]...dims[axis] - 1)) }
    try check(
      { ScatterElementsKernel(dims, indices: picks, axis: axis, reduction: reduction, $0) },
      .random(dims), indices, .random(picks, seed: 2), reduction, places: places(dims, indices, axis: axis))
  }

  @Test("ScatterElements carries gradients", arguments: elementCases)
  func scatterElementsGradients(dims: [Int], picks: [Int], axis: Int) throws {
    var numbers = TestNumbers(14)
    let any = NaiveTensor<Int64>(picks) { _ in Int64(numbers.int(-dims[axis]...dims[axis] - 1)) }
    // Indices along a line that differ, for what replaces.
    var fewer = picks
    fewer[axis] = min(picks[axis], dims[axis])
    let distinct = NaiveTensor<Int64>(fewer) { position in
      let others = position.reduce(0, +) - position[axis]
      return Int64((position[axis] + others) % dims[axis] - (others % 2) * dims[axis])
    }
    for (reduction, indices) in [(ScatterReduction.add, any), (.replace, distinct)] {
      let kernel = ScatterElementsKernel(dims, indices: indices.dims, axis: axis, reduction: reduction)
      try KernelLaw.checkAdjoint(
        kernel,
        [Operand(NaiveTensor<Float>.random(dims)), Operand(indices), Operand(.random(indices.dims, seed: 3))])
    }
  }

  private static let sliceCases: [([Int], [Int])] = [
    ([5], [4, 1]), ([3, 4], [5, 2]), ([3, 4], [5, 1]), ([3, 4, 5], [2, 3, 2]), ([2, 3], [2, 0]),
    ([3, 4], [0, 1]),
    ([60, 40, 17], [50, 51, 2]), ([70, 999], [60, 1]),
  ]

  private func tuples(_ dims: [Int], _ picks: [Int], distinct: Bool) -> NaiveTensor<Int64> {
    var numbers = TestNumbers(15)
    let width = picks[picks.count - 1]
    let slices = dims[..<width].reduce(1, *)
    return NaiveTensor(picks) { position in
      let k = position[picks.count - 1]
      guard distinct else { return Int64(numbers.int(-dims[k]...dims[k] - 1)) }
      let tuple = zip(position, picks).dropLast().reduce(0) { $0 * $1.1 + $1.0 }
      return Int64(NaiveTensor<Int64>.position(tuple % slices, Array(dims[..<width]))[k])
    }
  }

  @Test("ScatterND goes by vectors of indices", arguments: sliceCases, reductions)
  func scatterND(shape: ([Int], [Int]), reduction: ScatterReduction) throws {
    let (dims, picks) = shape
    let indices = tuples(dims, picks, distinct: false)
    let width = picks[picks.count - 1]
    let length = dims[width...].reduce(1, *)
    let count = picks.dropLast().reduce(1, *)
    let places = (0..<count * length).map { element in
      let tuple = element / length
      let slice = (0..<width).reduce(0) { slice, k in
        slice * dims[k] + fromFront(indices.values[tuple * width + k], dims[k])
      }
      return slice * length + element % length
    }
    try check(
      { ScatterNDKernel(dims, indices: picks, reduction: reduction, $0) },
      .random(dims), indices, .random(picks.dropLast() + dims[width...], seed: 2), reduction, places: places)
  }

  @Test("ScatterND carries gradients", arguments: sliceCases)
  func scatterNDGradients(dims: [Int], picks: [Int]) throws {
    let width = picks[picks.count - 1]
    let slices = dims[..<width].reduce(1, *)
    for reduction in [ScatterReduction.add, .replace] {
      let count = picks.dropLast().reduce(1, *)
      if reduction == .replace && count > slices { continue }
      let indices = tuples(dims, picks, distinct: reduction == .replace)
      try KernelLaw.checkAdjoint(
        ScatterNDKernel(dims, indices: picks, reduction: reduction),
        [
          Operand(NaiveTensor<Float>.random(dims)), Operand(indices),
          Operand(.random(picks.dropLast() + dims[width...], seed: 3)),
        ])
    }
  }

  @Test("an index out of range is named")
  func outOfRange() {
    #expect(throws: KernelError("index 3 (element 1) is out of range: axis 0 has 3")) {
      try KernelLaw.outputs(
        ScatterElementsKernel([3], indices: [2], axis: 0, reduction: .replace),
        [.floats([1, 2, 3]), .integers([0, 3]), .floats([4, 5])])
    }
    #expect(throws: KernelError("index -4 (vector 0) is out of range: axis 0 has 3")) {
      try KernelLaw.outputs(
        ScatterNDKernel([3], indices: [1, 1], reduction: .add),
        [.floats([1, 2, 3]), .integers([-4]), .floats([4])])
    }
  }
}
