import FDSKD

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The standard output or error, unbuffered, with every failure told.
enum StandardStream: Int32, Sendable {
  case output = 1
  case error = 2

  /// - Throws: `stdout-closed`, `stdout-failed`, exit class resources.
  func write(_ text: String) throws {
    var text = text
    try text.withUTF8 { bytes in
      var rest = UnsafeRawBufferPointer(bytes)
      while let start = rest.baseAddress, !rest.isEmpty {
        #if canImport(Glibc)
          let count = Glibc.write(rawValue, start, rest.count)
        #else
          let count = Musl.write(rawValue, start, rest.count)
        #endif
        if count > 0 {
          rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        } else if errno != EINTR {
          throw StreamFailure.failure(of: self, errno)
        }
      }
    }
  }

  var isTerminal: Bool { isatty(rawValue) == 1 }

  /// Colour as asked for with `--color`; left to the stream and the environment (NO_COLOR, TERM) with `auto`.
  func usesColor(_ choice: ColorChoice) -> Bool {
    switch choice {
    case .always: return true
    case .never: return false
    case .auto:
      if let noColor = getenv("NO_COLOR"), noColor.pointee != 0 { return false }
      if let terminal = getenv("TERM"), String(cString: terminal) == "dumb" { return false }
      return isTerminal
    }
  }
}

/// `--color`.
enum ColorChoice: String, CaseIterable, Sendable { case auto, always, never }

private enum StreamFailure {
  static func failure(of stream: StandardStream, _ code: Int32) -> any Error {
    let name = stream == .output ? "standard output" : "standard error"
    return Diagnostic.resources(
      code == EPIPE ? "stdout-closed" : "stdout-failed", String(cString: strerror(code)), file: name)
  }
}
