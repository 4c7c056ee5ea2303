/// Normalisation over the last axes with a scale for each element, ONNX `LayerNormalization`; without the mean, ONNX
/// `RMSNormalization`.
///
///     Y = X̂·scale + bias        X̂ = (X − μ)·ρ        ρ = (mean (X − μ)² + ε)^−½
///     dX = ρ·(G − mean G − X̂·mean G·X̂)  with G = dY·scale        dscale = Σ dY·X̂        dbias = Σ dY
///
/// ## Shapes    X and Y [rows, n]; scale and bias [n]; mean and ρ [rows], where they are asked for
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__LayerNormalization.html>
package final class LayerNormalizationKernel: DifferentiableKernel {
  package let inputs: [TensorLayout?]
  package let outputs: [TensorLayout?]
  package let overwritableInputs = [0]
  package let differentiableInputs: [Int]
  package let backwardReads = BackwardReads(inputs: [0, 1])
  /// μ and ρ of every row.
  package let workspaceByteCount: Int
  /// Sums of blocks of rows, for scale and bias.
  package let scratchByteCount: Int

  private let rows: Int
  private let length: Int
  private let epsilon: Float
  private let subtractsMean: Bool
  private let hasBias: Bool
  private let blockCount: Int

  /// - Parameters:
  ///   - axis: the first of the axes normalised over.
  ///   - givesStatistics: whether mean and ρ are outputs 1 and 2.
  package init(
    _ dims: [Int], axis: Int, epsilon: Float, subtractsMean: Bool = true, hasBias: Bool,
    givesStatistics: Bool = false
  ) {
    rows = dims[..<axis].reduce(1, *)
    length = dims[axis...].reduce(1, *)
    self.epsilon = epsilon
    self.subtractsMean = subtractsMean
    self.hasBias = hasBias
    let parameter = TensorLayout(Array(dims[axis...]))
    inputs = [TensorLayout(dims), parameter, hasBias ? parameter : nil]
    let statistic = TensorLayout(dims.indices.map { $0 < axis ? dims[$0] : 1 })
    outputs = [TensorLayout(dims)] + (givesStatistics ? [statistic, statistic] : [nil, nil])
    differentiableInputs = hasBias ? [0, 1, 2] : [0, 1]
    blockCount = max(1, min(16, rows * length / 32768, rows))
    workspaceByteCount = 2 * rows * MemoryLayout<Float>.stride
    scratchByteCount = 2 * blockCount * length * MemoryLayout<Float>.stride
  }

  private var grain: Int { max(1, Grain.cheap / max(length, 1)) }

  package func forward(_ memory: ForwardMemory) throws -> KernelTask {
    let x = try memory.inputs.floats(0)
    let scale = try memory.inputs.floats(1)
    let bias = hasBias ? try memory.inputs.floats(2) : nil
    let y = try memory.outputs.floats(0)
    let means = try memory.workspace.floats()
    let factors = means + rows
    let meanOutput = outputs[1] != nil && memory.outputs[1] != nil ? try memory.outputs.floats(1) : nil
    let factorOutput = outputs[2] != nil && memory.outputs[2] != nil ? try memory.outputs.floats(2) : nil
    let (rows, length, epsilon, subtractsMean, grain) = (rows, length, epsilon, subtractsMean, grain)
    return {
      Parallel.run(rows, grain: grain) { range in
        for row in range {
          let (x, y) = (x + row * length, y + row * length)
          let mean = subtractsMean ? Sum.mean(x, length) : 0
          let variance = ShiftedSquare.sum(x, x, shift: mean, length) / Float(length)
          let factor = 1 / (variance + epsilon).squareRoot()
          means[row] = mean
          factors[row] = factor
          if x == y {
            for index in 0..<length { y[index] = (y[index] - mean) * factor * scale[index] }
          } else {
            for index in 0..<length { y[index] = (x[index] - mean) * factor * scale[index] }
          }
          if let bias { for index in 0..<length { y[index] += bias[index] } }
        }
      }
      meanOutput?.update(from: means, count: rows)
      factorOutput?.update(from: factors, count: rows)
    }
  }

  package func backward(_ memory: BackwardMemory) throws -> KernelTask {
    let x = try memory.inputs.floats(0)
    let scale = try memory.inputs.floats(1)
    let dy = try memory.outputGradients.floats(0)
    let means = try memory.workspace.floats()
    var tasks: [KernelTask] = []
    if memory.inputGradients[0] != nil {
      tasks.append(gradientOfX(x, scale, dy, means, try memory.inputGradients.floats(0)))
    }
    let dscale = memory.inputGradients[1] == nil ? nil : try memory.inputGradients.floats(1)
    let dbias = !hasBias || memory.inputGradients[2] == nil ? nil : try memory.inputGradients.floats(2)
    if dscale != nil || dbias != nil {
      tasks.append(gradientsOfParameters(x, dy, means, try memory.scratch.floats(), dscale, dbias))
    }
    return { [tasks] in for task in tasks { try task() } }
  }

  private func gradientOfX(
    _ x: UnsafeMutablePointer<Float>, _ scale: UnsafeMutablePointer<Float>, _ dy: UnsafeMutablePointer<Float>,
    _ means: UnsafeMutablePointer<Float>, _ dx: UnsafeMutablePointer<Float>
  ) -> KernelTask {
    let (rows, length, subtractsMean, grain) = (rows, length, subtractsMean, grain)
    return {
      Parallel.run(rows, grain: grain) { range in
        for row in range {
          let (x, dy, dx) = (x + row * length, dy + row * length, dx + row * length)
          let (mean, factor) = (means[row], means[rows + row])
          for index in 0..<length { dx[index] = dy[index] * scale[index] }
          let average = subtractsMean ? Sum.mean(dx, length) : 0
          let slope = ShiftedProduct.sum(dx, x, shift: mean, length) * factor * factor / Float(length)
          for index in 0..<length { dx[index] = factor * (dx[index] - average - (x[index] - mean) * slope) }
        }
      }
    }
  }

  private func gradientsOfParameters(
    _ x: UnsafeMutablePointer<Float>, _ dy: UnsafeMutablePointer<Float>, _ means: UnsafeMutablePointer<Float>,
    _ scratch: UnsafeMutablePointer<Float>, _ dscale: UnsafeMutablePointer<Float>?,
    _ dbias: UnsafeMutablePointer<Float>?
  ) -> KernelTask {
    let (rows, length, blockCount) = (rows, length, blockCount)
    return {
      Parallel.run(blockCount, grain: 1) { blocks in
        for block in blocks {
          let scales = scratch + 2 * block * length
          let biases = scales + length
          scales.update(repeating: 0, count: 2 * length)
          for row in rows * block / blockCount..<rows * (block + 1) / blockCount {
            let (x, dy) = (x + row * length, dy + row * length)
            let (mean, factor) = (means[row], means[rows + row])
            for index in 0..<length { scales[index] += dy[index] * ((x[index] - mean) * factor) }
            for index in 0..<length { biases[index] += dy[index] }
          }
        }
      }
      for (target, offset) in [(dscale, 0), (dbias, length)] {
        guard let target else { continue }
        target.update(repeating: 0, count: length)
        for block in 0..<blockCount {
          let sums = scratch + (2 * block * length + offset)
          for index in 0..<length { target[index] += sums[index] }
        }
      }
    }
  }
}
