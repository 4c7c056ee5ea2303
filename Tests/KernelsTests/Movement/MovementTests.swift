import Kernels
import Testing

/// Kernels that move elements, compared with one subscript a time.
@Suite("Moved elements")
struct MovementTests {
  @Test(
    "Transpose puts axis p[a] of X at axis a",
    arguments: [
      ([5], [0]), ([3, 7], [1, 0]), ([2, 3, 5], [0, 2, 1]), ([2, 3, 5], [2, 1, 0]), ([2, 3, 5], [1, 2, 0]),
      ([2, 3, 5, 7], [0, 2, 3, 1]), ([2, 5, 7, 3], [0, 3, 1, 2]), ([2, 3, 5, 7], [3, 1, 0, 2]),
      ([2, 3, 4, 1, 5], [4, 3, 0, 2, 1]), ([2, 3, 67, 97], [0, 2, 3, 1]), ([3, 110, 111], [0, 2, 1]),
      ([201, 203], [1, 0]), ([3, 0, 2], [2, 0, 1]), ([], []), ([4, 3, 1, 13, 17, 19], [1, 0, 2, 4, 5, 3]),
    ] as [([Int], [Int])])
  func transpose(dims: [Int], permutation: [Int]) throws {
    try KernelLaw.checkMovement(
      { TransposeKernel(dims, permutation: permutation, $0) }, [dims],
      { x, position in
        var source = position
        for (axis, from) in permutation.enumerated() { source[from] = position[axis] }
        return x[0][source]
      })
  }

  @Test(
    "Slice reads start + j·step, upwards and downwards",
    arguments: [
      ([10], [2], [3], [3]), ([10], [9], [-1], [10]), ([10], [8], [-3], [3]), ([10], [4], [0], [5]),
      ([4, 5, 6], [0, 4, 1], [1, -2, 2], [4, 3, 3]), ([4, 5, 6], [3, 0, 0], [-1, 1, 1], [4, 5, 6]),
      ([4, 5], [0, 0], [1, 1], [0, 5]), ([30, 41, 33], [29, 1, 32], [-1, 1, -1], [30, 40, 33]),
      ([3, 140, 201], [0, 1, 0], [1, 2, 1], [3, 69, 201]), ([1, 40_001], [0, 1], [1, 1], [1, 40_000]),
    ] as [([Int], [Int], [Int], [Int])])
  func slice(dims: [Int], starts: [Int], steps: [Int], counts: [Int]) throws {
    try KernelLaw.checkMovement(
      { SliceKernel(dims, starts: starts, steps: steps, counts: counts, $0) }, [dims],
      { x, position in
        x[0][position.indices.map { starts[$0] + position[$0] * steps[$0] }]
      })
  }

  @Test("Axes read backwards", arguments: [[0], [1], [2], [0, 2], [0, 1, 2], []] as [[Int]])
  func flip(axes: [Int]) throws {
    let dims = [3, 4, 7]
    try KernelLaw.checkMovement(
      { SliceKernel(reversing: axes, of: dims, $0) }, [dims],
      { x, position in
        x[0][position.indices.map { axes.contains($0) ? dims[$0] - 1 - position[$0] : position[$0] }]
      })
  }

  @Test(
    "Concat puts tensors one after another",
    arguments: [
      (0, [2, 3, 5], [1, 4, 2]), (1, [2, 3, 5], [3, 1]), (2, [2, 3, 5], [5, 0, 7]),
      (1, [2, 3, 61, 63], [3, 2]),
      (0, [7], [7]),
    ] as [(Int, [Int], [Int])])
  func concat(axis: Int, dims: [Int], lengths: [Int]) throws {
    let inputs = lengths.map { length in
      var dims = dims
      dims[axis] = length
      return dims
    }
    try KernelLaw.checkMovement(
      { ConcatKernel(inputs, axis: axis, $0) }, inputs,
      { x, position in
        var (source, tensor) = (position, 0)
        while source[axis] >= lengths[tensor] {
          source[axis] -= lengths[tensor]
          tensor += 1
        }
        return x[tensor][source]
      })
  }

