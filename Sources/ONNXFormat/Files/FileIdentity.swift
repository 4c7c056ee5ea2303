import SystemPackage

/// What tells whether a file is still the one that was looked at, with the content that it had.
struct FileIdentity: Equatable {
  let device: UInt64
  let inode: UInt64
  let size: Int64
  let modified: [Int]

  init(_ status: Stat) {
    device = UInt64(status.rawValue.st_dev)
    inode = UInt64(status.rawValue.st_ino)
    size = status.size
    modified = [
      Int(status.st_mtim.tv_sec), Int(status.st_mtim.tv_nsec), Int(status.st_ctim.tv_sec),
      Int(status.st_ctim.tv_nsec),
    ]
  }
}

extension FileDescriptor {
  /// The kernel's clock for the times of files ticks every few milliseconds.
  private static let tickInNanoseconds = 20_000_000

  /// What the file is, once it has been left alone for so long that another write shows in its times.
  ///
  /// - Returns: nil where it was written to meanwhile.
  func settledIdentity() throws -> FileIdentity? {
    let status = try stat()
    let age = SystemCalls.nanoseconds(since: status.rawValue.st_mtim)
    guard (0..<Self.tickInNanoseconds).contains(age) else { return FileIdentity(status) }
    SystemCalls.sleep(nanoseconds: Self.tickInNanoseconds - age)
    let settled = FileIdentity(try stat())
    return settled == FileIdentity(status) ? settled : nil
  }

  /// Reads until `target` is full or the file ends; returns the number of bytes.
  func readFully(into target: UnsafeMutableRawBufferPointer, from offset: Int64) throws -> Int {
    var count = 0
    while count < target.count {
      let part = UnsafeMutableRawBufferPointer(rebasing: target[count...])
      let read = try self.read(fromAbsoluteOffset: offset + Int64(count), into: part)
      if read == 0 { break }
      count += read
    }
    return count
  }
}
