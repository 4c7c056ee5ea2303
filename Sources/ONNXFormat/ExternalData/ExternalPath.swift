import GraphIR
import SystemPackage

/// Opens files of external data, beneath one folder and through no link (rules 35 and 36).
///
/// Walks the path component by component with `openat` and `O_NOFOLLOW` from an open folder: what Linux's `openat2`
/// promises for RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS, on every kernel and free of races.
///
/// - SeeAlso: <https://onnx.ai/onnx/repo-docs/ExternalData.html>
enum ExternalPath {
  /// The components of a location, none of which leaves the folder.
  ///
  /// - Throws: `external-path`.
  static func components(of location: String) throws -> [String] {
    func refuse(_ reason: String) -> CompileError {
      CompileError("external-path", "external data location '\(location)' \(reason)")
    }
    if location.isEmpty { throw refuse("is empty") }
    if location.contains("_ORT_MEM_ADDR_") {
      throw CompileError(
        "external-address", "external data is an address in the memory of the process that wrote the model",
        hint: "save the model with ONNX Runtime's session option for optimized models, or from its source")
    }
    let bytes = Array(location.utf8)
    if bytes.contains(UInt8(ascii: "\\")) { throw refuse("is a Windows path; use '/'") }
    if bytes.count >= 2, bytes[1] == UInt8(ascii: ":"), location.first?.isLetter == true {
      throw refuse("names a drive")
    }
    if bytes[0] == UInt8(ascii: "/") { throw refuse("is absolute") }
    let components = location.split(separator: "/", omittingEmptySubsequences: true).map(String.init)
      .filter { $0 != "." }
    if components.contains("..") { throw refuse("leaves the model's folder") }
    if components.isEmpty || location.hasSuffix("/") { throw refuse("names a folder") }
    return components
  }

  /// Opens the regular file that `components` lead to.
  ///
  /// - Throws: `external-missing`, `external-file`; `external-open` (resources) where the system opens no file.
  static func open(_ components: [String], beneath root: FilePath) throws -> FileDescriptor {
    let shown = components.joined(separator: "/")
    var folder: FileDescriptor
    do { folder = try .open(root, .readOnly, options: [.directory, .closeOnExec]) } catch {
      throw failure("the folder of external data, '\(root)', cannot be opened", error)
    }
    defer { try? folder.close() }
    for component in components.dropLast() {
      try requireType(.directory, component, in: folder, shown)
      let inner: FileDescriptor
      do { inner = try SystemCalls.open(component, in: folder, isFolder: true) } catch {
        throw failure("external data '\(shown)' cannot be opened", error)
      }
      try? folder.close()
      folder = inner
    }
    let name = components[components.count - 1]
    let seen = try requireType(.regular, name, in: folder, shown)
    let file: FileDescriptor
    do { file = try SystemCalls.open(name, in: folder, isFolder: false) } catch {
      throw failure("external data '\(shown)' cannot be opened", error)
    }
    let status: Stat
    do { status = try file.stat() } catch {
      try? file.close()
      throw failure("external data '\(shown)' cannot be opened", error)
    }
    guard FileIdentity(status) == FileIdentity(seen), status.type == .regular else {
      try? file.close()
      throw CompileError("external-changed", "external data '\(shown)' was replaced while it was opened")
    }
    guard status.linkCount == 1 else {
      try? file.close()
      throw CompileError(
        "external-file", "external data '\(shown)' has \(status.linkCount) names (hard links)",
        hint: "copy the file, or point --external-data-dir to a folder with a copy")
    }
    return file
  }

  @discardableResult
  private static func requireType(
    _ type: FileType, _ name: String, in folder: FileDescriptor, _ shown: String
  ) throws -> Stat {
    let status: Stat
    do { status = try Stat(FilePath(name), relativeTo: folder, flags: .symlinkNoFollow) } catch {
      throw failure("external data '\(shown)' cannot be found", error)
    }
    guard status.type == type else {
      throw CompileError(
        "external-file", "external data '\(shown)': '\(name)' is \(words(status.type)), not \(words(type))",
        hint: "put the data itself next to the model; links are not followed")
    }
    return status
  }

  /// A file that is not there is the model's fault; all else is the system's.
  private static func failure(_ message: String, _ error: any Error) -> CompileError {
    switch error as? Errno {
    case .noSuchFileOrDirectory?, .notDirectory?, .tooManySymbolicLinkLevels?, .fileNameTooLong?:
      CompileError(
        "external-missing", "\(message): \(error)",
        hint: "put the file next to the model, or name its folder with --external-data-dir")
    default: CompileError("external-open", "\(message): \(error)", exit: .resources)
    }
  }

  private static func words(_ type: FileType) -> String {
    switch type {
    case .regular: "a regular file"
    case .directory: "a folder"
    case .symbolicLink: "a symbolic link"
    case .fifo: "a FIFO"
    case .characterSpecial, .blockSpecial: "a device"
    default: "of another kind"
    }
  }
}
