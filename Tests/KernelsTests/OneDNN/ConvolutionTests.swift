import Kernels
import Testing

@Suite("Convolution")
struct ConvolutionTests {
  /// Compares Y and the gradients of X, W and B with loops in Double.
  private func check(_ naive: NaiveConvolution, seed: UInt64 = 1) throws {
    let operands = naive.operands(seed: seed)
    let bound = try NativeKernel(naive.kernel(), operands)
    expectClose(try bound.forward(), naive.forward(operands), within: 1e-4)
    let gradient = randomFloats(naive.outputDims.product, seed: seed + 3)
    let gradients = try bound.backward(gradient)
    #expect(gradients.keys.sorted() == (naive.hasBias ? [0, 1, 2] : [0, 1]))
    let expected = naive.backward(operands, gradient)
    for (index, values) in gradients { expectClose(values, expected[index], within: 1e-4) }

    let inference = try NativeKernel(naive.kernel(.inference), operands)
    expectClose(try inference.forward(), naive.forward(operands), within: 1e-4)
  }

  @Test(
    "A sum of products in a window, and its gradients",
    arguments: [
      NaiveConvolution((1, 1), [5, 5], [1, 1]),
      NaiveConvolution((3, 16), [9, 7], [3, 3], pads: ([1, 1], [1, 1])),
      NaiveConvolution((16, 32), [8, 8], [3, 3], pads: ([1, 1], [1, 1]), hasBias: false),
      NaiveConvolution((32, 17), [5, 7], [1, 1]),
      NaiveConvolution((17, 11), [6, 5], [1, 1], strides: [2, 2]),
      NaiveConvolution((11, 5), [9, 9], [5, 5], strides: [2, 1], pads: ([2, 2], [2, 2])),
      NaiveConvolution((5, 3), [8, 9], [2, 4], pads: ([0, 1], [1, 2])),
      NaiveConvolution((3, 11), [11, 10], [3, 3], dilations: [2, 3], pads: ([2, 3], [1, 3])),
      NaiveConvolution(
        (16, 16), [7, 7], [3, 3], dilations: [2, 2], pads: ([2, 2], [2, 2]), hasBias: false),
      NaiveConvolution((1, 32), [12, 12], [5, 4], strides: [3, 2], hasBias: false),
      NaiveConvolution((3, 3), [3, 3], [3, 3]),
    ])
  func dense(_ naive: NaiveConvolution) throws { try check(naive) }

  @Test(
    "Channels in groups",
    arguments: [
      NaiveConvolution((4, 6), [6, 6], [3, 3], groups: 2),
      NaiveConvolution((32, 32), [6, 5], [3, 3], groups: 2, pads: ([1, 1], [1, 1]), hasBias: false),
      NaiveConvolution((15, 10), [5, 6], [3, 2], groups: 5, strides: [2, 1], pads: ([1, 0], [0, 1])),
      NaiveConvolution((32, 16), [4, 4], [1, 1], groups: 4),
      NaiveConvolution((16, 16), [7, 7], [3, 3], groups: 16, pads: ([1, 1], [1, 1])),
      NaiveConvolution((17, 17), [9, 8], [5, 5], groups: 17, strides: [2, 2], pads: ([2, 2], [2, 1])),
      NaiveConvolution((11, 11), [7, 7], [3, 3], groups: 11, dilations: [2, 2], hasBias: false),
      NaiveConvolution((3, 6), [6, 6], [3, 3], groups: 3, pads: ([1, 1], [1, 1])),
      NaiveConvolution((32, 32), [8, 7], [3, 3], groups: 32, strides: [1, 2], pads: ([0, 1], [1, 1])),
    ])
  func grouped(_ naive: NaiveConvolution) throws { try check(naive) }

  @Test(
    "One spatial axis, or three",
    arguments: [
      NaiveConvolution((3, 16), [19], [5], strides: [2], pads: ([1], [3])),
      NaiveConvolution((17, 5), [16], [3], dilations: [3], pads: ([3], [3]), hasBias: false),
      NaiveConvolution((8, 12), [11], [4], groups: 4, pads: ([0], [3])),
      NaiveConvolution((11, 11), [13], [3], groups: 11, pads: ([2], [0])),
      NaiveConvolution((3, 5), [5, 6, 7], [3, 3, 3], pads: ([1, 1, 1], [1, 1, 1])),
      NaiveConvolution((16, 17), [4, 5, 4], [1, 3, 2], strides: [1, 2, 1], pads: ([0, 1, 1], [0, 0, 0])),
      NaiveConvolution((6, 6), [5, 5, 5], [2, 3, 2], groups: 3, dilations: [1, 2, 1], hasBias: false),
      NaiveConvolution((16, 16), [4, 4, 4], [3, 3, 3], groups: 16, pads: ([1, 1, 1], [1, 1, 1])),
    ])
  func otherRanks(_ naive: NaiveConvolution) throws { try check(naive) }

