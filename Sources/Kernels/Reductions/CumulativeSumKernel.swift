/// Running sums along an axis, ONNX `CumSum`, or running products, `CumProd`.
///
///     Y[i] = Σ j ≤ i  X[j]        exclusive: j < i        reverse: j ≥ i, or j > i
///
/// The gradient of a sum is the running sum of dY in the other direction; products have none.
///
/// ## Shapes    X and Y [outer, n, inner], floats or integers
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__CumSum.html>
package final class CumulativeSumKernel: DifferentiableKernel {
  package let inputs: [TensorLayout?]
  package let outputs: [TensorLayout?]
  package let overwritableInputs = [0]
  package let differentiableInputs: [Int]
  package let backwardReads = BackwardReads()

  private let axis: SplitAxis
  private let scalar: ScalarType
  private let exclusive: Bool
  private let reverse: Bool
  private let multiplies: Bool

  package init(
    _ dims: [Int], axis: Int, of scalar: ScalarType, exclusive: Bool, reverse: Bool, multiplies: Bool = false
  ) {
    self.multiplies = multiplies
    self.axis = SplitAxis(dims, axis)
    self.scalar = scalar
    self.exclusive = exclusive
    self.reverse = reverse
    inputs = [TensorLayout(dims, scalar)]
    outputs = inputs
    differentiableInputs = scalar == .float && !multiplies ? [0] : []
  }

  package func forward(_ memory: ForwardMemory) throws -> KernelTask {
    if scalar == .integer {
      let (x, y) = (try memory.inputs.integers(0), try memory.outputs.integers(0))
      return multiplies
        ? task(IntegerMultiplication.self, from: 1, x, y, reverse: reverse)
        : task(IntegerAddition.self, from: 0, x, y, reverse: reverse)
    }
    let (x, y) = (try memory.inputs.floats(0), try memory.outputs.floats(0))
    return multiplies
      ? task(Multiplication.self, from: 1, x, y, reverse: reverse)
      : task(Addition.self, from: 0, x, y, reverse: reverse)
  }

  package func backward(_ memory: BackwardMemory) throws -> KernelTask {
    guard memory.inputGradients[0] != nil else { return {} }
    return task(
      Addition.self, from: 0, try memory.outputGradients.floats(0), try memory.inputGradients.floats(0),
      reverse: !reverse)
  }

  private func task<F: BinaryFunctionOfNumbers>(
    _ function: F.Type, from start: F.Operand, _ x: UnsafeMutablePointer<F.Operand>,
    _ y: UnsafeMutablePointer<F.Operand>,
    reverse: Bool
  ) -> KernelTask where F.Operand == F.Result, F.Operand: Numeric {
    let (axis, exclusive) = (axis, exclusive)
    return {
      Parallel.run(axis.lineCount, grain: max(1, Grain.costly / max(axis.length, 1))) { range in
        for line in range {
          var position = axis.start(line) + (reverse ? (axis.length - 1) * axis.inner : 0)
          let step = reverse ? -axis.inner : axis.inner
          var total = start
          for _ in 0..<axis.length {
            let sum = F.value(total, x[position])
            y[position] = exclusive ? total : sum
            total = sum
            position &+= step
          }
        }
      }
    }
  }
}
