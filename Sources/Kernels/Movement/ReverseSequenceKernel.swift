/// Sequences of different lengths read backwards, ONNX `ReverseSequence`.
///
///     Y[t, n, …] = X[l[n] − 1 − t, n, …] for t < l[n], else X[t, n, …]
///
/// ## Shapes    X and Y alike; l has one length for each index of `batchAxis`
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__ReverseSequence.html>
package final class ReverseSequenceKernel: DifferentiableKernel {
  package let inputs: [TensorLayout?]
  package let outputs: [TensorLayout?]
  private let layout: TensorLayout
  private let timeAxis: Int
  private let batchAxis: Int

  package init(_ dims: [Int], timeAxis: Int, batchAxis: Int, _ scalar: ScalarType = .float) {
    precondition(timeAxis != batchAxis, "time and batch are one axis")
    layout = TensorLayout(dims, scalar)
    inputs = [layout, TensorLayout([dims[batchAxis]], .integer)]
    outputs = [layout]
    self.timeAxis = timeAxis
    self.batchAxis = batchAxis
  }

  package var differentiableInputs: [Int] { layout.scalar == .float ? [0] : [] }
  package var backwardReads: BackwardReads { BackwardReads(inputs: [1]) }

  package func forward(_ memory: ForwardMemory) throws -> KernelTask {
    try task(memory.inputs.bound(0), memory.inputs.bound(1), memory.outputs.bound(0))
  }

  /// Reading backwards is its own inverse.
  package func backward(_ memory: BackwardMemory) throws -> KernelTask {
    guard let target = memory.inputGradients.element(0) else { return {} }
    return try task(memory.outputGradients.bound(0), memory.inputs.bound(1), target)
  }

  private func task(
    _ source: UnsafeMutableRawPointer, _ lengths: UnsafeMutableRawPointer, _ target: UnsafeMutableRawPointer
  ) -> KernelTask {
    let (dims, strides) = (layout.dims, layout.rowMajorStrides)
    let (time, batch) = (dims[timeAxis], dims[batchAxis])
    let (timeStride, batchStride) = (strides[timeAxis], strides[batchAxis])
    // Elements after both axes move as one.
    let inner = min(timeStride, batchStride)
    let bytes = inner * layout.scalar.byteCount
    let count = layout.elementCount == 0 ? 0 : layout.elementCount / inner
    let lengths = lengths.assumingMemoryBound(to: Int64.self)
    return {
      for index in 0..<batch where !(0...Int64(time)).contains(lengths[index]) {
        throw KernelError("sequence \(index) has length \(lengths[index]), the axis has \(time)")
      }
      Parallel.run(count, grain: max(1, (1 << 14) / inner)) { range in
        for block in range {
          let start = block * inner
          let t = start / timeStride % time
          let length = Int(lengths[start / batchStride % batch])
          let from = t < length ? block + (length - 1 - 2 * t) * (timeStride / inner) : block
          (target + block * bytes).copyMemory(from: source + from * bytes, byteCount: bytes)
        }
      }
    }
  }
}