  @Test("Split cuts along an axis", arguments: [(0, [3, 3]), (1, [1, 4, 2]), (2, [5])] as [(Int, [Int])])
  func split(axis: Int, lengths: [Int]) throws {
    let dims = [6, 7, 5]
    let x = NaiveTensor<Float>.random(dims)
    let kernel = SplitKernel(dims, axis: axis, lengths: lengths)
    var start = 0
    for (output, layout) in zip(try KernelLaw.outputs(kernel, [Operand(x)]), kernel.outputs) {
      let part = NaiveTensor<Float>(try #require(layout?.dims)) { position in
        var source = position
        source[axis] += start
        return x[source]
      }
      #expect(output.difference(from: Operand(part)) == nil)
      start += part.dims[axis]
    }
    try KernelLaw.checkAdjoint(kernel, [Operand(x)])
  }

  @Test("a part of Split that no loss depends on has a gradient of 0")
  func splitWithoutLoss() throws {
    let kernel = SplitKernel([4], axis: 0, lengths: [1, 3])
    let gradients = try KernelLaw.gradients(kernel, [.floats([1, 2, 3, 4])], [.floats([5]), nil])
    #expect(gradients == [0: [5, 0, 0, 0]])
  }

  @Test(
    "Expand repeats along axes of length 1",
    arguments: [
      ([3], [3]), ([1], [9]), ([], [2, 3]), ([3, 1], [2, 3, 4]), ([1, 5, 1, 1], [3, 5, 7, 9]),
      ([2, 1, 4, 1], [2, 3, 4, 5]), ([1, 1, 30, 40], [5, 6, 30, 40]), ([1, 31, 1, 1], [6, 31, 13, 17]),
      ([1, 3], [0, 3]), ([1], [33_003]), ([33_001], [2, 33_001]),
    ] as [([Int], [Int])])
  func expand(dims: [Int], target: [Int]) throws {
    try KernelLaw.checkMovement(
      { ExpandKernel(dims, to: target, $0) }, [dims],
      { x, position in
        x[0][zip(position.suffix(dims.count), dims).map { $1 == 1 ? 0 : $0 }]
      })
  }

  @Test(
    "Tile repeats whole tensors",
    arguments: [
      ([5], [3]), ([2, 3], [1, 4]), ([2, 3], [3, 1]), ([2, 3, 4], [2, 3, 2]), ([2, 3], [0, 2]),
      ([1, 7], [5, 1]),
      ([13, 23, 25], [2, 1, 3]),
    ] as [([Int], [Int])])
  func tile(dims: [Int], repeats: [Int]) throws {
    try KernelLaw.checkMovement(
      { TileKernel(dims, repeats: repeats, $0) }, [dims],
      { x, position in
        x[0][zip(position, dims).map { $0 % $1 }]
      })
  }

  @Test("DepthToSpace lays out channels as blocks", arguments: [1, 2, 3])
  func depthToSpace(size: Int) throws {
    let dims = [2, 3 * size * size, 5, 7]
    try KernelLaw.checkMovement(
      { DepthToSpaceKernel(dims, blockSize: size, order: .depthColumnRow, $0) }, [dims],
      { x, position in
        let (c, h, w) = (position[1], position[2], position[3])
        let block = h % size * size + w % size
        return x[0][[position[0], block * 3 + c, h / size, w / size]]
      })
    try KernelLaw.checkMovement(
      { DepthToSpaceKernel(dims, blockSize: size, order: .columnRowDepth, $0) }, [dims],
      { x, position in
        let (c, h, w) = (position[1], position[2], position[3])
        let block = h % size * size + w % size
        return x[0][[position[0], c * size * size + block, h / size, w / size]]
      })
  }

  @Test("SpaceToDepth is what DepthToSpace undoes", arguments: [1, 2, 3])
  func spaceToDepth(size: Int) throws {
    let dims = [2, 3, 5 * size, 7 * size]
    try KernelLaw.checkMovement(
      { SpaceToDepthKernel(dims, blockSize: size, $0) }, [dims],
      { x, position in
        let (block, c) = position[1].quotientAndRemainder(dividingBy: 3)
        return x[0][
          [position[0], c, position[2] * size + block / size, position[3] * size + block % size]]
      })
  }

