import COpenBLAS

/// The Gram matrix G = W·Wᵀ of a matrix's rows, the same to the last bit on every machine, some rows at a time.
///
/// A BLAS adds in an order of its own, and differently on every processor. So the matrix is split into two parts whose
/// entries are small multiples of one power of two: their products and sums are then exact in Double, in whatever
/// order they are added (error-free splitting; Ozaki, Ogita, Oishi and Rump, Numerical Algorithms 59, 2012, with two
/// parts). What lies below the second part is left out: under 2⁻³⁶ of the largest entry, for rows of up to 2¹⁷.
package struct GramMatrix {
  private let n: Int
  private let k: Int
  private let high: [Double]
  private let low: [Double]

  /// ## Shapes    rows [n, k], row-major
  package init(_ rows: [Double], n: Int, k: Int) {
    precondition(rows.count == n * k)
    self.n = n
    self.k = k
    // 2·bits + log2(k) ≤ 53: a sum of k products of `bits`-bit integers is exact.
    let bits = k > 0 ? (53 - (Int.bitWidth - (k - 1).leadingZeroBitCount)) / 2 : 0
    (high, low) = Self.split(rows, bits: bits)
  }

  /// ## Shapes    result [indices.count, n], row-major
  package func rows(_ indices: Range<Int>) -> [Double] {
    guard k > 0, !indices.isEmpty else { return [Double](repeating: 0, count: indices.count * n) }
    let mixed = product(high, low, indices)
    let turned = product(low, high, indices)
    let last = product(low, low, indices)
    var gram = product(high, high, indices)
    for index in gram.indices { gram[index] = gram[index] + (mixed[index] + turned[index]) + last[index] }
    return gram
  }

  /// G_ii.
  package var diagonal: [Double] {
    func dot(_ a: [Double], _ b: [Double], _ row: Int) -> Double {
      (row * k..<(row + 1) * k).reduce(0) { $0 + a[$1] * b[$1] }
    }
    return (0..<n).map { row in
      let mixed = dot(high, low, row)
      return dot(high, high, row) + (mixed + mixed) + dot(low, low, row)
    }
  }

  /// The matrix as high + low, both whole multiples of a power of two that `bits` bits can count.
  private static func split(_ rows: [Double], bits: Int) -> (high: [Double], low: [Double]) {
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

  /// Some rows of A·Bᵀ, exact for the parts above.
  private func product(_ a: [Double], _ b: [Double], _ indices: Range<Int>) -> [Double] {
    var result = [Double](repeating: 0, count: indices.count * n)
    a[indices.lowerBound * k..<indices.upperBound * k].withUnsafeBufferPointer { a in
      cblas_dgemm(
        CblasRowMajor, CblasNoTrans, CblasTrans, blasint(indices.count), blasint(n), blasint(k), 1,
        a.baseAddress, blasint(k), b, blasint(k), 0, &result, blasint(n))
    }
    return result
  }
}
