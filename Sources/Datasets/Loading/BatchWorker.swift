/// What one of a loader's threads does: reads, varies and normalises the samples that it claims.
final class BatchWorker: @unchecked Sendable {
  private let queue: BatchQueue
  private let dataset: any Dataset
  private let labels: [Int32]?
  private let transform: SampleTransform
  private let seed: UInt64
  /// A sample before it is cropped.
  private let uncropped: UnsafeMutableBufferPointer<Float>

  init(_ queue: BatchQueue, _ dataset: any Dataset, _ transform: SampleTransform, seed: UInt64) {
    self.queue = queue
    self.dataset = dataset
    self.transform = transform
    self.seed = seed
    labels = dataset.labels
    uncropped = .allocate(capacity: queue.sampleSize)
  }

  deinit { uncropped.deallocate() }

  func run() {
    while let claim = queue.claim() {
      var failure: (position: Int, error: any Error)?
      for position in claim.positions where queue.isEpochGoingOn {
        do { try read(position, claim) } catch {
          failure = (position, error)
          break
        }
      }
      queue.complete(claim, failure: failure)
    }
  }

  private func read(_ position: Int, _ claim: BatchQueue.Claim) throws {
    let size = queue.sampleSize
    let index = claim.slot.indices[position]
    let target = UnsafeMutableBufferPointer(start: claim.slot.samples + position * size, count: size)
    if let labels { claim.slot.labels[position] = labels[index] }
    if case .none = transform.augmentation {
      try dataset.read(index, into: target)
      transform.normalize(target)
    } else {
      try dataset.read(index, into: uncropped)
      let variation = Variation(transform.augmentation, seed: seed, epoch: claim.epoch, index: index)
      transform.apply(variation, uncropped, into: target)
    }
  }
}
