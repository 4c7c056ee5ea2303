import GraphIR
import Platform
import SystemPackage

/// A file on its way into a folder: written under a temporary name, synchronised, then given its own.
///
/// The temporary file is locked while its writer lives, so that another process can tell a leftover of a killed one and
/// remove it. Without ``replace(_:)`` or ``appear(as:)`` it is removed with the object.
final class StagedFile {
  let folder: FilePath
  let sink: ByteSink
  private let file: FileDescriptor
  private let path: FilePath
  private var isGone = false

  private static let prefix = ".fdskd-tmp-"
  private static let attemptLimit = 100

  /// Creates an empty temporary file in a folder, after removing leftovers there.
  ///
  /// - Throws: an `Errno`.
  init(in folder: FilePath, like existing: Stat?, computesDigest: Bool) throws {
    Self.sweep(folder)
    self.folder = folder
    (file, path) = try Self.create(in: folder)
    sink = ByteSink(file, computesDigest: computesDigest)
    guard let existing else { return }
    do {
      // Best effort: only root may give files away.
      let status = try file.stat()
      if status.userID != existing.userID || status.groupID != existing.groupID {
        try? SystemCalls.setOwner(existing.userID.rawValue, existing.groupID.rawValue, of: file)
      }
      try SystemCalls.setPermissions(existing.permissions, of: file)
    } catch {
      discard()
      throw error
    }
  }

  deinit { discard() }

  /// Writes everything to the disk.
  ///
  /// - Throws: an `Errno`, the first one that writing met.
  func finish() throws {
    try sink.finish()
    try SystemCalls.synchronize(file)
  }

  /// Takes the place of `target` in one step; on any error `target` is what it was.
  ///
  /// - Parameter companions: files that stay from then on.
  /// - Throws: an `Errno`.
  func replace(_ target: FilePath, with companions: [FilePath]) throws {
    // A second name for the old file, to return to if the folder cannot be synchronised. Some file systems have none.
    let old = Self.name(in: folder)
    let isNew = try SystemCalls.status(of: target) == nil
    TemporaryFiles.shared.insert(old)
    let keepsOld = (try? SystemCalls.addName(old, to: target)) != nil
    defer {
      if keepsOld { try? SystemCalls.remove(old) }
      TemporaryFiles.shared.remove(old)
    }
    try TemporaryFiles.shared.keep(companions) { try SystemCalls.move(path, to: target) }
    do { try Self.synchronize(folder) } catch {
      if keepsOld { try? SystemCalls.move(old, to: target) }
      if isNew { try? SystemCalls.remove(target) }
      release()
      throw error
    }
    release()
  }

  /// Appears under a name that nothing has, for as long as the process lives if nobody keeps it; false where something
  /// has the name already.
  ///
  /// - Throws: an `Errno`.
  func appear(as target: FilePath) throws -> Bool {
    TemporaryFiles.shared.insert(target)
    var isThere = false
    defer { if !isThere { TemporaryFiles.shared.remove(target) } }
    do {
      try SystemCalls.addName(target, to: path)
      try? SystemCalls.remove(path)
    } catch Errno.fileExists {
      return false
    } catch Errno.notPermitted, Errno.notSupported, Errno.noFunction {
      // A file system without hard links.
      if try SystemCalls.status(of: target) != nil { return false }
      try SystemCalls.move(path, to: target)
    }
    release()
    do { try Self.synchronize(folder) } catch {
      try? SystemCalls.remove(target)
      throw error
    }
    isThere = true
    return true
  }

  private func discard() {
    if isGone { return }
    try? SystemCalls.remove(path)
    release()
  }

  /// The temporary name is no more.
  private func release() {
    isGone = true
    TemporaryFiles.shared.remove(path)
    try? file.close()
  }

  private static func name(in folder: FilePath) -> FilePath {
    folder.appending("\(prefix)\(SystemCalls.processID)-\(TemporaryFiles.shared.nextNumber())")
  }

  private static func create(in folder: FilePath) throws -> (FileDescriptor, FilePath) {
    for _ in 0..<attemptLimit {
      let path = name(in: folder)
      let file: FileDescriptor
      // Before it is there: a signal may come at any time.
      TemporaryFiles.shared.insert(path)
      do {
        file = try .open(
          path, .readWrite, options: [.create, .exclusiveCreate, .closeOnExec],
          permissions: [.ownerReadWrite, .groupReadWrite, .otherReadWrite])
      } catch {
        TemporaryFiles.shared.remove(path)
        if case Errno.fileExists = error { continue }
        throw error
      }
      do {
        // Somebody who sweeps may have come between; then the name is lost, and another is taken. Where there are no
        // locks nobody sweeps.
        if SystemCalls.tryLock(file) != .heldByAnother, try file.stat().linkCount > 0 { return (file, path) }
      } catch {
        drop(file, path)
        throw error
      }
      drop(file, path)
    }
    throw Errno.fileExists
  }

  private static func drop(_ file: FileDescriptor, _ path: FilePath) {
    try? SystemCalls.remove(path)
    TemporaryFiles.shared.remove(path)
    try? file.close()
  }

  /// Removes temporary files of processes that were killed: those that nobody has locked.
  private static func sweep(_ folder: FilePath) {
    for name in (try? FolderListing.names(in: folder)) ?? [] where name.hasPrefix(prefix) {
      let path = folder.appending(name)
      guard
        let file = try? FileDescriptor.open(
          path, .readOnly, options: [.noFollow, .closeOnExec, .nonBlocking])
      else { continue }
      defer { try? file.close() }
      guard SystemCalls.tryLock(file) == .taken, let opened = try? file.stat(), opened.type == .regular,
        let named = try? Stat(path, followTargetSymlink: false), named.inode == opened.inode
      else { continue }
      try? SystemCalls.remove(path)
    }
  }

  private static func synchronize(_ folder: FilePath) throws {
    let file = try FileDescriptor.open(folder, .readOnly, options: [.directory, .closeOnExec])
    defer { try? file.close() }
    do { try SystemCalls.synchronize(file) } catch Errno.invalidArgument, Errno.notSupported {
      // Some network file systems cannot synchronise a folder, and order renames themselves.
    }
  }
}
