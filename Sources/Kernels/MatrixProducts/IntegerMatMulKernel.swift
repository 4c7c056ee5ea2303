/// Products of matrices of integers with broadcasting, ONNX `MatMul` and `MatMulInteger`; what overflows wraps.
///
/// ## Shapes    A […, m, k], B […, k, n], Y […, m, n]
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__MatMulInteger.html>
package final class IntegerMatMulKernel: Kernel {
  package let inputs: [TensorLayout?]
  package let outputs: [TensorLayout?]

  private let shape: MatMulShape

  package init(_ a: [Int], _ b: [Int]) {
    shape = MatMulShape(a, b)
    inputs = [TensorLayout(a, .integer), TensorLayout(b, .integer)]
    outputs = [TensorLayout(shape.outputDims, .integer)]
  }

  package func forward(_ memory: ForwardMemory) throws -> KernelTask {
    let a = try memory.inputs.integers(0)
    let b = try memory.inputs.integers(1)
    let y = try memory.outputs.integers(0)
    let (m, n, k, pairs) = (shape.m, shape.n, shape.k, shape.pairs)
    return {
      Parallel.run(pairs.count * m, grain: max(1, Grain.costly / max(n * k, 1))) { rows in
        for row in rows {
          let pair = pairs[row / m]
          let a = a + (pair.a * m + row % m) * k
          let b = b + pair.b * k * n
          let y = y + row * n
          y.update(repeating: 0, count: n)
          for index in 0..<k {
            let (factor, b) = (a[index], b + index * n)
            for column in 0..<n { y[column] &+= factor &* b[column] }
          }
        }
      }
    }
  }
}
