import COpenBLAS

/// The Gram matrix G = W·Wᵀ of a matrix's rows, the same to the last bit on every machine.
///
/// A BLAS adds in an order of its own, and differently on every processor. So the matrix is split into two parts whose
/// entries are small multiples of one power of two: their products and sums are then exact in Double, in whatever
/// order they are added (error-free splitting; Ozaki, Ogita, Oishi and Rump, Numerical Algorithms 59, 2012, with two
/// parts). What lies below the second part is left out: under 2⁻³⁶ of the largest entry, for rows of up to 2¹⁷.
package enum GramMatrix {
  /// ## Shapes    rows [n, k], row-major; result [n, n], symmetric
  package static func of(_ rows: [Double], n: Int, k: Int) -> [Double] {
    precondition(rows.count == n * k)
    guard n > 0, k > 0 else { return [Double](repeating: 0, count: n * n) }
    // 2·bits + log2(k) ≤ 53: a sum of k products of `bits`-bit integers is exact.
    let bits = (53 - (Int.bitWidth - (k - 1).leadingZeroBitCount)) / 2
    let parts = split(rows, n: n, k: k, bits: bits)
    let high = product(parts.high, parts.high, n: n, k: k)
    let mixed = product(parts.high, parts.low, n: n, k: k)
    let low = product(parts.low, parts.low, n: n, k: k)
    var gram = [Double](repeating: 0, count: n * n)
    for i in 0..<n {
      for j in 0..<n {
        gram[i * n + j] = high[i * n + j] + (mixed[i * n + j] + mixed[j * n + i]) + low[i * n + j]
      }
    }
    return gram
  }

  /// The matrix as high + low, both whole multiples of a power of two that `bits` bits can count.
  private static func split(
    _ rows: [Double], n: Int, k: Int, bits: Int
  ) -> (high: [Double], low: [Double]) {
    var high = [Double](repeating: 0, count: rows.count)
    var low = high
    // One unit for the whole matrix, so that sums over products of different rows share it too.
    let largest = rows.reduce(0) { max($0, abs($1)) }
    guard largest > 0 else { return (high, low) }
    let unit = Double(sign: .plus, exponent: largest.exponent + 1 - bits, significand: 1)
    let finer = unit * Double(sign: .plus, exponent: -bits, significand: 1)
    for index in rows.indices {
      let coarse = (rows[index] / unit).rounded(.toNearestOrEven) * unit
      high[index] = coarse
      low[index] = ((rows[index] - coarse) / finer).rounded(.toNearestOrEven) * finer
    }
    return (high, low)
  }

  /// A·Bᵀ, exact for the parts above.
  private static func product(_ a: [Double], _ b: [Double], n: Int, k: Int) -> [Double] {
    var result = [Double](repeating: 0, count: n * n)
    cblas_dgemm(
      CblasRowMajor, CblasNoTrans, CblasTrans, blasint(n), blasint(n), blasint(k), 1, a, blasint(k), b,
      blasint(k),
      0, &result, blasint(n))
    return result
  }
}
