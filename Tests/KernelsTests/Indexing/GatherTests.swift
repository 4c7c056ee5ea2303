import Kernels
import Testing

@Suite("Elements picked by index")
struct GatherTests {
  /// Indices in −length..<length.
  private func indices(_ dims: [Int], length: Int) -> NaiveTensor<Int64> {
    var numbers = TestNumbers(11)
    return NaiveTensor(dims) { _ in Int64(numbers.int(-length...length - 1)) }
  }

  private func fromFront(_ index: Int64, _ length: Int) -> Int { Int(index) + (index < 0 ? length : 0) }

  private func whole(_ x: NaiveTensor<Float>) -> Operand { .integers(x.values.map { Int64($0 * 1e6) }) }

  @Test(
    "Gather picks slices",
    arguments: [
      ([5], [3], 0), ([5], [], 0), ([4, 3], [2, 2], 0), ([4, 3], [7], 1), ([2, 5, 3], [2, 3], 1),
      ([2, 5, 3], [0], 1),
      ([1000, 33], [50, 21], 0), ([3, 500, 1], [15_000], 1), ([2, 1, 9], [4], 1),
    ] as [([Int], [Int], Int)])
  func gather(dims: [Int], picks: [Int], axis: Int) throws {
    let x = NaiveTensor<Float>.random(dims)
    let indices = indices(picks, length: dims[axis])
    let kernel = GatherKernel(dims, indices: picks, axis: axis)
    let expected = NaiveTensor<Float>(dims[..<axis] + picks + dims[(axis + 1)...]) { position in
      let index = fromFront(indices[Array(position[axis..<axis + picks.count])], dims[axis])
      return x[position[..<axis] + [index] + position[(axis + picks.count)...]]
    }
    let operands = [Operand(x), Operand(indices)]
    #expect(try KernelLaw.outputs(kernel, operands)[0].difference(from: Operand(expected)) == nil)
    try KernelLaw.checkAdjoint(kernel, operands)
    let integers = GatherKernel(dims, indices: picks, axis: axis, .integer)
    #expect(
      try KernelLaw.outputs(integers, [whole(x), Operand(indices)])[0].difference(from: whole(expected))
        == nil)
  }

  @Test(
    "GatherElements picks elements along an axis",
    arguments: [
      ([5], [3], 0), ([4, 3], [2, 3], 0), ([4, 3], [4, 7], 1), ([4, 3], [2, 2], 1),
      ([3, 5, 4], [2, 6, 3], 1),
      ([3, 5, 4], [3, 0, 4], 1), ([30, 41, 13], [30, 80, 13], 1), ([300, 41], [300, 120], 1),
      ([41, 300], [120, 299], 0),
    ] as [([Int], [Int], Int)])
  func gatherElements(dims: [Int], picks: [Int], axis: Int) throws {
    let x = NaiveTensor<Float>.random(dims)
    let indices = indices(picks, length: dims[axis])
    let expected = NaiveTensor<Float>(picks) { position in
      var source = position
      source[axis] = fromFront(indices[position], dims[axis])
      return x[source]
    }
    let kernel = GatherElementsKernel(dims, indices: picks, axis: axis)
    let operands = [Operand(x), Operand(indices)]
    #expect(try KernelLaw.outputs(kernel, operands)[0].difference(from: Operand(expected)) == nil)
    try KernelLaw.checkAdjoint(kernel, operands)
    let integers = GatherElementsKernel(dims, indices: picks, axis: axis, .integer)
    #expect(
      try KernelLaw.outputs(integers, [whole(x), Operand(indices)])[0].difference(from: whole(expected))
        == nil)
  }

  @Test(
    "GatherND picks slices by vectors of indices",
    arguments: [
      ([5], [4, 1], 0), ([3, 4], [5, 2], 0), ([3, 4], [5, 1], 0), ([3, 4], [2, 3, 1], 0),
      ([3, 4, 5], [2], 0),
      ([2, 4, 5], [2, 3, 1], 1), ([2, 4, 5], [2, 1], 1), ([2, 3, 4, 5], [2, 3, 6, 2], 2),
      ([2, 3], [4, 0], 0),
      ([30, 40, 17], [50, 51, 2], 0),
    ] as [([Int], [Int], Int)])
  func gatherND(dims: [Int], picks: [Int], batchRank: Int) throws {
    let x = NaiveTensor<Float>.random(dims)
    let width = picks[picks.count - 1]
    var numbers = TestNumbers(12)
    let indices = NaiveTensor<Int64>(picks) { position in
      let length = dims[batchRank + position[picks.count - 1]]
      return Int64(numbers.int(-length...length - 1))
    }
    let expected = NaiveTensor<Float>(picks.dropLast() + dims[(batchRank + width)...]) { position in
      let tuple = Array(position[..<(picks.count - 1)])
      let named = (0..<width).map { fromFront(indices[tuple + [$0]], dims[batchRank + $0]) }
      return x[position[..<batchRank] + named + position[(picks.count - 1)...]]
    }
    let kernel = GatherNDKernel(dims, indices: picks, batchRank: batchRank)
    #expect(
      try KernelLaw.outputs(kernel, [Operand(x), Operand(indices)])[0].difference(from: Operand(expected))
        == nil)
  }

  @Test("an index out of range is named", arguments: [3, -4, Int64.max, Int64.min])
  func outOfRange(index: Int64) {
    let x = Operand.floats([1, 2, 3])
    let message = "index \(index) (element 1) is out of range: axis 0 has 3"
    #expect(throws: KernelError(message)) {
      try KernelLaw.outputs(GatherKernel([3], indices: [2], axis: 0), [x, .integers([0, index])])
    }
    #expect(throws: KernelError(message)) {
      try KernelLaw.outputs(GatherElementsKernel([3], indices: [2], axis: 0), [x, .integers([0, index])])
    }
    #expect(throws: KernelError("index \(index) (vector 1) is out of range: axis 0 has 3")) {
      try KernelLaw.outputs(GatherNDKernel([3], indices: [2, 1]), [x, .integers([0, index])])
    }
  }

  @Test("OneHot marks the place of each index", arguments: [0, 1, 2])
  func oneHot(axis: Int) throws {
    let indices = NaiveTensor<Int64>([2, 3], [0, 4, -1, 5, -6, 2])
    let kernel = OneHotKernel(indices: [2, 3], depth: 5, axis: axis)
    var dims = [2, 3]
    dims.insert(5, at: axis)
    let expected = NaiveTensor<Float>(dims) { position in
      var source = position
      let k = source.remove(at: axis)
      let index = Int(indices[source])
      return (-5..<5).contains(index) && (index + 5) % 5 == k ? 7 : -1
    }
    #expect(
      try KernelLaw.outputs(kernel, [Operand(indices), nil, .floats([-1, 7])]) == [Operand(expected)])
    let integers = OneHotKernel(indices: [2, 3], depth: 5, axis: axis, .integer)
    #expect(
      try KernelLaw.outputs(integers, [Operand(indices), nil, .integers([-1, 7])])
        == [.integers(expected.values.map { Int64($0) })])
  }
}
