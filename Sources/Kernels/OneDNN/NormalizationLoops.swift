/// ``BatchNormalizationKernel`` in training, for tensors that are ``ChannelSlabs``.
///
/// oneDNN's own threads wait for each other inside the primitive without ever sleeping, which takes many times as long
/// as the sums themselves where a processor is busy with something else. Here every slab is summed by itself, its
/// mean first and then what deviates from it; slabs are put together in Double, in their order:
///
///     mean = Σ s·n  Σ x / M        var = Σ s·n  (Σ (x − mean s)² + area · (mean s − mean)²) / M
///
/// so that the result does not depend on the number of threads. In the backward pass, with g = dL/dY where Y > 0:
///
///     dshift = Σ g      dscale = Σ g·(x − mean) / σ      dX = scale/σ · (g − dshift/M − (x − mean)/σ · dscale/M)
///
/// - SeeAlso: Chan, Golub, LeVeque, "Algorithms for computing the sample variance", 1983.
struct NormalizationLoops {
  let slabs: ChannelSlabs
  let epsilon: Float
  let appliesRelu: Bool

  /// Sums of two kinds for every channel of every slab.
  var scratchByteCount: Int {
    2 * slabs.samples * slabs.paddedChannels * MemoryLayout<Double>.stride
      + Coefficients.count * slabs.paddedChannels * MemoryLayout<Float>.stride
  }

  /// What every number of a channel is computed with; 0 where a block is filled up.
  struct Coefficients {
    static let count = 5
    let mean: UnsafeMutablePointer<Float>
    /// scale/σ
    let slope: UnsafeMutablePointer<Float>
    let shift: UnsafeMutablePointer<Float>
    /// dX = slope·g + tilt·(x − mean) + offset
    let tilt: UnsafeMutablePointer<Float>
    let offset: UnsafeMutablePointer<Float>
  }

  /// Where the sums of slabs and the coefficients lie.
  private struct Memory {
    let first: UnsafeMutablePointer<Double>
    let second: UnsafeMutablePointer<Double>
    let coefficients: Coefficients

    init(_ scratch: UnsafeMutableRawPointer, _ slabs: ChannelSlabs) {
      let sums = slabs.samples * slabs.paddedChannels
      first = scratch.bindMemory(to: Double.self, capacity: 2 * sums)
      second = first + sums
      let width = slabs.paddedChannels
      let floats = UnsafeMutableRawPointer(first + 2 * sums)
        .bindMemory(to: Float.self, capacity: Coefficients.count * width)
      coefficients = Coefficients(
        mean: floats, slope: floats + width, shift: floats + 2 * width, tilt: floats + 3 * width,
        offset: floats + 4 * width)
    }
  }

  /// The four vectors [C] of a normalisation.
  struct Parameters {
    let scale: UnsafePointer<Float>
    let shift: UnsafePointer<Float>
    let mean: UnsafeMutablePointer<Float>
    let variance: UnsafeMutablePointer<Float>
  }

  // MARK: - Forward

  /// Writes Y, and the batch's mean and biased variance.
  func forward(
    _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ parameters: Parameters,
    _ scratch: UnsafeMutableRawPointer
  ) {
    let memory = Memory(scratch, slabs)
    let (size, width, blocks) = (slabs.slabSize, slabs.width, slabs.blocks)
    slabs.onEach { slab in
      SlabSums.statistics(
        x + slab * size, slabs.area, width, mean: memory.first + slab * width,
        deviations: memory.second + slab * width)
    }
    combine(memory, parameters)
    prepare(memory.coefficients, parameters)
    let own = memory.coefficients
    slabs.onEach { slab in
      let channel = slab % blocks * width
      SlabMaps.normalize(
        x + slab * size, y + slab * size, slabs.area, width, own.mean + channel, own.slope + channel,
        own.shift + channel, appliesRelu: appliesRelu)
    }
  }

  /// Statistics of the batch from those of the slabs.
  private func combine(_ memory: Memory, _ parameters: Parameters) {
    let stride = slabs.paddedChannels
    let (area, count) = (Double(slabs.area), Double(slabs.area * slabs.samples))
    for channel in 0..<slabs.channels {
      var (sum, deviations) = (0.0, 0.0)
      for sample in 0..<slabs.samples { sum += memory.first[sample * stride + channel] }
      let mean = sum / Double(slabs.samples)
      for sample in 0..<slabs.samples {
        let distance = memory.first[sample * stride + channel] - mean
        deviations += memory.second[sample * stride + channel] + area * distance * distance
      }
      parameters.mean[channel] = Float(mean)
      parameters.variance[channel] = Float(deviations / count)
    }
  }

  /// What both passes normalise with.
  private func prepare(_ own: Coefficients, _ parameters: Parameters) {
    for channel in 0..<slabs.paddedChannels {
      let isReal = channel < slabs.channels
      own.mean[channel] = isReal ? parameters.mean[channel] : 0
      own.slope[channel] =
        isReal ? parameters.scale[channel] / (parameters.variance[channel] + epsilon).squareRoot() : 0
      own.shift[channel] = isReal ? parameters.shift[channel] : 0
    }
  }

  // MARK: - Backward

  /// Gradients; nil for those that are not wanted. dX may take the place of dY.
  func backward(
    _ x: UnsafePointer<Float>, gradient: UnsafePointer<Float>, _ parameters: Parameters,
    data: UnsafeMutablePointer<Float>?, scale: UnsafeMutablePointer<Float>?,
    shift: UnsafeMutablePointer<Float>?, _ scratch: UnsafeMutableRawPointer
  ) {
    let memory = Memory(scratch, slabs)
    let own = memory.coefficients
    let (size, width, blocks) = (slabs.slabSize, slabs.width, slabs.blocks)
    prepare(own, parameters)
    slabs.onEach { slab in
      let channel = slab % blocks * width
      SlabSums.gradients(
        x + slab * size, gradient + slab * size, slabs.area, width, own.mean + channel,
        own.slope + channel, own.shift + channel, appliesRelu: appliesRelu,
        sum: memory.first + slab * width, product: memory.second + slab * width)
    }
    combineGradients(memory, parameters, scale: scale, shift: shift)
    guard let data else { return }
    slabs.onEach { slab in
      let channel = slab % blocks * width
      SlabMaps.differentiate(
        x + slab * size, gradient + slab * size, data + slab * size, slabs.area, width,
        Coefficients(
          mean: own.mean + channel, slope: own.slope + channel, shift: own.shift + channel,
          tilt: own.tilt + channel, offset: own.offset + channel), appliesRelu: appliesRelu)
    }
  }

  private func combineGradients(
    _ memory: Memory, _ parameters: Parameters, scale: UnsafeMutablePointer<Float>?,
    shift: UnsafeMutablePointer<Float>?
  ) {
    let stride = slabs.paddedChannels
    let count = Double(slabs.area * slabs.samples)
    let own = memory.coefficients
    for channel in 0..<stride {
      guard channel < slabs.channels else {
        own.tilt[channel] = 0
        own.offset[channel] = 0
        continue
      }
      var (sum, product) = (0.0, 0.0)
      for sample in 0..<slabs.samples {
        sum += memory.first[sample * stride + channel]
        product += memory.second[sample * stride + channel]
      }
      let variance = Double(parameters.variance[channel]) + Double(epsilon)
      let slope = Double(own.slope[channel])
      own.tilt[channel] = Float(-slope * product / (variance * count))
      own.offset[channel] = Float(-slope * sum / count)
      shift?[channel] = Float(sum)
      scale?[channel] = Float(product / variance.squareRoot())
    }
  }
}
