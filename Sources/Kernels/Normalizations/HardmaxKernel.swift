/// 1 for the first of the largest elements along an axis, 0 for all others, ONNX `Hardmax`.
///
/// ## Shapes    X and Y [outer, n, inner]
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__Hardmax.html>
package final class HardmaxKernel: Kernel {
  package let inputs: [TensorLayout?]
  package let outputs: [TensorLayout?]
  package let overwritableInputs = [0]

  private let axis: SplitAxis

  package init(_ dims: [Int], axis: Int) {
    self.axis = SplitAxis(dims, axis)
    inputs = [TensorLayout(dims)]
    outputs = inputs
  }

  package func forward(_ memory: ForwardMemory) throws -> KernelTask {
    let x = try memory.inputs.floats(0)
    let y = try memory.outputs.floats(0)
    return { [axis] in
      Parallel.run(axis.lineCount, grain: max(1, Grain.costly / max(axis.length, 1))) { lines in
        for line in lines {
          let start = axis.start(line)
          var best = start
          for index in 0..<axis.length where x[start + index * axis.inner] > x[best] {
            best = start + index * axis.inner
          }
          for index in 0..<axis.length { y[start + index * axis.inner] = 0 }
          if axis.length > 0 { y[best] = 1 }
        }
      }
    }
  }
}
