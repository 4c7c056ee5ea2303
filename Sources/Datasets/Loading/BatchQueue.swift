import Platform
import Synchronization

/// Which samples are to be read into which batch, and which batches are ready: what a loader's threads share.
///
/// Batches are filled in their order, each by all workers, who claim a few samples at a time; so the first batch is
/// ready as early as can be, and a thread more helps even with one batch.
final class BatchQueue: @unchecked Sendable {
  /// Samples of one batch that one worker reads.
  struct Claim {
    let slot: BatchSlot
    let positions: Range<Int>
    let epoch: Int
  }

  let sampleSize: Int
  let hasLabels: Bool
  let batchCount: Int
  private let sampleCount: Int
  private let batchSize: Int
  private let claimSize: Int
  private let slots: [BatchSlot]
  private let monitor = Monitor()
  /// Whether an epoch is going on; changed by who has the monitor, and looked at by workers before every sample.
  private let isRunning = Atomic(false)

  // Guarded by the monitor.
  private var order: SampleOrder
  private var epoch = 0
  private var isStopped = false
  /// The next batch to hand out, and the next to begin with.
  private var delivered = 0
  private var begun = 0
  /// The batch that still has samples to claim, and how many were.
  private var filling: BatchSlot?
  private var claimed = 0
  /// Claims that workers are busy with.
  private var busy = 0

  init(
    sampleSize: Int, hasLabels: Bool, order: SampleOrder, batchSize: Int, batchCount: Int, claimSize: Int,
    slots: [BatchSlot]
  ) {
    self.sampleSize = sampleSize
    self.hasLabels = hasLabels
    self.order = order
    self.batchSize = batchSize
    self.batchCount = batchCount
    self.claimSize = claimSize
    self.slots = slots
    sampleCount = order.indices.count
  }

  // MARK: The user's side

  /// Leaves the epoch that is going on, and begins one.
  func begin(epoch: Int, batch: Int) {
    monitor.locked {
      stopEpoch()
      while busy > 0 { monitor.wait() }
      for slot in slots where slot.state != .lent { slot.state = .free }
      order.prepare(epoch: epoch)
      self.epoch = epoch
      (delivered, begun, filling) = (batch, batch, nil)
      isRunning.store(true, ordering: .relaxed)
      monitor.announce()
    }
  }

  /// The next batch of the epoch, in order; nil after the last.
  ///
  /// - Throws: what reading one of its samples threw, of several the first in the batch; the epoch then ends.
  func next() throws -> BatchSlot? {
    try monitor.locked {
      guard isEpochGoingOn, delivered < batchCount else { return nil }
      while true {
        if let slot = slots.first(where: { $0.state == .ready && $0.batch == delivered }) {
          if let failure = slot.failure {
            stopEpoch()
            throw failure.error
          }
          slot.state = .lent
          delivered += 1
          return slot
        }
        precondition(
          slots.contains { $0.state != .lent }, "batches are kept, so that there is no memory for the next")
        monitor.wait()
      }
    }
  }

  func giveBack(_ slot: BatchSlot) {
    monitor.locked {
      slot.state = .free
      monitor.announce()
    }
  }

  /// Ends the workers, each after the sample that it is busy with.
  func stop() {
    monitor.locked {
      isStopped = true
      stopEpoch()
      monitor.announce()
    }
  }

  // MARK: The workers' side

  /// Whether there is any use in reading another sample.
  var isEpochGoingOn: Bool { isRunning.load(ordering: .relaxed) }

  /// Samples to read; waits for some. nil where there will be none.
  func claim() -> Claim? {
    monitor.locked {
      while !isStopped {
        if isEpochGoingOn, let slot = filling ?? beginBatch() {
          let positions = claimed..<min(claimed + claimSize, slot.count)
          claimed = positions.upperBound
          filling = claimed < slot.count ? slot : nil
          for position in positions {
            slot.indices[position] = order.indices[slot.batch * batchSize + position]
          }
          busy += 1
          return Claim(slot: slot, positions: positions, epoch: epoch)
        }
        monitor.wait()
      }
      return nil
    }
  }

  func complete(_ claim: Claim, failure: (position: Int, error: any Error)?) {
    monitor.locked {
      let slot = claim.slot
      busy -= 1
      slot.remaining -= claim.positions.count
      if let failure, failure.position < slot.failure?.position ?? .max { slot.failure = failure }
      if slot.remaining == 0 { slot.state = .ready }
      if slot.remaining == 0 || !isEpochGoingOn { monitor.announce() }
    }
  }

  private func stopEpoch() { isRunning.store(false, ordering: .relaxed) }

  private func beginBatch() -> BatchSlot? {
    guard begun < batchCount, let slot = slots.first(where: { $0.state == .free }) else { return nil }
    slot.state = .filling
    slot.batch = begun
    slot.count = min(batchSize, sampleCount - begun * batchSize)
    slot.remaining = slot.count
    slot.failure = nil
    begun += 1
    claimed = 0
    return slot
  }
}
