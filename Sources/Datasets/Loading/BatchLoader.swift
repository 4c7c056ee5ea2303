import Platform

/// Reads a data set in batches, ahead of who uses them, on threads of its own.
///
///     loader.begin(epoch: 0)
///     while let batch = try loader.next() { ... }
///
/// Order and augmentation depend on seed, epoch and sample alone, not on the number of threads. Batches are made in
/// memory that is used again and again: with samples in memory nothing is allocated after the first epoch began. One
/// user at a time. The threads end with the loader.
package final class BatchLoader: @unchecked Sendable {
  /// Shape of a sample, without the batch axis.
  package let sampleShape: [Int]
  /// Batches of an epoch.
  package var batchCount: Int { queue.batchCount }
  private let queue: BatchQueue
  private var threads: [WorkerThread] = []

  /// - Parameters:
  ///   - batchSize: N, at least 1; the last batch of an epoch may have fewer samples.
  ///   - shuffles: whether every epoch has an order of its own, or all that of the data set.
  ///   - threads: how many read, at least 1.
  ///   - dropsLast: whether a last batch with fewer samples is left out.
  ///   - batchesInFlight: batches in memory, those that the user has included, at least 2.
  /// - Throws: `dataset-preprocessing`, `dataset-shape` (crops of what is no image), `dataset-empty` (no whole batch),
  ///   `dataset-memory`, `dataset-threads`.
  package init(
    _ dataset: any Dataset, batchSize: Int, shuffles: Bool, seed: UInt64,
    preprocessing: Preprocessing = .none,
    augmentation: Augmentation = .none, threads: Int = 1, dropsLast: Bool = false, batchesInFlight: Int = 3
  ) throws {
    precondition(batchSize > 0 && threads > 0 && batchesInFlight > 1)
    let batchCount =
      dataset.count / batchSize + (dropsLast || dataset.count.isMultiple(of: batchSize) ? 0 : 1)
    guard batchCount > 0 else {
      throw DatasetError(
        .empty, dataset.path, "has \(dataset.count) samples, fewer than a batch of \(batchSize)",
        hint: "take smaller batches")
    }
    sampleShape = dataset.sampleShape
    let size = dataset.sampleSize
    let transform = try SampleTransform(preprocessing, augmentation, shape: sampleShape, path: dataset.path)
    let slots = try (0..<batchesInFlight).map { _ in
      guard let slot = BatchSlot(capacity: min(batchSize, dataset.count), sampleSize: size) else {
        throw DatasetError(
          .memory, dataset.path,
          "a batch of \(batchSize) samples \(dataset.sampleShape) does not fit into memory",
          hint: "take smaller batches")
      }
      return slot
    }
    queue = BatchQueue(
      sampleSize: size, hasLabels: dataset.labels != nil,
      order: SampleOrder(count: dataset.count, shuffles: shuffles, seed: seed), batchSize: batchSize,
      batchCount: batchCount, claimSize: Self.claimSize(batchSize, threads), slots: slots)
    for _ in 0..<threads {
      let worker = BatchWorker(queue, dataset, transform, seed: seed)
      guard let thread = WorkerThread({ worker.run() }) else {
        endThreads()
        throw DatasetError(
          .threads, dataset.path, "the system starts no more than \(self.threads.count) threads to read with",
          hint: "ask for fewer")
      }
      self.threads.append(thread)
    }
  }

  deinit { endThreads() }

  /// Begins an epoch, whether or not the one before it was read to its end, at its batch number `batch`.
  ///
  /// Batches of the one before should be gone, as they take memory from this one.
  package func begin(epoch: Int, batch: Int = 0) { queue.begin(epoch: epoch, batch: batch) }

  /// The next batch; nil after the last one of the epoch.
  ///
  /// - Throws: what reading its samples threw; of several the first in the batch. The epoch ends there.
  package func next() throws -> Batch? {
    guard let slot = try queue.next() else { return nil }
    return Batch(slot, queue)
  }

  private func endThreads() {
    queue.stop()
    for thread in threads { thread.join() }
    threads = []
  }

  /// Large enough that taking turns costs nothing, small enough that all threads work on one batch.
  private static func claimSize(_ batchSize: Int, _ threads: Int) -> Int {
    max(1, min(32, batchSize / (2 * threads)))
  }
}
