#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// A thread of the system that runs one function.
package struct WorkerThread {
  private let thread: pthread_t

  private final class Body {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  /// nil where the system starts no more threads.
  package init?(_ run: @escaping @Sendable () -> Void) {
    let body = Unmanaged.passRetained(Body(run))
    #if canImport(Darwin)
      var thread: pthread_t?
      let status = pthread_create(&thread, nil, { Self.enter($0) }, body.toOpaque())
    #else
      var thread = pthread_t()
      let status = pthread_create(&thread, nil, { $0.flatMap { Self.enter($0) } }, body.toOpaque())
    #endif
    guard status == 0 else {
      body.release()
      return nil
    }
    #if canImport(Darwin)
      guard let thread else { return nil }
    #endif
    self.thread = thread
  }

  /// Waits until the function has returned.
  package func join() { pthread_join(thread, nil) }

  /// Lets the thread end by itself; nobody joins it.
  package func detach() { pthread_detach(thread) }

  private static func enter(_ body: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    CrashReport.useOwnStack()
    Unmanaged<Body>.fromOpaque(body).takeRetainedValue().run()
    return nil
  }
}
