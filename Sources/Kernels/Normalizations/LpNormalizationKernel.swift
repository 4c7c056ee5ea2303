/// Lines along an axis over their norm, ONNX `LpNormalization` with p = 1 or 2.
///
///     Y = X / ‖X‖        dX = (dY − u·Σ dY·Y) / ‖X‖        u = sign X for p = 1, Y for p = 2
///
/// A line of zeros stays one, and has no gradient.
///
/// ## Shapes    X and Y [outer, n, inner]
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__LpNormalization.html>
package final class LpNormalizationKernel: DifferentiableKernel {
  package let inputs: [TensorLayout?]
  package let outputs: [TensorLayout?]
  package let overwritableInputs = [0]
  package let differentiableInputs = [0]
  package let backwardReads = BackwardReads(outputs: [0])
  /// The norm of every line.
  package let workspaceByteCount: Int

  private let axis: SplitAxis
  private let isEuclidean: Bool

  package init(_ dims: [Int], axis: Int, p: Int) {
    precondition(p == 1 || p == 2)
    self.axis = SplitAxis(dims, axis)
    isEuclidean = p == 2
    inputs = [TensorLayout(dims)]
    outputs = inputs
    workspaceByteCount = self.axis.lineCount * MemoryLayout<Float>.stride
  }

  private var grain: Int { max(1, Grain.costly / max(axis.length, 1)) }

  package func forward(_ memory: ForwardMemory) throws -> KernelTask {
    let x = try memory.inputs.floats(0)
    let y = try memory.outputs.floats(0)
    let norms = try memory.workspace.floats()
    let (axis, isEuclidean, grain) = (axis, isEuclidean, grain)
    return {
      Parallel.run(axis.lineCount, grain: grain) { lines in
        for line in lines {
          let (x, y) = (x + axis.start(line), y + axis.start(line))
          var total: Float = 0
          for index in 0..<axis.length {
            let value = x[index * axis.inner]
            total += isEuclidean ? value * value : abs(value)
          }
          let norm = isEuclidean ? total.squareRoot() : total
          norms[line] = norm
          let scale = norm == 0 ? 0 : 1 / norm
          for index in 0..<axis.length { y[index * axis.inner] = x[index * axis.inner] * scale }
        }
      }
    }
  }

  package func backward(_ memory: BackwardMemory) throws -> KernelTask {
    guard memory.inputGradients[0] != nil else { return {} }
    let y = try memory.outputs.floats(0)
    let dy = try memory.outputGradients.floats(0)
    let dx = try memory.inputGradients.floats(0)
    let norms = try memory.workspace.floats()
    let (axis, isEuclidean, grain) = (axis, isEuclidean, grain)
    return {
      Parallel.run(axis.lineCount, grain: grain) { lines in
        for line in lines {
          let start = axis.start(line)
          let (y, dy, dx) = (y + start, dy + start, dx + start)
          var total: Float = 0
          for index in 0..<axis.length { total += dy[index * axis.inner] * y[index * axis.inner] }
          let scale = norms[line] == 0 ? 0 : 1 / norms[line]
          for index in 0..<axis.length {
            let position = index * axis.inner
            let direction = isEuclidean ? y[position] : Signum().value(y[position])
            dx[position] = (dy[position] - direction * total) * scale
          }
        }
      }
    }
  }
}
