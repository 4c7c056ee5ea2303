import Dispatch
import GraphIR
import Synchronization

/// The SHA-256 of a buffer, computed on another thread while the buffer is being put to use.
final class BackgroundDigest: Sendable {
  private let group = DispatchGroup()
  private let result = Mutex("")

  init(of bytes: ByteBuffer) {
    DispatchQueue.global().async(group: group) { [self] in
      let digest = Digest.of(bytes.pointer)
      result.withLock { $0 = digest }
    }
  }

  /// Waits for the end of the computation.
  var value: String {
    group.wait()
    return result.withLock { $0 }
  }
}
