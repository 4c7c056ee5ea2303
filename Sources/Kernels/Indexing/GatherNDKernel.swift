/// Slices picked by vectors of indices, ONNX `GatherND`.
///
///     Y[b…, i…, k…] = X[b…, I[b…, i…, :]…, k…]      dX[b…, d…, k…] = Σ i…: I[b…, i…, :] = d…  dY[b…, i…, k…]
///
/// ## Shapes    X [B…, D…, K…], I [B…, I…, D's rank], Y [B…, I…, K…]; `batchRank` counts B…
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__GatherND.html>
package final class GatherNDKernel: DifferentiableKernel {
  package let inputs: [TensorLayout?]
  package let outputs: [TensorLayout?]
  private let tuples: IndexTuples
  /// Vectors of one batch.
  private let tuplesPerBatch: Int
  private let scalar: ScalarType
  private let count: Int

  package init(_ dims: [Int], indices: [Int], batchRank: Int = 0, _ scalar: ScalarType = .float) {
    let width = indices[indices.count - 1]
    let slice = dims[(batchRank + width)...]
    precondition(dims[..<batchRank] == indices[..<batchRank], "batches differ")
    tuples = IndexTuples(
      dims, indexed: batchRank..<batchRank + width, count: indices.dropLast().reduce(1, *))
    tuplesPerBatch = indices[batchRank...].dropLast().reduce(1, *)
    inputs = [TensorLayout(dims, scalar), TensorLayout(indices, .integer)]
    outputs = [TensorLayout(indices.dropLast() + slice, scalar)]
    self.scalar = scalar
    count = dims.reduce(1, *)
  }

  package var differentiableInputs: [Int] { scalar == .float ? [0] : [] }
  package var backwardReads: BackwardReads { BackwardReads(inputs: tuples.width == 0 ? [] : [1]) }

  /// - Throws: when run, ``KernelError`` for an index that its axis does not have.
  package func forward(_ memory: ForwardMemory) throws -> KernelTask {
    guard tuples.count * tuples.sliceLength > 0 else { return {} }
    let (source, target) = (try memory.inputs.bound(0), try memory.outputs.bound(0))
    // Vectors of no numbers name all of a batch.
    let indices = try memory.inputs.element(1) ?? (tuples.width == 0 ? source : memory.inputs.bound(1))
    let (tuples, tuplesPerBatch, scalar) = (tuples, tuplesPerBatch, scalar)
    let tupleIndices = UnsafePointer(indices.asWords(Int64.self))
    let byteCount = tuples.sliceLength * scalar.byteCount
    return {
      try tuples.check(tupleIndices)
      Parallel.run(tuples.count, grain: max(1, (1 << 14) / tuples.sliceLength)) { range in
        for tuple in range {
          let slice = tuple / tuplesPerBatch &* tuples.sliceCount &+ tuples.slice(tuple, tupleIndices)
          (target + tuple &* byteCount).copyMemory(from: source + slice &* byteCount, byteCount: byteCount)
        }
      }
    }
  }

  package func backward(_ memory: BackwardMemory) throws -> KernelTask {
    guard let target = memory.inputGradients.element(0)?.asWords(Float.self) else { return {} }
    let (tuples, tuplesPerBatch, count) = (tuples, tuplesPerBatch, count)
    let length = tuples.sliceLength
    guard tuples.count * length > 0 else { return { Filler.fill(target, count, with: 0, .float) } }
    let gradient = try memory.outputGradients.bound(0, Float.self)
    let indices =
      try memory.inputs.element(1)
      ?? (tuples.width == 0 ? memory.outputGradients.bound(0) : memory.inputs.bound(1))
    let tupleIndices = UnsafePointer(indices.asWords(Int64.self))
    return {
      Filler.fill(target, count, with: 0, .float)
      // Vectors of one batch may name one slice.
      Parallel.run(tuples.count / tuplesPerBatch, grain: 1) { batches in
        for tuple in batches.lowerBound * tuplesPerBatch..<batches.upperBound * tuplesPerBatch {
          let slice = tuple / tuplesPerBatch &* tuples.sliceCount &+ tuples.slice(tuple, tupleIndices)
          let (to, from) = (target + slice &* length, gradient + tuple &* length)
          for index in 0..<length { to[index] += from[index] }
        }
      }
    }
  }
}
