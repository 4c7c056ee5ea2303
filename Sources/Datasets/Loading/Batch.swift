/// Samples and labels that a ``BatchLoader`` made ready; the memory goes back to the loader when the batch goes.
///
/// What the buffers lead to is the batch's and must not be used after it.
package struct Batch: ~Copyable {
  private let slot: BatchSlot
  private let queue: BatchQueue

  /// Number of samples, N.
  package let count: Int

  /// The samples, one after another: [N, C, H, W]. They may be written to.
  package var samples: UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(start: slot.samples, count: count * queue.sampleSize)
  }

  /// One class a sample; empty where the data set has no labels.
  package var labels: UnsafeBufferPointer<Int32> {
    UnsafeBufferPointer(start: slot.labels, count: queue.hasLabels ? count : 0)
  }

  /// Which samples of the data set these are.
  package var indices: UnsafeBufferPointer<Int> { UnsafeBufferPointer(start: slot.indices, count: count) }

  init(_ slot: BatchSlot, _ queue: BatchQueue) {
    self.slot = slot
    self.queue = queue
    count = slot.count
  }

  deinit { queue.giveBack(slot) }
}
