import Kernels
import Testing

@Suite("Dropout while training")
struct DropoutTests {
  private func forward(_ kernel: DropoutKernel, _ x: [Float]) throws -> (y: [Float], mask: [Int64]) {
    let outputs = try KernelLaw.outputs(kernel, [.floats(x)])
    return (outputs[0].floats, outputs[1].integers)
  }

  @Test("leaves out the share it is told, and scales the rest", arguments: [0, 0.1, 0.5, 0.9, 1])
  func share(ratio: Double) throws {
    let count = 40_001
    let x = NaiveTensor.random([count]).values
    let (y, mask) = try forward(DropoutKernel([count], ratio: ratio, seed: 7, returnsMask: true), x)
    let scale = ratio < 1 ? Float(1 / (1 - ratio)) : 0
    for index in x.indices where y[index] != (mask[index] == 1 ? x[index] * scale : 0) {
      Issue.record("element \(index) is \(y[index])")
      break
    }
    #expect(mask.allSatisfy { $0 == 0 || $0 == 1 })
    let kept = Double(mask.reduce(0, +)) / Double(count)
    // Five standard deviations of a binomial distribution.
    #expect(abs(kept - (1 - ratio)) <= 5 * (ratio * (1 - ratio) / Double(count)).squareRoot())
  }

  @Test("neighbours are independent of each other")
  func independence() throws {
    let count = 40_000
    let kernel = DropoutKernel([count], ratio: 0.5, seed: 1, returnsMask: true)
    let mask = try forward(kernel, [Float](repeating: 1, count: count)).mask
    for distance in 1...4 {
      let equal = zip(mask, mask.dropFirst(distance)).count { $0 == $1 }
      #expect(abs(Double(equal) / Double(count - distance) - 0.5) < 0.0125, "at distance \(distance)")
    }
  }

  @Test("draws the same mask for the same seed and step, and another for others")
  func repeatable() throws {
    let x = [Float](repeating: 1, count: 999)
    func mask(seed: UInt64, step: UInt64) throws -> [Int64] {
      let kernel = DropoutKernel([999], ratio: 0.5, seed: seed, returnsMask: true)
      kernel.step = step
      return try forward(kernel, x).mask
    }
    let first = try mask(seed: 1, step: 0)
    #expect(try mask(seed: 1, step: 0) == first)
    for (seed, step) in [(1, 1), (2, 0), (0, 1)] as [(UInt64, UInt64)] {
      let equal = try zip(mask(seed: seed, step: step), first).count { $0 == $1 }
      #expect((400...600).contains(equal))
    }
  }

  @Test("its gradient passes where its output does")
  func gradient() throws {
    let count = 40_001
    let kernel = DropoutKernel([count], ratio: 0.3, seed: 5)
    kernel.step = 12
    try KernelLaw.checkAdjoint(kernel, [Operand(NaiveTensor<Float>.random([count]))])
  }

  @Test("an element that is left out is 0 even if it was no number")
  func notANumber() throws {
    let kernel = DropoutKernel([3], ratio: 1, seed: 5)
    #expect(try KernelLaw.outputs(kernel, [.floats([.nan, .infinity, 1])]) == [.floats([0, 0, 0])])
  }
}
