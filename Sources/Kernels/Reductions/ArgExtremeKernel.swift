/// The position of the largest or smallest element along an axis, ONNX `ArgMax` and `ArgMin`.
///
/// ## Shapes    X [outer, n, inner]; Y [outer, inner], integers
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__ArgMax.html>
package final class ArgExtremeKernel: Kernel {
  package let inputs: [TensorLayout?]
  package let outputs: [TensorLayout?]

  private let axis: SplitAxis
  private let scalar: ScalarType
  private let takesLargest: Bool
  private let selectsLast: Bool

  /// - Parameters:
  ///   - outputDims: X's dims with 1 for the axis, or without it.
  ///   - selectsLast: of several equal elements the last is taken.
  package init(
    _ dims: [Int], axis: Int, outputDims: [Int], of scalar: ScalarType, takesLargest: Bool, selectsLast: Bool
  ) {
    self.axis = SplitAxis(dims, axis)
    self.scalar = scalar
    self.takesLargest = takesLargest
    self.selectsLast = selectsLast
    inputs = [TensorLayout(dims, scalar)]
    outputs = [TensorLayout(outputDims, .integer)]
    precondition(outputDims.reduce(1, *) == self.axis.lineCount)
  }

  package func forward(_ memory: ForwardMemory) throws -> KernelTask {
    let y = try memory.outputs.integers(0)
    return scalar == .float
      ? task(try memory.inputs.floats(0), y) : task(try memory.inputs.integers(0), y)
  }

  private func task<Element: Comparable>(
    _ x: UnsafeMutablePointer<Element>, _ y: UnsafeMutablePointer<Int64>
  ) -> KernelTask {
    let (axis, takesLargest, selectsLast) = (axis, takesLargest, selectsLast)
    return {
      Parallel.run(axis.lineCount, grain: max(1, Grain.costly / max(axis.length, 1))) { range in
        for line in range {
          let line = (start: x + axis.start(line), y: y + line)
          var best = 0
          for index in 0..<axis.length {
            let (value, record) = (line.start[index * axis.inner], line.start[best * axis.inner])
            let isBetter = takesLargest ? value > record : value < record
            if isBetter || selectsLast && value == record { best = index }
          }
          line.y.pointee = Int64(best)
        }
      }
    }
  }
}
