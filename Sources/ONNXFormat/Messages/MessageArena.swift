import COnnx

/// Memory for a tree of C messages, freed as a whole, with a limit on its bytes.
///
/// protobuf-c unpacks into it through a `ProtobufCAllocator`, which hands out nothing beyond the limit; the exporter
/// builds its structures in it. Single blocks are never freed, so structures may point to memory of others, such as
/// the file's buffer.
final class MessageArena {
  private var blocks: [UnsafeMutableRawPointer] = []
  private var next: UnsafeMutableRawPointer?
  private var left = 0
  private let limit: Int
  private(set) var used = 0
  /// Something was asked for that the limit did not allow.
  private(set) var isExhausted = false

  private static let blockSize = 1 << 18
  private static let alignment = 16

  /// - Parameter limit: bytes that the arena hands out at most.
  init(limit: Int = .max) { self.limit = limit }

  deinit { for block in blocks { block.deallocate() } }

  /// `count` bytes aligned for anything; nil beyond the limit.
  func allocate(_ count: Int) -> UnsafeMutableRawPointer? {
    guard count >= 0, count <= limit - used else {
      isExhausted = true
      return nil
    }
    let size = max(Self.alignment, (count + Self.alignment - 1) & ~(Self.alignment - 1))
    used += count
    if size > Self.blockSize / 4 { return addBlock(size) }
    if size > left {
      next = addBlock(Self.blockSize)
      left = Self.blockSize
    }
    defer {
      next = next.map { $0 + size }
      left -= size
    }
    return next
  }

  private func addBlock(_ size: Int) -> UnsafeMutableRawPointer {
    let block = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: Self.alignment)
    blocks.append(block)
    return block
  }

  /// Calls `body` with an allocator whose memory is the arena's; it is valid during the call alone.
  func withAllocator<Result>(_ body: (UnsafeMutablePointer<ProtobufCAllocator>) throws -> Result) rethrows
    -> Result
  {
    var allocator = ProtobufCAllocator(
      alloc: { arena, count in
        guard let arena else { return nil }
        return Unmanaged<MessageArena>.fromOpaque(arena).takeUnretainedValue().allocate(count)
      },
      free: { _, _ in }, allocator_data: Unmanaged.passUnretained(self).toOpaque())
    return try withExtendedLifetime(self) { try body(&allocator) }
  }
}
