/// How far each row of a matrix lies from all others, [FD-SKD] Eq. 6: a filter near the median is replaceable.
///
///     GM_i = Σ_j ‖w_i − w_j‖₂        ‖w_i − w_j‖² = G_ii + G_jj − 2·G_ij, at least 0
///
/// ## Shapes    rows [n, k], row-major; result [n]
package enum GeometricMedian {
  /// Entries of G that are held at a time: of all, thousands of filters would take gigabytes.
  private static let blockSize = 1 << 18

  package static func scores(_ rows: [Double], n: Int, k: Int) -> [Double] {
    let gram = GramMatrix(rows, n: n, k: k)
    let squares = gram.diagonal
    let height = max(1, blockSize / max(n, 1))
    return stride(from: 0, to: n, by: height).flatMap { start in
      let block = start..<min(n, start + height)
      let products = gram.rows(block)
      return block.map { i in
        var sum = 0.0
        for j in 0..<n where j != i {
          sum += max(0, squares[i] + squares[j] - 2 * products[(i - start) * n + j]).squareRoot()
        }
        return sum
      }
    }
  }
}
