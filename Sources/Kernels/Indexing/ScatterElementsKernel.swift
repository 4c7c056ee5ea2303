/// Elements put to places that indices name along an axis, ONNX `ScatterElements` and `Scatter`.
///
///     Y = X, then Y[i, I[i, j, k], k] = reduce(Y[i, I[i, j, k], k], U[i, j, k])      for `axis` 1
///
/// Where several updates have one place, they come in the order of j.
///
/// ## Shapes    X and Y [D…]; I and U alike, no longer than X along the other axes
/// ## Gradient  for replace (indices that differ, as ONNX demands) and add: dU[i, j, k] = dY[i, I[i, j, k], k];
///              dX = dY, for replace with 0 where an update went
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__ScatterElements.html>
package final class ScatterElementsKernel: DifferentiableKernel {
  package let inputs: [TensorLayout?]
  package let outputs: [TensorLayout?]
  private let lines: ElementLines
  private let data: TensorLayout
  private let reduction: ScatterReduction
  private let copy: StridedCopy

  package init(
    _ dims: [Int], indices: [Int], axis: Int, reduction: ScatterReduction, _ scalar: ScalarType = .float
  ) {
    data = TensorLayout(dims, scalar)
    inputs = [data, TensorLayout(indices, .integer), TensorLayout(indices, scalar)]
    outputs = [data]
    lines = ElementLines(data: dims, indices: indices, axis: axis)
    self.reduction = reduction
    copy = StridedCopy(elements: data.elementCount)
  }

  package var overwritableInputs: [Int] { [0] }
  package var differentiableInputs: [Int] {
    data.scalar == .float && (reduction == .replace || reduction == .add) ? [0, 2] : []
  }
  package var backwardReads: BackwardReads { BackwardReads(inputs: [1]) }

  /// - Throws: when run, ``KernelError`` for an index that the axis does not have.
  package func forward(_ memory: ForwardMemory) throws -> KernelTask {
    guard data.elementCount > 0 else { return {} }
    let (source, target) = (try memory.inputs.bound(0), try memory.outputs.bound(0))
    let (copy, lines, scalar) = (copy, lines, data.scalar)
    guard lines.indexCount > 0 else { return { copy.run(from: source, to: target, scalar) } }
    let indices = try memory.inputs.bound(1, Int64.self)
    let updates = try memory.inputs.bound(2)
    let scatter =
      scalar == .float
      ? task(indices, updates.asWords(Float.self), target.asWords(Float.self))
      : task(indices, updates.asWords(WrappingInteger.self), target.asWords(WrappingInteger.self))
    return {
      try checkIndices(indices, lines.indexCount, length: lines.length, axis: lines.axis)
      if source != target { copy.run(from: source, to: target, scalar) }
      scatter()
    }
  }

  @inline(__always)
  private func task<Element: ScatterElement>(
    _ indices: UnsafePointer<Int64>, _ updates: UnsafePointer<Element>,
    _ target: UnsafeMutablePointer<Element>
  ) -> () -> Void {
    { [lines, reduction] in
      Parallel.run(lines.lineCount, grain: lines.grain) { range in
        lines.walk(range, indices) { element, place in
          reduction.reduce(updates + element, into: target + place, 1)
        }
      }
    }
  }

  package func backward(_ memory: BackwardMemory) throws -> KernelTask {
    guard data.elementCount > 0 else { return {} }
    let gradient = try memory.outputGradients.bound(0, Float.self)
    let dataGradient = memory.inputGradients.element(0)?.asWords(Float.self)
    let updateGradient = memory.inputGradients.element(2)?.asWords(Float.self)
    let (lines, copy, replaces) = (lines, copy, reduction == .replace)
    let indices = try lines.indexCount > 0 ? memory.inputs.bound(1, Int64.self) : nil
    return {
      if let indices, let updateGradient {
        Parallel.run(lines.lineCount, grain: lines.grain) { range in
          lines.walk(range, indices) { element, place in updateGradient[element] = gradient[place] }
        }
      }
      guard let dataGradient else { return }
      if dataGradient != gradient { copy.run(from: gradient, to: dataGradient, .float) }
      guard let indices, replaces else { return }
      Parallel.run(lines.lineCount, grain: lines.grain) { range in
        lines.walk(range, indices) { _, place in dataGradient[place] = 0 }
      }
    }
  }
}
