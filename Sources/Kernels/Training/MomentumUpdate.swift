/// One step of stochastic gradient descent with momentum, as PyTorch's `SGD` without dampening does it.
///
///     d ← f·g + ω·w
///     v ← μ·v + d
///     w ← w − η · (d + μ·v if Nesterov, else v)
///
/// w are parameters, g gradients, v momenta (0 before the first step), f an optional factor of each gradient, μ the
/// momentum, ω the weight decay (0 outside `decayed`), η the learning rate. One pass over contiguous arrays.
///
/// - SeeAlso: <https://pytorch.org/docs/stable/generated/torch.optim.SGD.html>; Sutskever et al., "On the importance
///   of initialization and momentum in deep learning", ICML 2013.
package final class MomentumUpdate {
  private let count: Int
  private let momentum: Float
  private let weightDecay: Float
  private let isNesterov: Bool
  /// Ascending, and apart from each other.
  private let decayed: [Range<Int>]

  /// - Parameters:
  ///   - count: parameters in all.
  ///   - decayed: which of them decay; ascending, not overlapping.
  package init(count: Int, decayed: [Range<Int>], weightDecay: Float, momentum: Float, nesterov: Bool = false)
  {
    precondition(zip(decayed, decayed.dropFirst()).allSatisfy { $0.upperBound <= $1.lowerBound })
    precondition(decayed.allSatisfy { $0.lowerBound >= 0 && $0.upperBound <= count })
    self.count = count
    self.decayed = decayed
    self.weightDecay = weightDecay
    self.momentum = momentum
    isNesterov = nesterov
  }

  /// Updates parameters and momenta.
  ///
  /// - Parameter factors: f, one for every gradient; nil stands for 1.
  package func run(
    parameters: UnsafeMutablePointer<Float>, gradients: UnsafePointer<Float>,
    momenta: UnsafeMutablePointer<Float>, factors: UnsafePointer<Float>? = nil, learningRate: Float
  ) {
    let arrays = Arrays(w: parameters, g: gradients, v: momenta, f: factors, rate: learningRate)
    Parallel.run(count, grain: 1 << 14) { part in
      var start = part.lowerBound
      var next = firstDecayed(endingAfter: start)
      while start < part.upperBound {
        while next < decayed.count, decayed[next].upperBound <= start { next += 1 }
        let range = next < decayed.count ? decayed[next] : count..<count
        let decays = range.lowerBound <= start && start < range.upperBound
        let end = min(part.upperBound, decays ? range.upperBound : range.lowerBound)
        update(arrays, start..<end, decays ? weightDecay : 0)
        start = end
      }
    }
  }

  /// The first range that ends after `index`.
  private func firstDecayed(endingAfter index: Int) -> Int {
    var (low, high) = (0, decayed.count)
    while low < high {
      let middle = (low + high) / 2
      if decayed[middle].upperBound <= index { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private struct Arrays {
    let w: UnsafeMutablePointer<Float>
    let g: UnsafePointer<Float>
    let v: UnsafeMutablePointer<Float>
    let f: UnsafePointer<Float>?
    let rate: Float
  }

  private func update(_ arrays: Arrays, _ range: Range<Int>, _ decay: Float) {
    switch (isNesterov, arrays.f != nil) {
    case (false, false): update(arrays, range, decay, nesterov: false, scaled: false)
    case (false, true): update(arrays, range, decay, nesterov: false, scaled: true)
    case (true, false): update(arrays, range, decay, nesterov: true, scaled: false)
    case (true, true): update(arrays, range, decay, nesterov: true, scaled: true)
    }
  }

  @inline(__always)
  private func update(
    _ arrays: Arrays, _ range: Range<Int>, _ decay: Float, nesterov: Bool, scaled: Bool
  ) {
    typealias Lanes = SIMD8<Float>
    let whole = range.lowerBound + (range.count & ~7)
    let (w, g, v) = (
      UnsafeMutableRawPointer(arrays.w), UnsafeRawPointer(arrays.g), UnsafeMutableRawPointer(arrays.v)
    )
    let f = arrays.f.map { UnsafeRawPointer($0) } ?? g
    let momentum = momentum
    for index in stride(from: range.lowerBound, to: whole, by: 8) {
      let byte = index &* 4
      let weight = w.loadUnaligned(fromByteOffset: byte, as: Lanes.self)
      var step = g.loadUnaligned(fromByteOffset: byte, as: Lanes.self)
      if scaled { step *= f.loadUnaligned(fromByteOffset: byte, as: Lanes.self) }
      step += decay * weight
      let speed = momentum * v.loadUnaligned(fromByteOffset: byte, as: Lanes.self) + step
      v.storeBytes(of: speed, toByteOffset: byte, as: Lanes.self)
      step = nesterov ? step + momentum * speed : speed
      w.storeBytes(of: weight - arrays.rate * step, toByteOffset: byte, as: Lanes.self)
    }
    for index in whole..<range.upperBound {
      var step = arrays.g[index]
      if scaled, let f = arrays.f { step *= f[index] }
      step += decay * arrays.w[index]
      let speed = momentum * arrays.v[index] + step
      arrays.v[index] = speed
      step = nesterov ? step + momentum * speed : speed
      arrays.w[index] -= arrays.rate * step
    }
  }
}
