#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// A lock whose holders can wait for each other's changes.
package final class Monitor: @unchecked Sendable {
  private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let change = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  package init() {
    precondition(pthread_mutex_init(lock, nil) == 0 && pthread_cond_init(change, nil) == 0)
  }

  deinit {
    pthread_cond_destroy(change)
    pthread_mutex_destroy(lock)
    change.deallocate()
    lock.deallocate()
  }

  /// Runs `body` while nobody else runs one.
  package func locked<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result
  {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    return try body()
  }

  /// Lets others in until one of them announces a change. Only inside `locked`.
  package func wait() { pthread_cond_wait(change, lock) }

  /// Wakes all who wait.
  package func announce() { pthread_cond_broadcast(change) }
}
