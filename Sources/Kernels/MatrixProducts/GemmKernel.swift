/// A product of two matrices with an addend, ONNX `Gemm`.
///
///     Y = α·A′·B′ + β·C        dA′ = α·dY·B′ᵀ        dB′ = α·A′ᵀ·dY        dC = β·Σ over repeated axes of dY
///
/// ## Shapes    A′ [m, k] and B′ [k, n], after their transposition; C broadcast to Y [m, n]
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__Gemm.html>
package final class GemmKernel: DifferentiableKernel {
  package let inputs: [TensorLayout?]
  package let outputs: [TensorLayout?]
  package let differentiableInputs: [Int]
  package let backwardReads = BackwardReads(inputs: [0, 1])
  package let scratchByteCount: Int

  private let alpha: Float
  private let beta: Float
  private let product: MatrixProduct
  private let addend: (plan: BroadcastPlan, gradient: BroadcastGradient)?

  /// - Parameter isReproducible: Y has the same bits on every machine.
  package init(
    _ a: [Int], _ b: [Int], _ c: [Int]?, alpha: Float, beta: Float, transposesA: Bool, transposesB: Bool,
    isReproducible: Bool = false
  ) {
    let (m, k) = transposesA ? (a[1], a[0]) : (a[0], a[1])
    let n = transposesB ? b[0] : b[1]
    precondition(k == (transposesB ? b[1] : b[0]))
    self.alpha = alpha
    self.beta = beta
    product = MatrixProduct(
      m: m, n: n, k: k, transposesA: transposesA, transposesB: transposesB, isReproducible: isReproducible)
    addend = c.map { c in
      let plan = BroadcastPlan([c, [m, n]])
      return (plan, BroadcastGradient(plan, operand: 0))
    }
    inputs = [TensorLayout(a), TensorLayout(b), c.map { TensorLayout($0) }]
    outputs = [TensorLayout([m, n])]
    differentiableInputs = c == nil ? [0, 1] : [0, 1, 2]
    scratchByteCount = addend?.gradient.scratchByteCount ?? 0
  }

  package func forward(_ memory: ForwardMemory) throws -> KernelTask {
    let a = try memory.inputs.floats(0)
    let b = try memory.inputs.floats(1)
    let y = try memory.outputs.floats(0)
    let (alpha, beta, product) = (alpha, beta, product)
    guard let plan = addend?.plan else { return { product.run(alpha: alpha, a, b, y) } }
    let c = try memory.inputs.floats(2)
    return {
      Parallel.run(plan.count, grain: Grain.cheap) { range in
        plan.forEachRow(in: range) { row, column, count in
          let c = c + plan.offset(0, row: row, column: column)
          let y = y + (row * plan.rowLength + column)
          if plan.steps[0] == 0 {
            y.update(repeating: beta * c.pointee, count: count)
          } else {
            for index in 0..<count { y[index] = beta * c[index] }
          }
        }
      }
      product.run(alpha: alpha, a, b, y, accumulates: true)
    }
  }

  package func backward(_ memory: BackwardMemory) throws -> KernelTask {
    let dy = try memory.outputGradients.floats(0)
    let (m, n, k) = (product.m, product.n, product.k)
    let (alpha, beta, turnsA, turnsB) = (alpha, beta, product.transposesA, product.transposesB)
    var tasks: [KernelTask] = []
    if memory.inputGradients[0] != nil {
      let b = try memory.inputs.floats(1)
      let da = try memory.inputGradients.floats(0)
      let product =
        turnsA
        ? MatrixProduct(m: k, n: m, k: n, transposesA: turnsB, transposesB: true)
        : MatrixProduct(m: m, n: k, k: n, transposesB: !turnsB)
      tasks.append { turnsA ? product.run(alpha: alpha, b, dy, da) : product.run(alpha: alpha, dy, b, da) }
    }
    if memory.inputGradients[1] != nil {
      let a = try memory.inputs.floats(0)
      let db = try memory.inputGradients.floats(1)
      let product =
        turnsB
        ? MatrixProduct(m: n, n: k, k: m, transposesA: true, transposesB: turnsA)
        : MatrixProduct(m: k, n: n, k: m, transposesA: !turnsA)
      tasks.append { turnsB ? product.run(alpha: alpha, dy, a, db) : product.run(alpha: alpha, a, dy, db) }
    }
    if let addend, memory.inputGradients[2] != nil {
      let plan = addend.plan
      tasks.append(
        try addend.gradient.task(
          into: try memory.inputGradients.floats(2), scratch: memory.scratch, of: beta == 1 ? dy : nil
        ) { row, column, count, target in
          let dy = dy + (row * plan.rowLength + column)
          for index in 0..<count { target[index] = beta * dy[index] }
        })
    }
    return { [tasks] in for task in tasks { try task() } }
  }
}
