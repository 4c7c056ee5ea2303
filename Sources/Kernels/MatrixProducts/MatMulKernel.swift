/// Products of matrices, with NumPy's broadcasting of all axes but the last two, ONNX `MatMul`.
///
///     Y[…] = A[…]·B[…]        dA = Σ over repeated axes of dY·Bᵀ        dB = Σ Aᵀ·dY
///
/// ## Shapes    A […, m, k], B […, k, n], Y […, m, n]; a vector is a matrix of one row, or one column
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__MatMul.html>
package final class MatMulKernel: DifferentiableKernel {
  package let inputs: [TensorLayout?]
  package let outputs: [TensorLayout?]
  package let differentiableInputs = [0, 1]
  package let backwardReads = BackwardReads(inputs: [0, 1])

  private let forwardProduct: BatchedProduct
  private let gradientOfA: BatchedProduct
  private let gradientOfB: BatchedProduct

  /// - Parameter isReproducible: Y has the same bits on every machine.
  package init(_ a: [Int], _ b: [Int], isReproducible: Bool = false) {
    let shape = MatMulShape(a, b)
    inputs = [TensorLayout(a), TensorLayout(b)]
    outputs = [TensorLayout(shape.outputDims)]
    let (m, n, k) = (shape.m, shape.n, shape.k)
    forwardProduct = BatchedProduct(
      product: MatrixProduct(m: m, n: n, k: k, isReproducible: isReproducible),
      terms: shape.pairs.map { [(a: $0.a, b: $0.b)] })
    // Products that belong to one matrix of an operand are added up.
    var ofA = [[(a: Int, b: Int)]](repeating: [], count: shape.aCount)
    var ofB = [[(a: Int, b: Int)]](repeating: [], count: shape.bCount)
    for (result, pair) in shape.pairs.enumerated() {
      ofA[pair.a].append((a: result, b: pair.b))
      ofB[pair.b].append((a: pair.a, b: result))
    }
    gradientOfA = BatchedProduct(product: MatrixProduct(m: m, n: k, k: n, transposesB: true), terms: ofA)
    gradientOfB = BatchedProduct(product: MatrixProduct(m: k, n: n, k: m, transposesA: true), terms: ofB)
  }

  package func forward(_ memory: ForwardMemory) throws -> KernelTask {
    let a = try memory.inputs.floats(0)
    let b = try memory.inputs.floats(1)
    let y = try memory.outputs.floats(0)
    return { [forwardProduct] in forwardProduct.run(a, b, y) }
  }

  package func backward(_ memory: BackwardMemory) throws -> KernelTask {
    let dy = try memory.outputGradients.floats(0)
    var tasks: [KernelTask] = []
    if memory.inputGradients[0] != nil {
      let b = try memory.inputs.floats(1)
      let da = try memory.inputGradients.floats(0)
      tasks.append { [gradientOfA] in gradientOfA.run(dy, b, da) }
    }
    if memory.inputGradients[1] != nil {
      let a = try memory.inputs.floats(0)
      let db = try memory.inputGradients.floats(1)
      tasks.append { [gradientOfB] in gradientOfB.run(a, dy, db) }
    }
    return { [tasks] in for task in tasks { try task() } }
  }
}

/// The matrices that a product with broadcasting multiplies.
struct MatMulShape {
  let m: Int
  let n: Int
  let k: Int
  let aCount: Int
  let bCount: Int
  let outputDims: [Int]
  /// For each matrix of the result, the matrices of A and B.
  let pairs: [(a: Int, b: Int)]

  init(_ a: [Int], _ b: [Int]) {
    precondition(a.count >= 2 && b.count >= 2 && a[a.count - 1] == b[b.count - 2])
    let aBatch = Array(a.dropLast(2))
    let bBatch = Array(b.dropLast(2))
    let batch = BroadcastPlan.dims([aBatch, bBatch])
    k = a[a.count - 1]
    n = b[b.count - 1]
    bCount = bBatch.reduce(1, *)
    outputDims = batch + [a[a.count - 2], n]
    let aWhole = aBatch.reduce(1, *)
    guard bCount != 1 || aWhole == 0 else {
      // One matrix B: all matrices A are one high matrix.
      m = aWhole * a[a.count - 2]
      aCount = 1
      pairs = [(a: 0, b: 0)]
      return
    }
    m = a[a.count - 2]
    aCount = aWhole
    let aGrid = OffsetGrid(batch, StridedAxes.strides(of: aBatch, in: batch))
    let bGrid = OffsetGrid(batch, StridedAxes.strides(of: bBatch, in: batch))
    pairs = (0..<aGrid.count).map { (a: aGrid.offset($0), b: bGrid.offset($0)) }
  }
}
