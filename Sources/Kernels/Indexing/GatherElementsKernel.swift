/// Elements picked by index along an axis, ONNX `GatherElements`.
///
///     Y[i, j, k] = X[i, I[i, j, k], k]      dX[i, d, k] = Σ j: I[i, j, k] = d  dY[i, j, k]      for `axis` 1
///
/// ## Shapes    X [D…]; I and Y alike, no longer than X along the other axes
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__GatherElements.html>
package final class GatherElementsKernel: DifferentiableKernel {
  package let inputs: [TensorLayout?]
  package let outputs: [TensorLayout?]
  private let lines: ElementLines
  private let input: TensorLayout

  package init(_ dims: [Int], indices: [Int], axis: Int, _ scalar: ScalarType = .float) {
    input = TensorLayout(dims, scalar)
    inputs = [input, TensorLayout(indices, .integer)]
    outputs = [TensorLayout(indices, scalar)]
    lines = ElementLines(data: dims, indices: indices, axis: axis)
  }

  package var differentiableInputs: [Int] { input.scalar == .float ? [0] : [] }
  package var backwardReads: BackwardReads { BackwardReads(inputs: [1]) }

  /// - Throws: when run, ``KernelError`` for an index that the axis does not have.
  package func forward(_ memory: ForwardMemory) throws -> KernelTask {
    guard lines.indexCount > 0 else { return {} }
    let indices = try memory.inputs.bound(1, Int64.self)
    let (source, target) = (try memory.inputs.bound(0), try memory.outputs.bound(0))
    switch input.scalar {
    case .float: return task(indices, source.asWords(UInt32.self), target.asWords(UInt32.self))
    case .integer: return task(indices, source.asWords(UInt64.self), target.asWords(UInt64.self))
    }
  }

  @inline(__always)
  private func task<Word>(
    _ indices: UnsafePointer<Int64>, _ source: UnsafePointer<Word>, _ target: UnsafeMutablePointer<Word>
  ) -> KernelTask {
    { [lines] in
      try checkIndices(indices, lines.indexCount, length: lines.length, axis: lines.axis)
      Parallel.run(lines.lineCount, grain: lines.grain) { range in
        lines.walk(range, indices) { element, place in target[element] = source[place] }
      }
    }
  }

  package func backward(_ memory: BackwardMemory) throws -> KernelTask {
    guard let target = memory.inputGradients.element(0)?.asWords(Float.self) else { return {} }
    let (lines, count) = (lines, input.elementCount)
    guard lines.indexCount > 0 else { return { Filler.fill(target, count, with: 0, .float) } }
    let indices = try memory.inputs.bound(1, Int64.self)
    let gradient = try memory.outputGradients.bound(0, Float.self)
    return {
      Filler.fill(target, count, with: 0, .float)
      Parallel.run(lines.lineCount, grain: lines.grain) { range in
        lines.walk(range, indices) { element, place in target[place] += gradient[element] }
      }
    }
  }
}
