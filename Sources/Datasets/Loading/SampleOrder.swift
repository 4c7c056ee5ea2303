/// In which order an epoch takes the samples.
struct SampleOrder {
  private(set) var indices: [Int]
  private let shuffles: Bool
  private let seed: UInt64

  init(count: Int, shuffles: Bool, seed: UInt64) {
    indices = Array(0..<count)
    self.shuffles = shuffles
    self.seed = seed
  }

  /// The order of an epoch, by Fisher and Yates; it depends on seed and epoch alone. Allocates nothing.
  mutating func prepare(epoch: Int) {
    guard shuffles else { return }
    for index in indices.indices { indices[index] = index }
    // No sample has this index, so that no augmentation draws the same numbers.
    var random = CounterRandom(seed: seed, epoch: epoch, index: -1)
    for index in stride(from: indices.count - 1, to: 0, by: -1) {
      indices.swapAt(index, random.below(index + 1))
    }
  }
}
