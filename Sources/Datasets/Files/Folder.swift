import Platform
import SystemPackage

/// What lies in a folder.
enum Folder {
  /// What a path leads to, symbolic links followed; nil where there is nothing.
  static func kind(of path: String) -> FileType? { try? FilePath(path).stat().type }

  static func isFile(_ path: String) -> Bool { kind(of: path) == .regular }

  /// The names in a folder, without hidden ones, in the order of their bytes, as Python's `sorted` has them.
  ///
  /// - Throws: `dataset-open`.
  static func names(in path: String) throws -> [String] {
    do { return try FolderListing.names(in: FilePath(path)).filter { !$0.hasPrefix(".") } } catch {
      throw DatasetError(.open, path, "cannot be listed: \(error)")
    }
  }

  static func join(_ folder: String, _ name: String) -> String {
    folder.hasSuffix("/") ? folder + name : folder + "/" + name
  }
}
