#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Address space for matrix products: OpenBLAS maps 128 MiB for each thread at its first product, and where the system
/// gives none it asks again for ever.
package enum ProductMemory {
  private static let bytesPerThread = 129 << 20

  /// Whether the system would give it. Asked once: what OpenBLAS has then, it keeps.
  package static let isAvailable: Bool = {
    let count = bytesPerThread * Parallel.threadCount
    let pages = mmap(nil, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard pages != MAP_FAILED else { return false }
    munmap(pages, count)
    return true
  }()
}
