#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Normalisation by neighbouring channels, ONNX `LRN`.
///
///     Y_c = X_c·S_c^−β        S_c = bias + α/size · Σ X_j²  over c − ⌊(size − 1)/2⌋ ≤ j ≤ c + ⌈(size − 1)/2⌉
///     dX_c = dY_c·S_c^−β − 2αβ/size · X_c · Σ dY_j·X_j·S_j^(−β−1)  over the j whose sums have X_c in them
///
/// ## Shapes    X and Y [N, C, …]
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__LRN.html>
package final class LocalResponseNormalizationKernel: DifferentiableKernel {
  package let inputs: [TensorLayout?]
  package let outputs: [TensorLayout?]
  package let differentiableInputs = [0]
  package let backwardReads = BackwardReads(inputs: [0])
  /// S.
  package let workspaceByteCount: Int
  /// dY·X·S^(−β−1).
  package let scratchByteCount: Int

  private let axis: SplitAxis
  private let size: Int
  private let alpha: Float
  private let beta: Float
  private let bias: Float

  package init(_ dims: [Int], size: Int, alpha: Float, beta: Float, bias: Float) {
    axis = SplitAxis(dims, 1)
    self.size = size
    self.alpha = alpha
    self.beta = beta
    self.bias = bias
    inputs = [TensorLayout(dims)]
    outputs = inputs
    workspaceByteCount = axis.elementCount * MemoryLayout<Float>.stride
    scratchByteCount = workspaceByteCount
  }

  /// Channels whose squares are in the sum of channel `channel`; with `turned`, channels in whose sums it is.
  @inline(__always)
  private func window(_ channel: Int, turned: Bool = false) -> Range<Int> {
    let before = turned ? size / 2 : (size - 1) / 2
    return max(0, channel - before)..<min(axis.length, channel - before + size)
  }

  /// Calls `body` for each channel of each sample with the offset of its map.
  private func forEachChannel(_ body: (_ channel: Int, _ offset: Int) -> Void) {
    Parallel.run(axis.outer * axis.length, grain: max(1, Grain.costly / max(axis.inner, 1))) { range in
      for index in range { body(index % axis.length, index * axis.inner) }
    }
  }

  package func forward(_ memory: ForwardMemory) throws -> KernelTask {
    let x = try memory.inputs.floats(0)
    let y = try memory.outputs.floats(0)
    let sums = try memory.workspace.floats()
    let (area, factor) = (axis.inner, alpha / Float(size))
    return { [self] in
      forEachChannel { channel, offset in
        let (own, y, sums) = (x + offset, y + offset, sums + offset)
        sums.update(repeating: 0, count: area)
        for other in window(channel) {
          let x = own + (other - channel) * area
          for index in 0..<area { sums[index] += x[index] * x[index] }
        }
        for index in 0..<area { sums[index] = bias + factor * sums[index] }
        power(sums, y, area)
        for index in 0..<area { y[index] *= own[index] }
      }
    }
  }

  package func backward(_ memory: BackwardMemory) throws -> KernelTask {
    guard memory.inputGradients[0] != nil else { return {} }
    let x = try memory.inputs.floats(0)
    let dy = try memory.outputGradients.floats(0)
    let dx = try memory.inputGradients.floats(0)
    let sums = try memory.workspace.floats()
    let terms = try memory.scratch.floats()
    let (area, factor) = (axis.inner, -2 * alpha * beta / Float(size))
    return { [self] in
      forEachChannel { _, offset in
        let (x, dy, dx, sums, terms) = (x + offset, dy + offset, dx + offset, sums + offset, terms + offset)
        power(sums, dx, area)
        for index in 0..<area {
          dx[index] *= dy[index]
          terms[index] = factor * (dx[index] * x[index] / sums[index])
        }
      }
      forEachChannel { channel, offset in
        let (x, dx) = (x + offset, dx + offset)
        for other in window(channel, turned: true) {
          let terms = terms + (offset + (other - channel) * area)
          for index in 0..<area { dx[index] += x[index] * terms[index] }
        }
      }
    }
  }

  /// s^−β; by roots for the β that networks have.
  @inline(__always)
  private func power(_ s: UnsafeMutablePointer<Float>, _ result: UnsafeMutablePointer<Float>, _ count: Int) {
    if beta == 0.75 {
      for index in 0..<count {
        let root = s[index].squareRoot()
        result[index] = 1 / (root * root.squareRoot())
      }
    } else {
      for index in 0..<count { result[index] = powf(s[index], -beta) }
    }
  }
}
