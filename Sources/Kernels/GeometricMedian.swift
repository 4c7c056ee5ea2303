/// How far each row of a matrix lies from all others, [FD-SKD] Eq. 6: a filter near the median is replaceable.
///
///     GM_i = Σ_j ‖w_i − w_j‖₂        ‖w_i − w_j‖² = G_ii + G_jj − 2·G_ij, at least 0
///
/// ## Shapes    rows [n, k], row-major; result [n]
package enum GeometricMedian {
  package static func scores(_ rows: [Double], n: Int, k: Int) -> [Double] {
    let gram = GramMatrix.of(rows, n: n, k: k)
    return (0..<n).map { i in
      var sum = 0.0
      for j in 0..<n where j != i {
        sum += max(0, gram[i * n + i] + gram[j * n + j] - 2 * gram[i * n + j]).squareRoot()
      }
      return sum
    }
  }
}
