import Kernels
import Testing

@Suite("Geometric medians")
struct GeometricMedianTests {
  /// Rows of numbers that no short sum represents exactly.
  private func rows(_ n: Int, _ k: Int) -> [Double] {
    (0..<n * k).map { Double(Float(($0 * 7919 % 1013) - 500) / 997) }
  }

  @Test(
    "the Gram matrix agrees with sums of products",
    arguments: [(1, 1), (3, 1), (4, 27), (9, 144), (16, 4608)])
  func gramAgrees(n: Int, k: Int) {
    let rows = rows(n, k)
    let matrix = GramMatrix(rows, n: n, k: k)
    let gram = matrix.rows(0..<n)
    #expect(matrix.diagonal == (0..<n).map { gram[$0 * n + $0] })
    #expect(matrix.rows(n / 2..<n) == Array(gram[(n / 2 * n)...]))
    for i in 0..<n {
      for j in 0..<n {
        let expected = (0..<k).reduce(0) { $0 + rows[i * k + $1] * rows[j * k + $1] }
        #expect(abs(gram[i * n + j] - expected) <= 1e-9 * Double(k))
        #expect(gram[i * n + j] == gram[j * n + i])
      }
    }
  }

  @Test("the Gram matrix does not depend on the order of the columns, and so not on how a BLAS adds")
  func gramIsExact() {
    let (n, k) = (6, 576)
    let rows = rows(n, k)
    let turned = (0..<n).flatMap { rows[$0 * k..<($0 + 1) * k].reversed() }
    #expect(GramMatrix(rows, n: n, k: k).rows(0..<n) == GramMatrix(turned, n: n, k: k).rows(0..<n))
  }

  @Test("the row in the middle has the lowest score")
  func middleIsLowest() {
    let scores = GeometricMedian.scores([0, 0, 3, 4, 6, 8], n: 3, k: 2)
    #expect(scores == [15, 10, 15])
  }

  @Test("equal rows are at distance zero")
  func equalRows() { #expect(GeometricMedian.scores([1, 2, 1, 2], n: 2, k: 2) == [0, 0]) }

  @Test("a matrix of zeros has no distances")
  func zeros() { #expect(GeometricMedian.scores([0, 0, 0, 0], n: 2, k: 2) == [0, 0]) }
}
