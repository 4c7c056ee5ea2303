#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The memory of one batch, used for one after another.
///
/// What is not constant is guarded by the queue's monitor, except the memory: workers write to parts of it that they
/// claimed, and who has the batch reads it.
final class BatchSlot: @unchecked Sendable {
  enum State {
    case free
    /// Workers write to it.
    case filling
    case ready
    /// The loader's user has it.
    case lent
  }

  let samples: UnsafeMutablePointer<Float>
  let labels: UnsafeMutablePointer<Int32>
  let indices: UnsafeMutablePointer<Int>

  var state = State.free
  /// Which batch of the epoch it holds, and how many samples that has.
  var batch = 0
  var count = 0
  /// Samples that are not written yet.
  var remaining = 0
  /// What went wrong with the first sample of the batch with which something did.
  var failure: (position: Int, error: any Error)?

  /// A cache line, and the widest vector register.
  private static let alignment = 64

  /// nil where there is not enough memory.
  init?(capacity: Int, sampleSize: Int) {
    var memory: UnsafeMutableRawPointer?
    guard let bytes = ElementCount.of([capacity, sampleSize, MemoryLayout<Float>.stride]),
      posix_memalign(&memory, Self.alignment, bytes) == 0, let memory
    else { return nil }
    samples = memory.bindMemory(to: Float.self, capacity: capacity * sampleSize)
    labels = .allocate(capacity: capacity)
    indices = .allocate(capacity: capacity)
  }

  deinit {
    free(samples)
    labels.deallocate()
    indices.deallocate()
  }
}
