import SystemPackage

/// Files that are read whole: plans, checkpoints, settings.
package enum WholeFile {
  /// More bytes than the reader takes. Some files have no end, as `/dev/zero`.
  package struct TooLarge: Error {}

  /// - Throws: ``TooLarge``, or an `Errno`.
  package static func read(_ path: FilePath, atMost limit: Int) throws -> [UInt8] {
    let file = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
    defer { try? file.close() }
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = try part.withUnsafeMutableBytes({ try file.read(into: $0) }), count > 0 {
      guard count <= limit - bytes.count else { throw TooLarge() }
      bytes += part[..<count]
    }
    return bytes
  }
}
