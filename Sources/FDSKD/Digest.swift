import Crypto
import GraphIR

/// SHA-256 digests in hexadecimal.
package enum Digest {
  package static func of(_ bytes: UnsafeRawBufferPointer) -> String {
    var hash = SHA256()
    hash.update(bufferPointer: bytes)
    return hash.finalize().map(hexadecimal).joined()
  }

  /// Of a tensor's elements as they are stored; nil where it has none in bytes.
  package static func short(_ tensor: Tensor) -> String? {
    guard let bytes = tensor.bytes else { return nil }
    return "sha256:" + bytes.withUnsafeBytes(of).prefix(16)
  }

  private static func hexadecimal(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16)
    return digits.count == 1 ? "0" + digits : digits
  }
}
