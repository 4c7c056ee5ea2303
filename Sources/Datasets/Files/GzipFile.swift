import CZlib

/// A gzip-compressed file, or one that is not compressed, which is then read as it is.
final class GzipFile: ByteSource {
  let name: String
  private let stream: gzFile

  var size: Int? { nil }

  /// What can come out of a file of this length at most: deflate makes 1,032 bytes of one.
  let largestSize: Int

  init(_ path: String) throws {
    name = path
    let file = try DataFile(path)
    largestSize = 1032 * (file.size ?? 0)
    guard let stream = gzdopen(try file.duplicate(), "rb") else {
      throw DatasetError(.memory, path, "cannot be opened: out of memory")
    }
    self.stream = stream
  }

  deinit { gzclose_r(stream) }

  func read(into target: UnsafeMutableRawBufferPointer) throws -> Int {
    var count = 0
    while count < target.count, let base = target.baseAddress {
      let read = gzread(stream, base + count, UInt32(min(target.count - count, 1 << 30)))
      if read <= 0 {
        // A stream that ends in the middle returns 0 like one that is complete; only the status differs.
        var status = Z_OK
        let text = gzerror(stream, &status).map { String(cString: $0) } ?? "damaged"
        guard status == Z_OK || status == Z_STREAM_END else {
          throw DatasetError(
            .format, name, "cannot be decompressed: \(text)", hint: "the download or copy did not finish")
        }
        break
      }
      count += Int(read)
    }
    return count
  }
}
