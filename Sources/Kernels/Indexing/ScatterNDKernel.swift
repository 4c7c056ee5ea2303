/// Slices put to places that vectors of indices name, ONNX `ScatterND`.
///
///     Y = X, then Y[I[i…, :]…, k…] = reduce(Y[I[i…, :]…, k…], U[i…, k…])
///
/// Where several updates have one place, they come in order.
///
/// ## Shapes    X and Y [D…, K…], I [I…, D's rank], U [I…, K…]
/// ## Gradient  for replace (indices that differ, as ONNX demands) and add: dU[i…, k…] = dY[I[i…, :]…, k…]; dX = dY,
///              for replace with 0 where an update went
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__ScatterND.html>
package final class ScatterNDKernel: DifferentiableKernel {
  package let inputs: [TensorLayout?]
  package let outputs: [TensorLayout?]
  private let tuples: IndexTuples
  private let data: TensorLayout
  private let reduction: ScatterReduction
  private let copy: StridedCopy

  package init(_ dims: [Int], indices: [Int], reduction: ScatterReduction, _ scalar: ScalarType = .float) {
    let width = indices[indices.count - 1]
    data = TensorLayout(dims, scalar)
    inputs = [
      data, TensorLayout(indices, .integer), TensorLayout(indices.dropLast() + dims[width...], scalar),
    ]
    outputs = [data]
    tuples = IndexTuples(dims, indexed: 0..<width, count: indices.dropLast().reduce(1, *))
    self.reduction = reduction
    copy = StridedCopy(elements: data.elementCount)
  }

  package var overwritableInputs: [Int] { [0] }
  package var differentiableInputs: [Int] {
    data.scalar == .float && (reduction == .replace || reduction == .add) ? [0, 2] : []
  }
  package var backwardReads: BackwardReads { BackwardReads(inputs: [1]) }

  private var isEmpty: Bool { tuples.count * tuples.sliceLength == 0 }

  /// - Throws: when run, ``KernelError`` for an index that its axis does not have.
  package func forward(_ memory: ForwardMemory) throws -> KernelTask {
    guard data.elementCount > 0 else { return {} }
    let (source, target) = (try memory.inputs.bound(0), try memory.outputs.bound(0))
    let (copy, tuples, scalar) = (copy, tuples, data.scalar)
    guard !isEmpty else { return { copy.run(from: source, to: target, scalar) } }
    let indices = try memory.inputs.bound(1, Int64.self)
    let updates = try memory.inputs.bound(2)
    let scatter =
      scalar == .float
      ? task(indices, updates.asWords(Float.self), target.asWords(Float.self))
      : task(indices, updates.asWords(WrappingInteger.self), target.asWords(WrappingInteger.self))
    return {
      try tuples.check(indices)
      if source != target { copy.run(from: source, to: target, scalar) }
      scatter()
    }
  }

  /// A thread owns slices: it goes through all vectors and takes its own.
  @inline(__always)
  private func task<Element: ScatterElement>(
    _ indices: UnsafePointer<Int64>, _ updates: UnsafePointer<Element>,
    _ target: UnsafeMutablePointer<Element>
  ) -> () -> Void {
    let (tuples, reduction) = (tuples, reduction)
    let (length, grain) = (tuples.sliceLength, ownedGrain)
    return {
      Parallel.run(tuples.sliceCount, grain: grain) { owned in
        for tuple in 0..<tuples.count {
          let slice = tuples.slice(tuple, indices)
          guard slice >= owned.lowerBound, slice < owned.upperBound else { continue }
          reduction.reduce(updates + tuple &* length, into: target + slice &* length, length)
        }
      }
    }
  }

  /// Slices that a thread should own at least, for work to outweigh what starting it costs.
  private var ownedGrain: Int { max(1, (1 << 14) * tuples.sliceCount / (tuples.count * tuples.sliceLength)) }

  package func backward(_ memory: BackwardMemory) throws -> KernelTask {
    guard data.elementCount > 0 else { return {} }
    let gradient = try memory.outputGradients.bound(0, Float.self)
    let dataGradient = memory.inputGradients.element(0)?.asWords(Float.self)
    let updateGradient = memory.inputGradients.element(2)?.asWords(Float.self)
    let (tuples, copy, replaces, length) = (tuples, copy, reduction == .replace, tuples.sliceLength)
    let indices = try isEmpty ? nil : memory.inputs.bound(1, Int64.self)
    return {
      if let indices, let updateGradient {
        Parallel.run(tuples.count, grain: max(1, (1 << 14) / length)) { range in
          for tuple in range {
            let from = gradient + tuples.slice(tuple, indices) &* length
            (updateGradient + tuple &* length).update(from: from, count: length)
          }
        }
      }
      guard let dataGradient else { return }
      if dataGradient != gradient { copy.run(from: gradient, to: dataGradient, .float) }
      guard let indices, replaces else { return }
      for tuple in 0..<tuples.count {
        (dataGradient + tuples.slice(tuple, indices) &* length).update(repeating: 0, count: length)
      }
    }
  }
}
