/// A batch normalisation with given statistics, folded into the convolution before it.
///
///     W′[o,…] = W[o,…] · s[o]        B′[o] = (B[o] − mean[o]) · s[o] + shift[o]        s = scale / √(var + ε)
///
/// ## Shapes    W [O, …], B [O] or omitted, scale, shift, mean, var [O]; W′ like W, B′ [O]
package final class FoldedNormalization: Kernel {
  package let inputs: [TensorLayout?]
  package let outputs: [TensorLayout?]
  private let epsilon: Float

  package init(weights: [Int], hasBias: Bool, epsilon: Float) {
    let channel = TensorLayout([weights[0]])
    inputs = [TensorLayout(weights), hasBias ? channel : nil, channel, channel, channel, channel]
    outputs = [TensorLayout(weights), channel]
    self.epsilon = epsilon
  }

  package func forward(_ memory: ForwardMemory) throws -> KernelTask {
    func floats(_ pointer: UnsafeMutableRawPointer?) throws -> UnsafeMutablePointer<Float> {
      guard let pointer else { throw KernelError("an operand has no memory") }
      return pointer.assumingMemoryBound(to: Float.self)
    }
    let (weights, bias) = (try floats(memory.inputs[0]), try memory.inputs[1].map { try floats($0) })
    let (scale, shift) = (try floats(memory.inputs[2]), try floats(memory.inputs[3]))
    let (mean, variance) = (try floats(memory.inputs[4]), try floats(memory.inputs[5]))
    let (foldedWeights, foldedBias) = (try floats(memory.outputs[0]), try floats(memory.outputs[1]))
    let count = outputs[1]?.elementCount ?? 0
    let size = (outputs[0]?.elementCount ?? 0) / max(count, 1)
    return { [epsilon] in
      for channel in 0..<count {
        let factor = Double(scale[channel]) / (Double(variance[channel]) + Double(epsilon)).squareRoot()
        let offset = Double(bias?[channel] ?? 0) - Double(mean[channel])
        foldedBias[channel] = Float(offset * factor + Double(shift[channel]))
        for index in channel * size..<(channel + 1) * size {
          foldedWeights[index] = Float(Double(weights[index]) * factor)
        }
      }
    }
  }
}
