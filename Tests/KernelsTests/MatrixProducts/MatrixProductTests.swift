import Kernels
import Testing

@Suite("Products of matrices")
struct MatrixProductTests {
  private static func product(_ a: PlainTensor, _ b: PlainTensor) -> PlainTensor {
    let batch = PlainTensor.broadcastDims([Array(a.dims.dropLast(2)), Array(b.dims.dropLast(2))])
    let (m, k, n) = (a.dims[a.dims.count - 2], a.dims[a.dims.count - 1], b.dims[b.dims.count - 1])
    func element(_ tensor: PlainTensor, _ batch: ArraySlice<Int>, _ row: Int, _ column: Int) -> Double {
      let outer = zip(tensor.dims.dropLast(2), batch.suffix(tensor.dims.count - 2)).map { $0 == 1 ? 0 : $1 }
      return tensor[outer + [row, column]]
    }
    return PlainTensor(batch + [m, n]) { index in
      let (outer, row, column) = (index.dropLast(2), index[index.count - 2], index[index.count - 1])
      return (0..<k).reduce(0) { $0 + element(a, outer, row, $1) * element(b, outer, $1, column) }
    }
  }

  /// Plain, one matrix for many, many for one, both repeated, vectors, nothing.
  private static let shapes: [([Int], [Int])] = [
    ([3, 5], [5, 7]), ([2, 3, 3, 5], [2, 3, 5, 7]), ([4, 3, 5], [5, 7]), ([3, 5], [4, 5, 7]),
    ([2, 1, 3, 5], [4, 5, 2]),
    ([3, 5], [0, 5, 2]), ([2, 1, 1, 5], [1, 3, 5, 1]), ([1, 9], [9, 1]), ([4, 3, 5], [1, 5, 2]),
    ([0, 3, 5], [5, 2]), ([3, 0], [0, 2]),
  ]

  @Test("with broadcasting: values and gradients", arguments: shapes)
  func matMul(a: [Int], b: [Int]) throws {
    var random = RandomNumbers()
    let inputs = [random.floats(a.reduce(1, *)), random.floats(b.reduce(1, *))].map(Numbers.floats)
    let plain = { (values: [[Double]]) in
      Self.product(PlainTensor(a, values[0]), PlainTensor(b, values[1])).values
    }
    let kernel = MatMulKernel(a, b)
    try expectForward(kernel, inputs, plain(inputs.map(\.doubles)))
    try expectGradients(kernel, inputs, plain)
    let reproducible = MatMulKernel(a, b, isReproducible: true)
    try expectForward(reproducible, inputs, plain(inputs.map(\.doubles)))
  }

  @Test(
    "large ones are the same on two threads as on one",
    arguments: [([257, 190], [190, 131]), ([129, 300], [300, 513]), ([3, 150, 200], [200, 140])])
  func tiles(a: [Int], b: [Int]) throws {
    var random = RandomNumbers()
    let inputs = [random.floats(a.reduce(1, *)), random.floats(b.reduce(1, *))].map(Numbers.floats)
    let kernel = MatMulKernel(a, b)
    let rows = a.dropLast().reduce(1, *)
    let weights = random.floats(rows * b[1])
    let (one, two) = (
      try KernelRun(kernel, inputs, weights: [weights]),
      try KernelRun(kernel, inputs, threads: 2, weights: [weights])
    )
    #expect(one.outputs == two.outputs)
    #expect(one.gradients == two.gradients)
    let flat = [rows, a[a.count - 1]]
    let expected = Self.product(PlainTensor(flat, inputs[0].doubles), PlainTensor(b, inputs[1].doubles))
    expectClose(try #require(one.outputs[0]).doubles, expected.values, 1e-5)
  }

  @Test("of integers", arguments: shapes)
  func integers(a: [Int], b: [Int]) throws {
    var random = RandomNumbers()
    let inputs = [
      random.integers(a.reduce(1, *), in: -9...9), random.integers(b.reduce(1, *), in: -9...9),
    ]
    let expected = Self.product(
      PlainTensor(a, inputs[0].map(Double.init)), PlainTensor(b, inputs[1].map(Double.init)))
    try expectForward(
      IntegerMatMulKernel(a, b), inputs.map(Numbers.integers), expected.values, tolerance: 0)
  }

  @Test(
    "Gemm, transposed or not, with addends of every shape",
    arguments: [(false, false), (true, false), (false, true), (true, true)],
    [nil, [], [1], [7], [3, 1], [1, 7], [3, 7]] as [[Int]?])
  func gemm(transposes: (a: Bool, b: Bool), c: [Int]?) throws {
    var random = RandomNumbers()
    let (a, b) = (transposes.a ? [5, 3] : [3, 5], transposes.b ? [7, 5] : [5, 7])
    let inputs: [Numbers?] = [
      .floats(random.floats(15)), .floats(random.floats(35)),
      c.map { .floats(random.floats($0.reduce(1, *))) },
    ]
    for beta: Float in [1, -0.5] {
      let kernel = GemmKernel(
        a, b, c, alpha: 0.75, beta: beta, transposesA: transposes.a, transposesB: transposes.b)
      let plain = { (values: [[Double]]) in
        let (a, b) = (PlainTensor(a, values[0]), PlainTensor(b, values[1]))
        let addend = PlainTensor(c ?? [], c == nil ? [0] : values[2])
        return PlainTensor([3, 7]) { index in
          let sum = (0..<5).reduce(0.0) { sum, k in
            let left = transposes.a ? a[[k, index[0]]] : a[[index[0], k]]
            let right = transposes.b ? b[[index[1], k]] : b[[k, index[1]]]
            return sum + left * right
          }
          return 0.75 * sum + Double(beta) * addend.broadcast(index)
        }.values
      }
      try expectForward(kernel, inputs, plain(inputs.map { $0?.doubles ?? [] }))
      try expectGradients(kernel, inputs, plain)
    }
  }
}
