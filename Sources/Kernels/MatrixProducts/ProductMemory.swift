import COpenBLAS
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Address space for matrix products: OpenBLAS maps 128 MiB for each thread at its first product, and where the system
/// gives none it asks again for ever.
package enum ProductMemory {
  private static let bytesPerThread = 129 << 20
  /// Threads whose memory OpenBLAS has. What it has, it keeps.
  private static let reserved = Mutex(0)

  /// Lets OpenBLAS take what it needs, where there is so much; to be called before other large allocations.
  ///
  /// - Throws: out of memory where the system would not give it. Then no product may be computed.
  package static func reserve() throws(KernelError) {
    try reserved.withLock { count throws(KernelError) in
      let threads = Parallel.threadCount
      guard threads > count else { return }
      Parallel.keepBLASOnOneThread()
      // Threads that OpenBLAS starts itself, when it is loaded, may still be about to take theirs.
      let asking = threads - count + Int(openblas_get_num_procs()) - 1
      guard canMap(bytesPerThread * asking) else {
        throw KernelError("matrix products: out of memory")
      }
      multiply(threads)
      count = threads
    }
  }

  private static func canMap(_ count: Int) -> Bool {
    let pages = mmap(nil, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard pages != MAP_FAILED else { return false }
    munmap(pages, count)
    return true
  }

  /// Products on all threads at the same time: one after the other would share memory.
  private static func multiply(_ threads: Int) {
    // Smaller ones need no memory.
    let length = 128
    let rounds = threads > 1 ? 20 : 1
    let arrived = Atomic(0)
    Parallel.run(threads, grain: 1) { _ in
      let factor = [Float](repeating: 0, count: length * length)
      var product = factor
      for round in 1...rounds {
        arrived.add(1, ordering: .acquiringAndReleasing)
        // Where fewer threads than that are there, none is waited for long.
        var patience = 100_000
        while arrived.load(ordering: .acquiring) < round * threads, patience > 0 { patience -= 1 }
        cblas_sgemm(
          CblasRowMajor, CblasNoTrans, CblasNoTrans, blasint(length), blasint(length), blasint(length), 1,
          factor,
          blasint(length), factor, blasint(length), 0, &product, blasint(length))
      }
    }
  }
}
