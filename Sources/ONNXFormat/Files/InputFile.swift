import GraphIR
import Platform
import SystemPackage

/// Files beside models, such as plans and checkpoints: read whole, and their folders listed.
package enum InputFile {
  /// - Throws: `input-unreadable`, which says why; `file-too-large`.
  package static func bytes(of path: String, atMost limit: Int) throws -> [UInt8] {
    do { return try WholeFile.read(FilePath(path), atMost: limit) } catch is WholeFile.TooLarge {
      throw CompileError(
        "file-too-large", "has more than \(limit) bytes, which are allowed", exit: .resources,
        file: path)
    } catch { throw unreadable(path, error) }
  }

  /// The names in a folder, in the order of their bytes; none where there is no folder.
  ///
  /// - Throws: `input-unreadable`, which says why.
  package static func names(inFolder path: String) throws -> [String] {
    do { return try FolderListing.names(in: FilePath(path)) } catch Errno.noSuchFileOrDirectory {
      return []
    } catch { throw unreadable(path, error) }
  }

  private static func unreadable(_ path: String, _ reason: any Error) -> CompileError {
    CompileError("input-unreadable", "cannot be read: \(reason)", exit: .resources, file: path)
  }
}
