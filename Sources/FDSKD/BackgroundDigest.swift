import GraphIR
import Platform

/// The SHA-256 of a buffer, computed on another thread while the buffer is being put to use.
final class BackgroundDigest: @unchecked Sendable {
  private let monitor = Monitor()
  /// Only under the monitor's lock.
  private var digest: String?

  init(of bytes: ByteBuffer) {
    if let thread = WorkerThread({ self.compute(bytes) }) {
      thread.detach()
    } else {
      compute(bytes)
    }
  }

  private func compute(_ bytes: ByteBuffer) {
    let result = Digest.of(bytes.pointer)
    monitor.locked {
      digest = result
      monitor.announce()
    }
  }

  /// Waits for the end of the computation.
  var value: String {
    monitor.locked {
      while true {
        if let digest { return digest }
        monitor.wait()
      }
    }
  }
}
