/// Slices of a tensor picked by index, ONNX `Gather`.
///
///     Y[a…, j…, b…] = X[a…, I[j…], b…]      dX[a…, d, b…] = Σ j: I[j] = d  dY[a…, j…, b…]
///
/// Negative indices count from the end.
///
/// ## Shapes    X [A…, D, B…], I [J…], Y [A…, J…, B…]; D is `axis`
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__Gather.html>
package final class GatherKernel: DifferentiableKernel {
  package let inputs: [TensorLayout?]
  package let outputs: [TensorLayout?]
  private let scalar: ScalarType
  private let axis: Int
  /// Lengths of A…, D, J… and B…, each taken together.
  private let (outer, length, picks, inner): (Int, Int, Int, Int)

  package init(_ dims: [Int], indices: [Int], axis: Int, _ scalar: ScalarType = .float) {
    inputs = [TensorLayout(dims, scalar), TensorLayout(indices, .integer)]
    outputs = [TensorLayout(dims[..<axis] + indices + dims[(axis + 1)...], scalar)]
    outer = dims[..<axis].reduce(1, *)
    length = dims[axis]
    picks = indices.reduce(1, *)
    inner = dims[(axis + 1)...].reduce(1, *)
    self.scalar = scalar
    self.axis = axis
  }

  package var differentiableInputs: [Int] { scalar == .float ? [0] : [] }
  package var backwardReads: BackwardReads { BackwardReads(inputs: [1]) }

  /// - Throws: when run, ``KernelError`` for an index that the axis does not have.
  package func forward(_ memory: ForwardMemory) throws -> KernelTask {
    guard outer * picks * inner > 0 else { return {} }
    let indices = try memory.inputs.bound(1, Int64.self)
    let (source, target) = (try memory.inputs.bound(0), try memory.outputs.bound(0))
    switch scalar {
    case .float: return task(indices, source.asWords(UInt32.self), target.asWords(UInt32.self))
    case .integer: return task(indices, source.asWords(UInt64.self), target.asWords(UInt64.self))
    }
  }

  @inline(__always)
  private func task<Word>(
    _ indices: UnsafePointer<Int64>, _ source: UnsafePointer<Word>, _ target: UnsafeMutablePointer<Word>
  ) -> KernelTask {
    let (outer, length, picks, inner, axis) = (outer, length, picks, inner, axis)
    return {
      try checkIndices(indices, picks, length: length, axis: axis)
      Parallel.run(outer * picks, grain: max(1, (1 << 14) / inner)) { range in
        var (row, pick) = range.lowerBound.quotientAndRemainder(dividingBy: picks)
        for place in range {
          let from = source + (row &* length &+ fromFront(indices[pick], length)) &* inner
          let to = target + place &* inner
          if inner == 1 { to.pointee = from.pointee } else { to.update(from: from, count: inner) }
          pick &+= 1
          if pick == picks { (row, pick) = (row &+ 1, 0) }
        }
      }
    }
  }

  package func backward(_ memory: BackwardMemory) throws -> KernelTask {
    guard let target = memory.inputGradients.element(0)?.assumingMemoryBound(to: Float.self) else {
      return {}
    }
    let (outer, length, picks, inner) = (outer, length, picks, inner)
    let total = outer * length * inner
    guard outer * picks * inner > 0 else {
      return { Filler.fill(target, total, with: 0, .float) }
    }
    let indices = try memory.inputs.bound(1, Int64.self)
    let gradient = try memory.outputGradients.bound(0, Float.self)
    return {
      Filler.fill(target, total, with: 0, .float)
      // A thread owns indices of the axis: it goes through all picks and takes its own.
      Parallel.run(length, grain: max(1, (1 << 14) * length / (outer * picks * inner))) { owned in
        for row in 0..<outer {
          for pick in 0..<picks {
            let index = fromFront(indices[pick], length)
            guard index >= owned.lowerBound, index < owned.upperBound else { continue }
            let to = target + (row &* length &+ index) &* inner
            let from = gradient + (row &* picks &+ pick) &* inner
            for place in 0..<inner { to[place] += from[place] }
          }
        }
      }
    }
  }
}
