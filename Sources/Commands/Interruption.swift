import Dispatch
import FDSKD
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// What SIGINT and SIGTERM do: end the process at once, without leaving temporary files behind; or, while a network is
/// trained, ask for a checkpoint first. A second signal always ends it at once.
enum Interruption {
  /// The signal that asked a training to end; 0 where none did.
  private static let requested = Atomic<Int32>(0)
  private static let isDeferred = Atomic(false)

  /// The sources listen for as long as somebody holds them. Where a process may open hardly any files there are none:
  /// what serves them needs a few of its own, and traps without.
  static func listen() -> [any DispatchSourceSignal] {
    guard canOpen(files: 8) else { return [] }
    return [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { handle(number) }
      source.resume()
      return source
    }
  }

  private static func canOpen(files count: Int) -> Bool {
    let copies = (0..<count).map { _ in fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0) }
    for copy in copies where copy >= 0 { close(copy) }
    return copies.allSatisfy { $0 >= 0 }
  }

  private static func handle(_ number: Int32) {
    if isDeferred.load(ordering: .acquiring),
      requested.exchange(number, ordering: .acquiringAndReleasing) == 0
    {
      try? StandardStream.error.write("\nwriting a checkpoint; a second signal ends at once\n")
      return
    }
    Publishing.abandon()
    _exit(128 + number)
  }

  /// From now on the first signal only shows in ``isRequested``.
  static func deferFirst() { isDeferred.store(true, ordering: .releasing) }

  static var isRequested: Bool { requested.load(ordering: .acquiring) != 0 }

  /// The exit status of a process that a signal ended, or `status` where none did.
  static func exitStatus(_ status: Int32) -> Int32 {
    let number = requested.load(ordering: .acquiring)
    return status == 130 && number != 0 ? 128 + number : status
  }
}
