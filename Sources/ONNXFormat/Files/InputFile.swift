import GraphIR
import SystemPackage

/// Files beside models, such as plans and checkpoints: read whole, and their folders listed.
package enum InputFile {
  /// - Throws: `input-unreadable`, which says why.
  package static func bytes(of path: String) throws -> [UInt8] {
    do {
      let file = try FileDescriptor.open(FilePath(path), .readOnly, options: .closeOnExec)
      defer { try? file.close() }
      var bytes: [UInt8] = []
      var part = [UInt8](repeating: 0, count: 1 << 18)
      while case let count = try part.withUnsafeMutableBytes({ try file.read(into: $0) }), count > 0 {
        bytes += part[..<count]
      }
      return bytes
    } catch { throw unreadable(path, error) }
  }

  /// The names in a folder, sorted; none where there is no folder.
  ///
  /// - Throws: `input-unreadable`, which says why.
  package static func names(inFolder path: String) throws -> [String] {
    do { return try SystemCalls.names(in: FilePath(path)) } catch Errno.noSuchFileOrDirectory {
      return []
    } catch { throw unreadable(path, error) }
  }

  private static func unreadable(_ path: String, _ reason: any Error) -> CompileError {
    CompileError("input-unreadable", "cannot be read: \(reason)", exit: .resources, file: path)
  }
}