  /// Where there is output padding, the end pads are that much smaller.
  @Test(
    "Transposed",
    arguments: [
      NaiveConvolution((1, 3), [4, 5], [2, 2], isTransposed: true),
      NaiveConvolution((16, 11), [5, 4], [3, 3], pads: ([1, 1], [1, 1]), isTransposed: true),
      NaiveConvolution(
        (3, 5), [4, 4], [3, 3], strides: [2, 2], pads: ([1, 1], [0, 0]), isTransposed: true),
      NaiveConvolution(
        (16, 32), [5, 5], [4, 4], strides: [2, 2], pads: ([1, 1], [1, 1]), isTransposed: true,
        hasBias: false),
      NaiveConvolution((32, 17), [3, 4], [2, 2], strides: [2, 2], isTransposed: true),
      NaiveConvolution(
        (17, 16), [4, 3], [3, 5], strides: [3, 2], pads: ([0, 2], [1, 1]), isTransposed: true),
      NaiveConvolution(
        (5, 3), [4, 5], [3, 2], dilations: [2, 3], pads: ([1, 0], [2, 1]), isTransposed: true),
      NaiveConvolution(
        (6, 4), [4, 5], [3, 3], groups: 2, strides: [2, 1], pads: ([1, 1], [0, 1]), isTransposed: true),
      NaiveConvolution(
        (32, 32), [4, 4], [3, 3], groups: 2, pads: ([1, 1], [1, 1]), isTransposed: true, hasBias: false),
      NaiveConvolution(
        (11, 11), [4, 4], [4, 4], groups: 11, strides: [2, 2], pads: ([1, 1], [1, 1]), isTransposed: true,
        hasBias: false),
      NaiveConvolution((5, 11), [9], [4], strides: [3], pads: ([1], [0]), isTransposed: true),
      NaiveConvolution((4, 6), [7], [3], groups: 2, dilations: [2], isTransposed: true),
      NaiveConvolution(
        (3, 5), [3, 4, 2], [2, 3, 2], strides: [2, 1, 2], pads: ([0, 1, 0], [0, 1, 0]), isTransposed: true),
    ])
  func transposed(_ naive: NaiveConvolution) throws { try check(naive) }

  @Test("Any shape at all", arguments: 0..<40)
  func random(seed: Int) throws {
    var numbers = TestNumbers(UInt64(seed + 100))
    let rank = numbers.int(1...20) > 3 ? 2 : numbers.int(1...3)
    func lengths(_ range: ClosedRange<Int>) -> [Int] { (0..<rank).map { _ in numbers.int(range) } }
    let counts = [1, 3, 5, 11, 16, 17, 32]
    var channels = (counts[numbers.int(0...6)], counts[numbers.int(0...6)])
    var groups = 1
    switch numbers.int(0...3) {
    case 0: (channels.1, groups) = (channels.0, channels.0)
    case 1:
      groups = numbers.int(2...4)
      channels = (groups * numbers.int(1...6), groups * numbers.int(1...6))
    default: break
    }
    let (window, dilations, begin, end) = (lengths(1...5), lengths(1...2), lengths(0...2), lengths(0...2))
    // A pad must be smaller than the window's reach, and X at least as long as what is left of it.
    let reach = (0..<rank).map { dilations[$0] * (window[$0] - 1) + 1 }
    let pads = (
      (0..<rank).map { min(begin[$0], reach[$0] - 1) }, (0..<rank).map { min(end[$0], reach[$0] - 1) }
    )
    let size = (0..<rank).map { rank == 3 ? reach[$0] : max(reach[$0] + numbers.int(-1...4), 1) }
    let naive = NaiveConvolution(
      channels, size, window, groups: groups, strides: lengths(1...3), dilations: dilations, pads: pads,
      isTransposed: numbers.int(0...2) == 0, hasBias: numbers.int(0...1) == 0)
    guard naive.outputSize.allSatisfy({ $0 > 0 }) else { return }
    try check(naive, seed: UInt64(seed))
  }
}
