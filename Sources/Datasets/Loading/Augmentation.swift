/// How samples are varied from epoch to epoch.
package enum Augmentation: Sendable, Equatable {
  case none

  /// The usual recipe for small images: `padding` pixels of zeros on every side, a crop of the old size anywhere in it,
  /// and a flip from left to right every other time, before the normalisation (in torchvision: RandomCrop with padding,
  /// RandomHorizontalFlip, ToTensor, Normalize). Samples are [C, H, W].
  case cropFlip(padding: Int)
}

/// What is done with one sample in one epoch.
struct Variation: Equatable {
  /// Where the crop begins in the sample itself; negative in the padding.
  var top = 0
  var left = 0
  var isFlipped = false

  init(_ augmentation: Augmentation, seed: UInt64, epoch: Int, index: Int) {
    guard case .cropFlip(let padding) = augmentation else { return }
    var random = CounterRandom(seed: seed, epoch: epoch, index: index)
    top = random.below(2 * padding + 1) - padding
    left = random.below(2 * padding + 1) - padding
    isFlipped = random.next() >> 63 == 1
  }
}
