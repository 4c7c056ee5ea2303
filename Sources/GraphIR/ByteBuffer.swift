#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Bytes in native memory that nobody changes after they were filled; freed with the last reference.
///
/// A model's file is read into one buffer, and every weight is a ``Bytes`` view of it: loading copies nothing.
package final class ByteBuffer: @unchecked Sendable {
  private let memory: UnsafeMutableRawBufferPointer

  /// Allocates `count` bytes and lets `fill` write them; nothing writes to them afterwards.
  ///
  /// - Throws: what `fill` throws, or `out-of-memory` where the system gives none.
  package init(count: Int, filledBy fill: (UnsafeMutableRawBufferPointer) throws -> Void) throws {
    guard let base = Self.allocate(count) else {
      throw CompileError(
        "out-of-memory", "\(count) bytes could not be allocated", exit: .resources,
        hint: "give the process more memory or a smaller model")
    }
    memory = UnsafeMutableRawBufferPointer(start: base, count: count)
    // Where this throws, `deinit` frees: everything that it needs is there.
    try fill(memory)
  }

  /// Large buffers ask for large pages: filling 100 MB takes a third of the time without 25,000 page faults.
  private static func allocate(_ count: Int) -> UnsafeMutableRawPointer? {
    let largePage = 1 << 21
    guard count >= 2 * largePage else { return malloc(max(count, 1)) }
    var base: UnsafeMutableRawPointer?
    guard posix_memalign(&base, largePage, count) == 0 else { return nil }
    #if os(Linux)
      madvise(base, count, MADV_HUGEPAGE)
    #endif
    return base
  }

  deinit { free(memory.baseAddress) }

  package var count: Int { memory.count }

  package var pointer: UnsafeRawBufferPointer { UnsafeRawBufferPointer(memory) }
}
