import SystemPackage

/// A regular file, open for reading.
final class DataFile: ByteSource {
  let name: String
  private let file: FileDescriptor
  private let byteCount: Int

  var size: Int? { byteCount }

  /// - Throws: `dataset-open`; also for what is no regular file, as a pipe would never end or not begin.
  init(_ path: String) throws {
    name = path
    do {
      file = try .open(FilePath(path), .readOnly, options: [.closeOnExec, .nonBlocking])
    } catch let error as Errno { throw Self.error(path, "cannot be opened: \(error)") }
    do {
      let status = try file.stat()
      guard status.type == .regular else { throw Self.error(path, "is no regular file") }
      byteCount = Int(status.size)
    } catch {
      try? file.close()
      throw error is Errno ? Self.error(path, "cannot be read: \(error)") : error
    }
  }

  deinit { try? file.close() }

  func read(into target: UnsafeMutableRawBufferPointer) throws -> Int {
    var count = 0
    do {
      while count < target.count {
        let read = try file.read(into: UnsafeMutableRawBufferPointer(rebasing: target[count...]))
        if read == 0 { break }
        count += read
      }
    } catch let error as Errno { throw Self.error(name, "cannot be read: \(error)") }
    return count
  }

  /// A descriptor of its own for a C library, which closes it.
  func duplicate() throws -> Int32 {
    do { return try file.duplicate().rawValue } catch let error as Errno {
      throw Self.error(name, "cannot be read: \(error)")
    }
  }

  /// The whole content.
  ///
  /// - Throws: `dataset-open`; `dataset-memory` above `limit` bytes.
  static func contents(_ path: String, limit: Int) throws -> [UInt8] {
    let file = try DataFile(path)
    guard file.byteCount <= limit else {
      throw DatasetError(.memory, path, "has \(file.byteCount) bytes, \(limit) are allowed")
    }
    return try file.bytes(file.byteCount)
  }

  private static func error(_ path: String, _ message: String) -> DatasetError {
    DatasetError(.open, path, message)
  }
}