  @Test("Trilu keeps a triangle", arguments: [(3, 5), (5, 3), (1, 1), (90, 95)], [-4, -1, 0, 2, 9])
  func trilu(size: (Int, Int), k: Int) throws {
    let dims = [2, size.0, size.1]
    for upper in [true, false] {
      try KernelLaw.checkMovement(
        { TriluKernel(dims, upper: upper, diagonal: k, $0) }, [dims],
        { x, position in
          let distance = position[2] - position[1]
          return (upper ? distance >= k : distance <= k) ? x[0][position] : 0
        })
      // The same with k as an operand.
      let x = Operand(NaiveTensor<Float>.random(dims))
      let computed = [x, .integers([Int64(k)])]
      #expect(
        try KernelLaw.outputs(TriluKernel(dims, upper: upper, diagonal: nil), computed)
          == KernelLaw.outputs(TriluKernel(dims, upper: upper, diagonal: k), [x]))
      try KernelLaw.checkAdjoint(TriluKernel(dims, upper: upper, diagonal: nil), computed)
    }
  }

  @Test(
    "ReverseSequence turns each sequence over",
    arguments: [
      ([5, 4], 0, 1), ([4, 5], 1, 0), ([5, 4, 3], 0, 1), ([4, 5, 3], 1, 0), ([5, 2, 4, 3], 0, 2),
      ([3, 4, 5], 2, 1),
      ([20, 30, 60], 0, 1),
    ] as [([Int], Int, Int)])
  func reverseSequence(dims: [Int], time: Int, batch: Int) throws {
    let x = NaiveTensor<Float>.random(dims)
    let lengths = (0..<dims[batch]).map { Int64(($0 * 3 + dims[time]) % (dims[time] + 1)) }
    let kernel = ReverseSequenceKernel(dims, timeAxis: time, batchAxis: batch)
    let expected = NaiveTensor<Float>(dims) { position in
      let length = Int(lengths[position[batch]])
      var source = position
      if position[time] < length { source[time] = length - 1 - position[time] }
      return x[source]
    }
    #expect(try KernelLaw.outputs(kernel, [Operand(x), .integers(lengths)]) == [Operand(expected)])
    try KernelLaw.checkAdjoint(kernel, [Operand(x), .integers(lengths)])
  }

  @Test("ReverseSequence refuses a length that the axis does not have")
  func reverseSequenceOutOfRange() {
    let kernel = ReverseSequenceKernel([2, 2], timeAxis: 0, batchAxis: 1)
    #expect(throws: KernelError("sequence 1 has length 3, the axis has 2")) {
      try KernelLaw.outputs(kernel, [.floats([1, 2, 3, 4]), .integers([1, 3])])
    }
  }

  @Test("kernels that move nothing share the memory of their input")
  func aliases() throws {
    #expect(try ReshapeKernel([2, 3], to: [6]).alias == 0)
    #expect(throws: KernelError.self) { try ReshapeKernel([2, 3], to: [7]) }
    #expect(TransposeKernel([2, 1, 3], permutation: [1, 0, 2]).alias == 0)
    #expect(TransposeKernel([2, 3], permutation: [1, 0]).alias == nil)
    #expect(SliceKernel([4], starts: [0], steps: [1], counts: [4]).alias == 0)
    #expect(SliceKernel([4], starts: [1], steps: [1], counts: [3]).alias == nil)
    #expect(ExpandKernel([2, 3], to: [1, 2, 3]).alias == 0)
    #expect(TileKernel([3], repeats: [2]).alias == nil)
    #expect(ConcatKernel([[2, 3]], axis: 0).alias == 0)
    #expect(PadKernel([2], begins: [0], ends: [0], mode: .edge).alias == 0)
  }

  @Test("Reshape copies where memory is not shared")
  func reshape() throws {
    try KernelLaw.checkMovement(
      { try ReshapeKernel([2, 3, 5], to: [30], $0) }, [[2, 3, 5]], { x, position in x[0].values[position[0]] }
    )
  }
}
