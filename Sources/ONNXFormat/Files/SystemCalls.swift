import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The system calls that swift-system 1.8 does not wrap, in its manner: they throw an `Errno`.
enum SystemCalls {
  /// Opens `name` inside an open folder, following no link in its last component.
  static func open(_ name: String, in folder: FileDescriptor, isFolder: Bool) throws -> FileDescriptor {
    // O_NONBLOCK: a FIFO that took the file's place must not make the process wait.
    let flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | (isFolder ? O_DIRECTORY : O_NONBLOCK | O_NOCTTY)
    return FileDescriptor(rawValue: try check { openat(folder.rawValue, name, flags) })
  }

  static func synchronize(_ file: FileDescriptor) throws {
    _ = try check { fsync(file.rawValue) }
  }

  /// Gives a file another name, in place of what had that name.
  static func move(_ old: FilePath, to new: FilePath) throws {
    _ = try check { old.withPlatformString { old in new.withPlatformString { rename(old, $0) } } }
  }

  /// Gives a file a second name, which nothing may have yet.
  static func addName(_ name: FilePath, to file: FilePath) throws {
    _ = try check { file.withPlatformString { file in name.withPlatformString { link(file, $0) } } }
  }

  static func remove(_ file: FilePath) throws {
    _ = try check { file.withPlatformString { unlink($0) } }
  }

  /// What came of asking for a file's lock.
  enum Lock {
    case taken
    case heldByAnother
    /// The file system has no locks, as some that lie on other machines.
    case unavailable
  }

  /// Takes the file's lock for this open file. Released by the kernel with the last descriptor, however the process
  /// ends.
  static func tryLock(_ file: FileDescriptor) -> Lock {
    do { _ = try check { flock(file.rawValue, LOCK_EX | LOCK_NB) } } catch Errno.wouldBlock {
      return .heldByAnother
    } catch { return .unavailable }
    return .taken
  }

  /// What has a name; nil where nothing does.
  ///
  /// - Throws: an `Errno` where that cannot be told.
  static func status(of path: FilePath, followsLinks: Bool = false) throws -> Stat? {
    do { return try Stat(path, followTargetSymlink: followsLinks) } catch Errno.noSuchFileOrDirectory, Errno
      .notDirectory
    {
      return nil
    }
  }

  static func setOwner(_ user: UInt32, _ group: UInt32, of file: FileDescriptor) throws {
    _ = try check { fchown(file.rawValue, user, group) }
  }

  static func setPermissions(_ permissions: FilePermissions, of file: FileDescriptor) throws {
    _ = try check { fchmod(file.rawValue, mode_t(permissions.rawValue)) }
  }

  static func linkTarget(of path: FilePath) throws -> FilePath {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
    let count = try check { path.withPlatformString { Int32(readlink($0, &buffer, Int(PATH_MAX))) } }
    return FilePath(String(decoding: buffer[..<Int(count)].map { UInt8(bitPattern: $0) }, as: UTF8.self))
  }

  /// For a thread of a process that another thread is about to end.
  static func waitForTheEnd() -> Never {
    while true { pause() }
  }

  /// How long ago a time was; negative where it is to come.
  static func nanoseconds(since time: timespec) -> Int {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return (now.tv_sec - time.tv_sec) * 1_000_000_000 + now.tv_nsec - time.tv_nsec
  }

  static func sleep(nanoseconds: Int) {
    var rest = timespec(tv_sec: 0, tv_nsec: nanoseconds)
    while withUnsafeMutablePointer(to: &rest, { nanosleep($0, $0) }) != 0, errno == EINTR {}
  }

  static var processID: Int32 { getpid() }

  private static func check(_ call: () -> Int32) throws -> Int32 {
    while true {
      let result = call()
      if result >= 0 { return result }
      if errno != EINTR { throw Errno(rawValue: errno) }
    }
  }
}
