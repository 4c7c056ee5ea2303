import Kernels
import Testing

@Suite("Folded normalisation")
struct FoldedNormalizationTests {
  @Test(
    "A convolution with what it makes is a convolution and a normalisation",
    arguments: [
      NaiveConvolution((3, 16), [6, 5], [3, 3], pads: ([1, 1], [1, 1])),
      NaiveConvolution((11, 17), [4, 4], [1, 1], hasBias: false),
      NaiveConvolution((16, 16), [5, 5], [3, 3], groups: 16, hasBias: false),
      NaiveConvolution((6, 4), [5], [3], groups: 2),
    ])
  func afterConvolution(_ naive: NaiveConvolution) throws {
    let operands = naive.operands()
    let channels = naive.channels.1
    let parameters = (5...7).map { randomFloats(channels, seed: $0) }
    let variance = randomFloats(channels, seed: 8).map { 1.5 + $0 }
    let epsilon: Float = 1e-3

    let y = try NativeKernel(naive.kernel(.inference), operands).forward()
    let normalisation = try BatchNormalizationKernel(
      input: TensorLayout(naive.outputDims), epsilon: epsilon, momentum: 0.9, mode: .inference,
      appliesRelu: false)
    let expected = try NativeKernel(normalisation, [y] + parameters + [variance]).forward()

    let folding = FoldedNormalization(weights: naive.weightDims, hasBias: naive.hasBias, epsilon: epsilon)
    let folded = try NativeKernel(folding, operands[1...] + parameters + [variance])
    try folded.bind()()
    var other = naive
    other.hasBias = true
    let results = try folded.outputs.map { try $0?.read() }
    let together = try NativeKernel(other.kernel(.inference), [operands[0]] + results).forward()
    expectClose(together, expected.wide, within: 1e-5)
  }

  @Test("W′ and B′ are the formulas")
  func formulas() throws {
    let folding = FoldedNormalization(weights: [2, 1, 1, 2], hasBias: true, epsilon: 0)
    let bound = try NativeKernel(
      folding, [[1, 2, 3, 4], [10, 20], [2, 3], [0.5, -1], [4, 8], [4, 9]])
    #expect(try bound.forward() == [1, 2, 3, 4])
    #expect(try bound.outputs[1]?.read() == [6.5, 11])
  }

  @Test("An omitted B is 0")
  func withoutBias() throws {
    let folding = FoldedNormalization(weights: [1, 1, 1], hasBias: false, epsilon: 0)
    let bound = try NativeKernel(folding, [[4], nil, [1], [2], [3], [4]])
    #expect(try bound.forward() == [2])
    #expect(try bound.outputs[1]?.read() == [0.5])
  }
}
