import GraphIR
import SystemPackage

/// Where an output goes: the file at the end of all links, and the folder it is in.
struct OutputTarget {
  let path: FilePath
  let folder: FilePath
  /// What is there now.
  let existing: Stat?

  private static let linkLimit = 40

  /// Follows links; the file itself need not exist.
  ///
  /// - Throws: `output-folder`, `output-is-folder`, `output-link` (resources), or an `Errno`.
  init(_ path: String) throws {
    if path.isEmpty { throw CompileError("output-folder", "the output's name is empty", exit: .resources) }
    var target = FilePath(path)
    var links = 0
    while let status = try SystemCalls.status(of: target), status.type == .symbolicLink {
      links += 1
      guard links <= Self.linkLimit, let next = try? SystemCalls.linkTarget(of: target) else {
        throw CompileError("output-link", "leads through too many links", exit: .resources)
      }
      target = next.isAbsolute ? next : target.removingLastComponent().pushing(next)
    }
    self.path = target
    let parent = target.removingLastComponent()
    folder = parent.isEmpty ? "." : parent
    existing = try SystemCalls.status(of: target)
    if existing?.type == .directory || path.hasSuffix("/") {
      throw CompileError("output-is-folder", "is a folder", exit: .resources, hint: "name a file in it")
    }
    guard let status = try SystemCalls.status(of: folder, followsLinks: true), status.type == .directory
    else {
      throw CompileError(
        "output-folder", "the folder '\(folder)' does not exist", exit: .resources, hint: "create it first")
    }
  }

  /// A device or FIFO, which has to be written to in place.
  var isStream: Bool { existing.map { $0.type != .regular } ?? false }
}
