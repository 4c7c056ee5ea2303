import Kernels
import Testing

/// PyTorch's SGD, one parameter at a time.
@Suite("Steps of the optimizer")
struct MomentumUpdateTests {
  private struct Naive {
    var w: [Double]
    var v: [Double]

    mutating func step(
      _ g: [Float], _ f: [Float]?, decays: (Int) -> Double, momentum: Double, rate: Double, nesterov: Bool
    ) {
      for i in w.indices {
        var d = Double(g[i]) * Double(f?[i] ?? 1)
        d += decays(i) * w[i]
        v[i] = momentum * v[i] + d
        d = nesterov ? d + momentum * v[i] : v[i]
        w[i] -= rate * d
      }
    }
  }

  /// Parameters and momenta after three steps.
  private func trained(
    _ count: Int, _ decayed: [Range<Int>], nesterov: Bool, factors: Bool
  ) -> (w: [Float], v: [Float], naive: Naive) {
    var w = NaiveTensor.random([count], seed: 1).values
    var v = [Float](repeating: 0, count: count)
    var naive = Naive(w: w.map(Double.init), v: v.map(Double.init))
    let update = MomentumUpdate(
      count: count, decayed: decayed, weightDecay: 0.05, momentum: 0.9, nesterov: nesterov)
    let f = factors ? NaiveTensor.random([count], seed: 9).values : nil
    for step in 0..<3 {
      let g = NaiveTensor.random([count], seed: UInt64(step) + 2).values
      w.withUnsafeMutableBufferPointer { w in
        v.withUnsafeMutableBufferPointer { v in
          g.withUnsafeBufferPointer { g in
            guard let w = w.baseAddress, let v = v.baseAddress, let g = g.baseAddress else { return }
            if let f {
              f.withUnsafeBufferPointer {
                update.run(
                  parameters: w, gradients: g, momenta: v, factors: $0.baseAddress, learningRate: 0.1)
              }
            } else {
              update.run(parameters: w, gradients: g, momenta: v, learningRate: 0.1)
            }
          }
        }
      }
      naive.step(
        g, f, decays: { i in decayed.contains { $0.contains(i) } ? 0.05 : 0 }, momentum: 0.9, rate: 0.1,
        nesterov: nesterov)
    }
    return (w, v, naive)
  }

  @Test(
    "are a naive loop's",
    arguments: [
      (1, []), (1, [0..<1]), (37, [0..<37]), (37, [3..<4, 4..<20, 30..<37]), (100, [0..<0, 50..<51]),
      (40_001, [7..<9, 19_000..<21_003, 40_000..<40_001]),
    ] as [(Int, [Range<Int>])], [(false, false), (true, false), (false, true), (true, true)])
  func agree(arrays: (Int, [Range<Int>]), form: (nesterov: Bool, factors: Bool)) {
    defer { Parallel.setThreads(1) }
    Parallel.setThreads(1)
    let one = trained(arrays.0, arrays.1, nesterov: form.nesterov, factors: form.factors)
    expectClose(one.w, one.naive.w, within: 1e-6)
    expectClose(one.v, one.naive.v, within: 1e-6)
    Parallel.setThreads(2)
    let two = trained(arrays.0, arrays.1, nesterov: form.nesterov, factors: form.factors)
    #expect(one.w == two.w && one.v == two.v)
  }
}
