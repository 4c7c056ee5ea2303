import Kernels
import Testing

@Suite("Matrix products")
struct GemmTests {
  private struct Product: Sendable, CustomStringConvertible {
    var m = 3
    var n = 4
    var k = 5
    var transA = false
    var transB = false
    var alpha: Float = 1
    var beta: Float = 1
    var c: [Int]?

    var description: String {
      "\(m)×\(k)\(transA ? "ᵀ" : "")·\(k)×\(n)\(transB ? "ᵀ" : "") α \(alpha) β \(beta) C \(c ?? [-1])"
    }
    var kernel: GemmKernel {
      GemmKernel(
        transA ? [k, m] : [m, k], transB ? [n, k] : [k, n], c, alpha: alpha, beta: beta,
        transposesA: transA, transposesB: transB)
    }
    var operands: [[Float]?] {
      [
        randomFloats(m * k, seed: 1), randomFloats(k * n, seed: 2),
        c.map { randomFloats($0.product, seed: 3) },
      ]
    }

    private func atA(_ row: Int, _ depth: Int) -> Int { transA ? depth * m + row : row * k + depth }
    private func atB(_ depth: Int, _ column: Int) -> Int { transB ? column * k + depth : depth * n + column }
    private func atC(_ row: Int, _ column: Int) -> Int {
      let c = [Int](repeating: 1, count: 2 - (c?.count ?? 0)) + (c ?? [])
      return (c[0] == 1 ? 0 : row) * c[1] + (c[1] == 1 ? 0 : column)
    }

    func forward(_ operands: [[Float]?]) -> [Double] {
      let (a, b) = ((operands[0] ?? []).wide, (operands[1] ?? []).wide)
      return (0..<m * n).map { index in
        let (row, column) = index.quotientAndRemainder(dividingBy: n)
        let sum = (0..<k).reduce(0) { $0 + a[atA(row, $1)] * b[atB($1, column)] }
        return Double(alpha) * sum + Double(beta) * Double(operands[2]?[atC(row, column)] ?? 0)
      }
    }

    func backward(_ operands: [[Float]?], _ gradient: [Float]) -> [[Double]] {
      let (a, b) = ((operands[0] ?? []).wide, (operands[1] ?? []).wide)
      var result = operands.map { [Double](repeating: 0, count: $0?.count ?? 0) }
      for (index, value) in gradient.enumerated() {
        let (row, column) = index.quotientAndRemainder(dividingBy: n)
        for depth in 0..<k {
          result[0][atA(row, depth)] += Double(alpha * value) * b[atB(depth, column)]
          result[1][atB(depth, column)] += Double(alpha * value) * a[atA(row, depth)]
        }
        if c != nil { result[2][atC(row, column)] += Double(beta * value) }
      }
      return result
    }
  }

  private static let transposes: [Product] = [(3, 4, 5), (1, 7, 3), (17, 1, 33), (70, 41, 65), (5, 5, 1)]
    .flatMap { m, n, k in
      [(false, false), (false, true), (true, false), (true, true)].map {
        Product(m: m, n: n, k: k, transA: $0, transB: $1)
      }
    }
  private static let biases: [Product] = [[4], [1, 4], [3, 1], [3, 4], [], [1], [1, 1]].flatMap { c in
    [(1, 1), (0.5, -2), (0, 1), (1, 0)].map { Product(alpha: $0, beta: $1, c: c) }
  }

  private func check(_ product: Product) throws {
    let operands = product.operands
    let gradient = randomFloats(product.m * product.n, seed: 7)
    let expected = product.backward(operands, gradient)
    for threads in [1, 2] {
      Parallel.setThreads(threads)
      defer { Parallel.setThreads(1) }
      let bound = try NativeKernel(product.kernel, operands)
      expectClose(try bound.forward(), product.forward(operands))
      let inputs = product.c == nil ? [0, 1] : [0, 1, 2]
      for wanted in [inputs] + inputs.map({ [$0] }) {
        let gradients = try bound.backward(gradient, wanted: wanted)
        #expect(gradients.keys.sorted() == wanted)
        for (index, values) in gradients { expectClose(values, expected[index]) }
      }
    }
  }

  @Test("A′·B′, either transposed, and its gradients", arguments: transposes)
  private func transposed(_ product: Product) throws { try check(product) }

  @Test("α·A·B + β·C, with C broadcast, and its gradients", arguments: biases)
  private func biased(_ product: Product) throws { try check(product) }

  @Test("A layer of a network: α, β and a bias at once")
  func layer() throws {
    try check(Product(m: 64, n: 33, k: 50, transB: true, alpha: 0.25, beta: 3, c: [33]))
    try check(Product(m: 64, n: 33, k: 50, transA: true, alpha: 0.25, beta: 3, c: [64, 1]))
  }

  @Test("A product over no terms is β·C, and has gradients of 0")
  func empty() throws {
    for (transA, transB) in [(false, false), (true, true)] {
      try check(Product(k: 0, transA: transA, transB: transB, c: [4]))
      try check(Product(m: 0, transA: transA, transB: transB, c: [4]))
    }
  }
}
