import SystemPackage

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// What lies in a folder.
enum Folder {
  /// What a path leads to, symbolic links followed; nil where there is nothing.
  static func kind(of path: String) -> FileType? { try? FilePath(path).stat().type }

  static func isFile(_ path: String) -> Bool { kind(of: path) == .regular }

  /// The names in a folder, without hidden ones, in the order of their bytes, as Python's `sorted` has them.
  ///
  /// - Throws: `dataset-open`.
  static func names(in path: String) throws -> [String] {
    guard let stream = opendir(path) else { throw failure(path) }
    defer { closedir(stream) }
    var names: [String] = []
    while true {
      errno = 0
      guard let entry = readdir(stream) else { break }
      let name = withUnsafeBytes(of: &entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    if errno != 0 { throw failure(path) }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  static func join(_ folder: String, _ name: String) -> String {
    folder.hasSuffix("/") ? folder + name : folder + "/" + name
  }

  private static func failure(_ path: String) -> DatasetError {
    DatasetError(.open, path, "cannot be listed: \(Errno(rawValue: errno))")
  }
}
