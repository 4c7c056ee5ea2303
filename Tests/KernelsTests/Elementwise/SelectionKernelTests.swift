import Kernels
import Testing

@Suite("Functions of three or more operands with broadcasting")
struct SelectionKernelTests {
  @Test(
    "Where takes one of two operands, and passes the gradient on to it",
    arguments: [
      ([3, 5], [3, 5], [3, 5]), ([3, 5], [], [5]), ([3, 5], [3, 1], []), ([3, 1], [3, 5], [5]),
      ([5], [3, 1], [1, 5]),
      ([2, 1, 5], [3, 1], [2, 3, 5]), ([1], [4], [4]),
    ])
  func whereKernel(condition: [Int], x: [Int], z: [Int]) throws {
    var random = RandomNumbers()
    let conditions = random.integers(condition.reduce(1, *), in: 0...1)
    let (xs, zs) = (random.floats(x.reduce(1, *)), random.floats(z.reduce(1, *)))
    let plain = { (values: [[Double]]) in
      plainBroadcast(zip([condition, x, z], values).map { PlainTensor($0, $1) }) {
        $0[0] != 0 ? $0[1] : $0[2]
      }
      .values
    }
    let inputs: [Numbers?] = [.integers(conditions), .floats(xs), .floats(zs)]
    let kernel = WhereKernel(condition: condition, x, z, of: .float)
    try expectForward(kernel, inputs, plain(inputs.map { $0?.doubles ?? [] }), tolerance: 0)
    try expectGradients(kernel, inputs, plain)
  }

  @Test("Where of integers")
  func whereOfIntegers() throws {
    let kernel = WhereKernel(condition: [3], [3], [], of: .integer)
    try expectForward(kernel, [.integers([1, 0, 1]), .integers([4, 5, 6]), .integers([-1])], [4, -1, 6])
  }

  @Test(
    "Sum, Mean, Max and Min of any number of operands", arguments: VariadicFunction.allCases,
    [[[3, 5]], [[3, 5], [3, 5]], [[3, 5], [5], [3, 1], []], [[2, 1], [7], [1, 1]]])
  func variadic(function: VariadicFunction, shapes: [[Int]]) throws {
    var random = RandomNumbers()
    let inputs = shapes.map { Numbers.floats(random.floats($0.reduce(1, *))) }
    let plain = { (values: [[Double]]) in
      plainBroadcast(zip(shapes, values).map { PlainTensor($0, $1) }) { operands in
        switch function {
        case .sum: operands.reduce(0, +)
        case .mean: operands.reduce(0, +) / Double(operands.count)
        case .max: operands.max() ?? 0
        case .min: operands.min() ?? 0
        }
      }.values
    }
    let kernel = VariadicKernel(function, shapes)
    try expectForward(kernel, inputs, plain(inputs.map(\.doubles)))
    try expectGradients(kernel, inputs, plain)
  }

  @Test("equal operands of a maximum share the gradient")
  func ties() throws {
    let run = try KernelRun(
      VariadicKernel(.max, [[1], [1], [1]]), [.floats([3]), .floats([1]), .floats([3])], weights: [[4]])
    #expect(run.gradients == [.floats([2]), .floats([0]), .floats([2])])
  }
}
