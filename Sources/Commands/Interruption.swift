import FDSKD
import Platform
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
  private static let numbers = [SIGINT, SIGTERM]
  private static let doorbell = Doorbell()

  /// A thread listens from here on. Where the system starts no more threads a signal ends the process as it does any.
  static func listen() {
    let thread = WorkerThread {
      // Who started the process may have had them blocked, as Foundation has in its threads.
      var signals = sigset_t()
      sigemptyset(&signals)
      for number in numbers { sigaddset(&signals, number) }
      pthread_sigmask(SIG_UNBLOCK, &signals, nil)
      while true { handle(doorbell.wait()) }
    }
    guard let thread else { return }
    thread.detach()
    for number in numbers { signal(number) { Interruption.doorbell.ring($0) } }
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

/// Hands signals to a thread: a signal handler itself may take no lock and allocate nothing.
private final class Doorbell: Sendable {
  private let last = Atomic<Int32>(0)
  private nonisolated(unsafe) let rings = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

  init() { precondition(sem_init(rings, 0, 0) == 0, "a semaphore of value 0 is valid") }

  /// For signal handlers.
  func ring(_ number: Int32) {
    last.store(number, ordering: .releasing)
    sem_post(rings)
  }

  /// The signal that was rung last, when there is one that nobody has waited for.
  func wait() -> Int32 {
    while sem_wait(rings) != 0 {}
    return last.load(ordering: .acquiring)
  }
}
