/// Normalisation over groups of channels of each sample, ONNX `GroupNormalization`; with as many groups as channels,
/// `InstanceNormalization`.
///
///     Y = X̂·scale + bias        X̂ = (X − μ)·ρ        ρ = (mean (X − μ)² + ε)^−½
///     dX = ρ·(G − mean G − X̂·mean G·X̂)  with G = dY·scale        dscale = Σ dY·X̂        dbias = Σ dY
///
/// ## Shapes    X and Y [N, C, …]; scale and bias [C], or [groups] as in opset 18
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__GroupNormalization.html>
package final class GroupNormalizationKernel: DifferentiableKernel {
  package let inputs: [TensorLayout?]
  package let outputs: [TensorLayout?]
  package let overwritableInputs = [0]
  package let differentiableInputs = [0, 1, 2]
  package let backwardReads = BackwardReads(inputs: [0, 1])
  /// μ and ρ of every group.
  package let workspaceByteCount: Int
  /// Σ dY and Σ dY·(X − μ) of every channel.
  package let scratchByteCount: Int

  private let epsilon: Float
  private let groups: NormalizationGroups

  package init(_ dims: [Int], groups: Int, parameterCount: Int, epsilon: Float) {
    self.groups = NormalizationGroups(dims, groups: groups, parameterCount: parameterCount)
    self.epsilon = epsilon
    let parameter = TensorLayout([parameterCount])
    inputs = [TensorLayout(dims), parameter, parameter]
    outputs = [TensorLayout(dims)]
    workspaceByteCount = 2 * self.groups.count * MemoryLayout<Float>.stride
    scratchByteCount = 2 * self.groups.count * self.groups.channels * MemoryLayout<Float>.stride
  }

  package func forward(_ memory: ForwardMemory) throws -> KernelTask {
    let x = try memory.inputs.floats(0)
    let scale = try memory.inputs.floats(1)
    let bias = try memory.inputs.floats(2)
    let y = try memory.outputs.floats(0)
    let means = try memory.workspace.floats()
    let (groups, epsilon) = (groups, epsilon)
    return {
      Parallel.run(groups.count, grain: groups.grain) { range in
        for group in range {
          let (x, y) = (x + group * groups.length, y + group * groups.length)
          let mean = Sum.mean(x, groups.length)
          let variance = ShiftedSquare.sum(x, x, shift: mean, groups.length) / Float(groups.length)
          let factor = 1 / (variance + epsilon).squareRoot()
          means[group] = mean
          means[groups.count + group] = factor
          for channel in 0..<groups.channels {
            let parameter = groups.parameter(group, channel)
            let (slope, shift) = (factor * scale[parameter], bias[parameter])
            let (x, y) = (x + channel * groups.area, y + channel * groups.area)
            if x == y {
              for index in 0..<groups.area { y[index] = (y[index] - mean) * slope + shift }
            } else {
              for index in 0..<groups.area { y[index] = (x[index] - mean) * slope + shift }
            }
          }
        }
      }
    }
  }

  package func backward(_ memory: BackwardMemory) throws -> KernelTask {
    let x = try memory.inputs.floats(0)
    let scale = try memory.inputs.floats(1)
    let dy = try memory.outputGradients.floats(0)
    let means = try memory.workspace.floats()
    let sums = try memory.scratch.floats()
    let products = sums + groups.count * groups.channels
    let dx = memory.inputGradients[0] == nil ? nil : try memory.inputGradients.floats(0)
    let dscale = memory.inputGradients[1] == nil ? nil : try memory.inputGradients.floats(1)
    let dbias = memory.inputGradients[2] == nil ? nil : try memory.inputGradients.floats(2)
    let groups = groups
    return {
      Parallel.run(groups.count, grain: groups.grain) { range in
        for group in range {
          let start = group * groups.length
          groups.gradient(
            group, x + start, scale, dy + start, dx.map { $0 + start }, mean: means[group],
            factor: means[groups.count + group], sums, products)
        }
      }
      for target in [dscale, dbias] { target?.update(repeating: 0, count: groups.parameterCount) }
      for group in 0..<groups.count {
        for channel in 0..<groups.channels {
          let (parameter, index) = (groups.parameter(group, channel), group * groups.channels + channel)
          dscale?[parameter] += products[index] * means[groups.count + group]
          dbias?[parameter] += sums[index]
        }
      }
    }
  }
}

/// Groups of channels that lie together, and which scale belongs to a channel.
private struct NormalizationGroups {
  /// Groups of all samples.
  let count: Int
  /// Channels of a group.
  let channels: Int
  /// Elements of a channel.
  let area: Int
  let parameterCount: Int
  private let groupsOfSample: Int

  init(_ dims: [Int], groups: Int, parameterCount: Int) {
    precondition(dims.count >= 2 && groups > 0 && dims[1] % groups == 0)
    precondition(parameterCount == dims[1] || parameterCount == groups)
    count = dims[0] * groups
    channels = dims[1] / groups
    area = dims[2...].reduce(1, *)
    groupsOfSample = groups
    self.parameterCount = parameterCount
  }

  var length: Int { channels * area }
  var grain: Int { max(1, Grain.cheap / max(length, 1)) }

  @inline(__always)
  func parameter(_ group: Int, _ channel: Int) -> Int {
    let group = group % groupsOfSample
    return parameterCount == groupsOfSample ? group : group * channels + channel
  }

  /// dX of one group, and the sums of its channels.
  func gradient(
    _ group: Int, _ x: UnsafePointer<Float>, _ scale: UnsafePointer<Float>, _ dy: UnsafePointer<Float>,
    _ dx: UnsafeMutablePointer<Float>?, mean: Float, factor: Float, _ sums: UnsafeMutablePointer<Float>,
    _ products: UnsafeMutablePointer<Float>
  ) {
    var (average, slope): (Float, Float) = (0, 0)
    for channel in 0..<channels {
      let dy = dy + channel * area
      let (index, scale) = (group * channels + channel, scale[parameter(group, channel)])
      sums[index] = Sum.total(dy, area)
      products[index] = ShiftedProduct.sum(dy, x + channel * area, shift: mean, area)
      average += scale * sums[index]
      slope += scale * products[index]
    }
    guard let dx else { return }
    average /= Float(length)
    slope *= factor * factor / Float(length)
    for channel in 0..<channels {
      let (x, dy, dx) = (x + channel * area, dy + channel * area, dx + channel * area)
      let scale = scale[parameter(group, channel)]
      for index in 0..<area { dx[index] = factor * (dy[index] * scale - average - (x[index] - mean) * slope) }
    }
  }
}
