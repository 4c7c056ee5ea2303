import Dispatch
import FDSKD

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Ends the process on SIGINT and SIGTERM without leaving temporary files behind.
enum Interruption {
  /// The sources listen for as long as somebody holds them.
  static func listen() -> [any DispatchSourceSignal] {
    [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        Publishing.abandon()
        _exit(128 + number)
      }
      source.resume()
      return source
    }
  }
}
