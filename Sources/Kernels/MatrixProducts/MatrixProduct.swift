import COpenBLAS

/// C = α·op(A)·op(B), or that added to C, for row-major matrices, on every thread of the pool.
///
/// The product is split into tiles that depend on the shape alone, since a BLAS may add in another order where it is
/// given fewer rows: the bits of the result do not depend on the number of threads. They do depend on the processor,
/// except where the product is to be reproducible: then plain loops add in the order of k.
///
/// ## Shapes    A [m, k], or [k, m] where it is transposed; B [k, n], or [n, k]; C [m, n]
struct MatrixProduct {
  let m: Int
  let n: Int
  let k: Int
  let transposesA: Bool
  let transposesB: Bool
  let isReproducible: Bool
  /// Rows, or columns where C is wider than high.
  private let splitsRows: Bool
  private let tileLength: Int
  let tileCount: Int

  init(
    m: Int, n: Int, k: Int, transposesA: Bool = false, transposesB: Bool = false, isReproducible: Bool = false
  ) {
    self.isReproducible = isReproducible
    self.m = m
    self.n = n
    self.k = k
    self.transposesA = transposesA
    self.transposesB = transposesB
    splitsRows = m >= n
    let length = max(m, n)
    // A tile is worth a call of its own from some millions of operations, and repays packing from 128 rows.
    let parts = max(1, min(16, length / 128, m * n * k / 2_000_000))
    tileLength = max((length / parts + 15) / 16 * 16, 1)
    tileCount = max(1, (length + tileLength - 1) / tileLength)
  }

  var isEmpty: Bool { m == 0 || n == 0 }

  /// Products that are worth a thread.
  var grain: Int { max(1, 200_000 * tileCount / max(m * n * k, 1)) }

  func runTile(
    _ tile: Int, alpha: Float, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>,
    _ c: UnsafeMutablePointer<Float>, accumulates: Bool
  ) {
    let start = tile * tileLength
    let count = min(tileLength, max(m, n) - start)
    guard !isEmpty else { return }
    let (rows, columns) = splitsRows ? (count, n) : (m, count)
    let aStart = splitsRows ? start * (transposesA ? 1 : k) : 0
    let bStart = splitsRows ? 0 : start * (transposesB ? k : 1)
    let cStart = splitsRows ? start * n : start
    if isReproducible {
      multiply(
        rows, columns, alpha: alpha, a + aStart, b + bStart, c + cStart, accumulates: accumulates)
      return
    }
    cblas_sgemm(
      CblasRowMajor, transposesA ? CblasTrans : CblasNoTrans, transposesB ? CblasTrans : CblasNoTrans,
      blasint(rows), blasint(columns), blasint(k), alpha, a + aStart, blasint(max(transposesA ? m : k, 1)),
      b + bStart, blasint(max(transposesB ? k : n, 1)), accumulates ? 1 : 0, c + cStart, blasint(n))
  }

  private func multiply(
    _ rows: Int, _ columns: Int, alpha: Float, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>,
    _ c: UnsafeMutablePointer<Float>, accumulates: Bool
  ) {
    let (aRow, aStep) = transposesA ? (1, m) : (k, 1)
    let (bRow, bStep) = transposesB ? (1, k) : (n, 1)
    for row in 0..<rows {
      let target = c + row * n
      if !accumulates { target.update(repeating: 0, count: columns) }
      for index in 0..<k {
        let factor = alpha * a[row * aRow + index * aStep]
        let source = b + index * bRow
        for column in 0..<columns { target[column] += factor * source[column * bStep] }
      }
    }
  }

  func run(
    alpha: Float = 1, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ c: UnsafeMutablePointer<Float>,
    accumulates: Bool = false
  ) {
    Parallel.run(tileCount, grain: grain) { tiles in
      for tile in tiles { runTile(tile, alpha: alpha, a, b, c, accumulates: accumulates) }
    }
  }
}

/// Products of many matrices of one shape, some of which are added up.
struct BatchedProduct {
  let product: MatrixProduct
  /// For each matrix of the result, which matrices of A and of B are multiplied for it.
  let terms: [[(a: Int, b: Int)]]

  func run(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ c: UnsafeMutablePointer<Float>
  ) {
    let (aCount, bCount, cCount) = (product.m * product.k, product.k * product.n, product.m * product.n)
    Parallel.run(terms.count * product.tileCount, grain: product.grain) { range in
      for index in range {
        let (batch, tile) = index.quotientAndRemainder(dividingBy: product.tileCount)
        if terms[batch].isEmpty, tile == 0 { (c + batch * cCount).update(repeating: 0, count: cCount) }
        var accumulates = false
        for term in terms[batch] {
          product.runTile(
            tile, alpha: 1, a + term.a * aCount, b + term.b * bCount, c + batch * cCount,
            accumulates: accumulates)
          accumulates = true
        }
      }
    }
  }
}
