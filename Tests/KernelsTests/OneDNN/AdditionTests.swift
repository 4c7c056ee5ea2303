import Kernels
import Testing

@Suite("Addition in any layout")
struct AdditionTests {
  /// Among them layouts that round the channels up.
  private static func layouts() throws -> [TensorLayout] {
    try [11, 33, 165].map { channels in
      let convolution = NaiveConvolution((3, channels), [165 / channels, 1], [1, 1])
      return try #require(try convolution.kernel().outputs[0])
    } + [TensorLayout([2, 11, 5, 3]), TensorLayout([330])]
  }

  private let a = randomFloats(330, seed: 1)
  private let b = randomFloats(330, seed: 2)

  @Test("A + B, and max(A + B, 0) if asked for", arguments: [KernelMode.training, .inference])
  func sums(_ mode: KernelMode) throws {
    for layout in try Self.layouts() {
      let plain = try NativeAddition(layout, appliesRelu: false, mode: mode)
      #expect(try NativeKernel(plain, [a, b]).forward() == zip(a, b).map(+))
      let rectified = try NativeAddition(layout, appliesRelu: true, mode: mode)
      #expect(try NativeKernel(rectified, [a, b]).forward() == zip(a, b).map { max($0 + $1, 0) })
    }
  }

  @Test("Either operand may be overwritten")
  func inPlace() throws {
    for layout in try Self.layouts() {
      for appliesRelu in [false, true] {
        let kernel = try NativeAddition(layout, appliesRelu: appliesRelu, mode: .training)
        let expected = try NativeKernel(kernel, [a, b]).forward()
        #expect(kernel.overwritableInputs == [0, 1])
        for input in kernel.overwritableInputs {
          #expect(try NativeKernel(kernel, [a, b]).forward(inPlaceOf: input) == expected)
        }
      }
    }
  }

  @Test("Both operands of a sum have the sum's gradient, and nothing runs")
  func sharedGradient() throws {
    for mode in [KernelMode.training, .inference] {
      let kernel = try NativeAddition(TensorLayout([2, 3]), appliesRelu: false, mode: mode)
      guard case .outputGradient = kernel.gradientSharing else {
        Issue.record("a sum's gradient is not passed on as it is")
        continue
      }
      #expect(kernel.backwardReads == BackwardReads())
    }
  }

  @Test("Both operands of a rectified sum have one gradient, written to the first that is wanted")
  func rectifiedGradient() throws {
    let gradient = randomFloats(330, seed: 3)
    let expected = zip(gradient, zip(a, b)).map { $1.0 + $1.1 > 0 ? $0 : 0 }
    for layout in try Self.layouts() {
      let kernel = try NativeAddition(layout, appliesRelu: true, mode: .training)
      guard case .sameForAllInputs = kernel.gradientSharing else {
        Issue.record("a rectified sum's gradients are not shared")
        continue
      }
      let bound = try NativeKernel(kernel, [a, b])
      _ = try bound.forward()
      #expect(try bound.backward(gradient, wanted: [0]) == [0: expected])
      #expect(try bound.backward(gradient, wanted: [1]) == [1: expected])
      #expect(try bound.backward(gradient, wanted: [0], inPlace: true) == [0: expected])
    }
  }
}
