import GraphIR
import SystemPackage

/// Puts files in place so that a reader sees the old content or the new one, and nothing else, whatever fails.
///
/// Written beside the target under a temporary name, synchronised, renamed, and the folder synchronised. The mode of an
/// existing file is kept; a symbolic link stays, and what it leads to is replaced.
package enum FilePublisher {
  /// What was published.
  package struct Receipt: Sendable, Equatable {
    package let byteCount: Int
    /// SHA-256 in hexadecimal; empty unless it was asked for.
    package let digest: String
  }

  /// Publishes what `write` writes, under `path`; `-` is the standard output.
  ///
  /// Devices and FIFOs are written to directly.
  ///
  /// - Throws: `output-…` (resources) that names the file, or what `write` throws; the target is then what it was.
  @discardableResult
  package static func publish(
    to path: String, computesDigest: Bool = false, _ write: (ByteSink) throws -> Void
  ) throws -> Receipt {
    try publish(to: path, computesDigest: computesDigest, with: [], write)
  }

  /// - Parameter companions: files that are there already, and stay once this one is in place.
  static func publish(
    to path: String, computesDigest: Bool, with companions: [FilePath], _ write: (ByteSink) throws -> Void
  ) throws -> Receipt {
    try naming(path) {
      if path == "-" { return try stream(to: .standardOutput, computesDigest, write) }
      let target = try OutputTarget(path)
      if target.isStream {
        let file = try FileDescriptor.open(target.path, .writeOnly, options: .closeOnExec)
        return try file.closeAfter { try stream(to: file, computesDigest, write) }
      }
      let staged = try StagedFile(in: target.folder, like: target.existing, computesDigest: computesDigest)
      try write(staged.sink)
      try staged.finish()
      try staged.replace(target.path, with: companions)
      return Receipt(byteCount: staged.sink.count, digest: staged.sink.digest)
    }
  }

  /// Publishes text.
  @discardableResult
  package static func publish(_ text: String, to path: String) throws -> Receipt {
    try publish(to: path) { $0.write(text) }
  }

  /// Whether there is a file already, which publishing would replace.
  package static func replaces(_ path: String) throws -> Bool {
    try path != "-" && naming(path) { try OutputTarget(path).existing?.type == .regular }
  }

  /// Checks what can be known of `publish(to:)` before there is anything to write.
  ///
  /// - Throws: `output-…` (resources).
  package static func checkTarget(_ path: String) throws {
    if path == "-" { return }
    try naming(path) {
      let target = try OutputTarget(path)
      if !target.isStream { _ = try StagedFile(in: target.folder, like: nil, computesDigest: false) }
    }
  }

  private static func stream(
    to file: FileDescriptor, _ computesDigest: Bool, _ write: (ByteSink) throws -> Void
  ) throws -> Receipt {
    let sink = ByteSink(file, computesDigest: computesDigest)
    try write(sink)
    try sink.finish()
    return Receipt(byteCount: sink.count, digest: sink.digest)
  }

  /// Turns an `Errno` into a diagnostic that names the output.
  static func naming<Result>(_ path: String, _ body: () throws -> Result) throws -> Result {
    do { return try body() } catch {
      let name = path == "-" ? "standard output" : path
      if let error = error as? CompileError { throw error.in(file: name) }
      guard let error = error as? Errno else { throw error }
      throw CompileError(
        "output-write", "cannot be written: \(error)", exit: .resources, hint: hint(error), file: name)
    }
  }

  private static func hint(_ error: Errno) -> String? {
    switch error {
    case .noSpace, .diskQuotaExceeded: "free some space; an existing file was left as it was"
    case .permissionDenied, .readOnlyFileSystem: "choose another folder"
    case .fileTooLarge: "the file system or a limit (ulimit -f) does not allow files of this size"
    default: nil
    }
  }
}
