import COpenBLAS

/// A matrix product with a bias, on OpenBLAS; rows are shared out among the threads.
///
///     Y = α·A′·B′ + β·C        A′ = Aᵀ if transA, B′ = Bᵀ if transB
///
/// ## Shapes    A′ [M, K], B′ [K, N], C broadcast to [M, N], Y [M, N]
package final class GemmKernel: DifferentiableKernel {
  package let inputs: [TensorLayout?]
  package let outputs: [TensorLayout?]
  package let differentiableInputs: [Int]
  package let backwardReads = BackwardReads(inputs: [0, 1])

  private let (m, n, k): (Int, Int, Int)
  private let alpha: Float
  private let beta: Float
  private let transA: Bool
  private let transB: Bool
  /// How far C's elements lie apart along rows and columns; 0 where it is broadcast.
  private let biasStrides: (row: Int, column: Int)

  package init(
    a: [Int], b: [Int], c: [Int]?, alpha: Float = 1, beta: Float = 1, transA: Bool = false,
    transB: Bool = false
  ) {
    (m, k) = transA ? (a[1], a[0]) : (a[0], a[1])
    n = transB ? b[0] : b[1]
    self.alpha = alpha
    self.beta = beta
    self.transA = transA
    self.transB = transB
    let padded = [Int](repeating: 1, count: 2 - (c?.count ?? 2)) + (c ?? [1, 1])
    biasStrides = (padded[0] == 1 ? 0 : padded[1], padded[1] == 1 ? 0 : 1)
    inputs = [TensorLayout(a), TensorLayout(b), c.map { TensorLayout($0) }]
    outputs = [TensorLayout([m, n])]
    differentiableInputs = c == nil ? [0, 1] : [0, 1, 2]
  }

  package func forward(_ memory: ForwardMemory) throws -> KernelTask {
    let (a, b, y) = (
      try memory.inputs.bound(0, Float.self), try memory.inputs.bound(1, Float.self),
      try memory.outputs.bound(0, Float.self)
    )
    let c = inputs[2] == nil ? nil : try memory.inputs.bound(2, Float.self)
    return { [self] in
      Parallel.run(m, grain: Self.grain(n * k)) { rows in
        for row in rows {
          let target = y + row * n
          guard let c else {
            target.update(repeating: 0, count: n)
            continue
          }
          let bias = c + row * biasStrides.row
          for column in 0..<n { target[column] = beta * bias[column * biasStrides.column] }
        }
        cblas_sgemm(
          CblasRowMajor, transA ? CblasTrans : CblasNoTrans, transB ? CblasTrans : CblasNoTrans,
          blasint(rows.count), blasint(n), blasint(k), alpha, a + rows.lowerBound * (transA ? 1 : k),
          blasint(transA ? m : k), b, blasint(transB ? k : n), 1, y + rows.lowerBound * n, blasint(n))
      }
    }
  }

  package func backward(_ memory: BackwardMemory) throws -> KernelTask {
    let (a, b, dy) = (
      try memory.inputs.bound(0, Float.self), try memory.inputs.bound(1, Float.self),
      try memory.outputGradients.bound(0, Float.self)
    )
    let da = memory.inputGradients[0]?.assumingMemoryBound(to: Float.self)
    let db = memory.inputGradients[1]?.assumingMemoryBound(to: Float.self)
    let dc = inputs[2] == nil ? nil : memory.inputGradients[2]?.assumingMemoryBound(to: Float.self)
    return { [self] in
      if let da {
        // dA′ = α·dY·B′ᵀ, stored transposed where A is.
        if transA {
          multiply(b, transB, dy, true, into: da, rows: k, columns: m, depth: n, transB ? k : n, n)
        } else {
          multiply(dy, false, b, !transB, into: da, rows: m, columns: k, depth: n, n, transB ? k : n)
        }
      }
      if let db {
        // dB′ = α·A′ᵀ·dY
        if transB {
          multiply(dy, true, a, transA, into: db, rows: n, columns: k, depth: m, n, transA ? m : k)
        } else {
          multiply(a, !transA, dy, false, into: db, rows: k, columns: n, depth: m, transA ? m : k, n)
        }
      }
      if let dc { sumBias(dy, into: dc) }
    }
  }

  /// α·L·R, with L and R transposed if so marked; the last two arguments are their stored row lengths.
  private func multiply(
    _ left: UnsafeMutablePointer<Float>, _ transLeft: Bool, _ right: UnsafeMutablePointer<Float>,
    _ transRight: Bool, into target: UnsafeMutablePointer<Float>, rows: Int, columns: Int, depth: Int,
    _ leftStride: Int, _ rightStride: Int
  ) {
    Parallel.run(rows, grain: Self.grain(columns * depth)) { range in
      cblas_sgemm(
        CblasRowMajor, transLeft ? CblasTrans : CblasNoTrans, transRight ? CblasTrans : CblasNoTrans,
        blasint(range.count), blasint(columns), blasint(depth), alpha,
        left + range.lowerBound * (transLeft ? 1 : leftStride), blasint(leftStride), right,
        blasint(rightStride),
        0, target + range.lowerBound * columns, blasint(columns))
    }
  }

  private func sumBias(_ dy: UnsafeMutablePointer<Float>, into dc: UnsafeMutablePointer<Float>) {
    dc.update(repeating: 0, count: inputs[2]?.elementCount ?? 0)
    for row in 0..<m {
      for column in 0..<n {
        dc[row * biasStrides.row + column * biasStrides.column] += beta * dy[row * n + column]
      }
    }
  }

  /// Rows that are worth a thread, where one row takes `work` multiplications.
  private static func grain(_ work: Int) -> Int { Swift.max(1, (1 << 16) / Swift.max(work, 1)) }
}
