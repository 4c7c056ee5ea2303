import Crypto
import SystemPackage

/// Where serialised bytes go: small pieces are gathered, large ones are passed on without a copy.
///
/// `write` never throws, so that C code can call it; the first failure is kept, what follows it is dropped, and
/// whoever made the sink throws it at the end.
package final class ByteSink {
  /// Bytes written so far.
  package private(set) var count = 0
  private let file: FileDescriptor?
  private var pending: [UInt8] = []
  private var hash: SHA256?
  private(set) var failure: Errno?

  private static let pendingLimit = 1 << 18

  /// Writes to an open file, or gathers everything in memory if there is none.
  init(_ file: FileDescriptor?, computesDigest: Bool = false) {
    self.file = file
    if computesDigest { hash = SHA256() }
    pending.reserveCapacity(file == nil ? 0 : Self.pendingLimit)
  }

  package func write(_ text: String) {
    var text = text
    text.withUTF8 { write(UnsafeRawBufferPointer($0)) }
  }

  package func write(_ bytes: [UInt8]) { bytes.withUnsafeBytes { write($0) } }

  package func write(_ bytes: UnsafeRawBufferPointer) {
    count += bytes.count
    hash?.update(bufferPointer: bytes)
    if file != nil, bytes.count + pending.count > Self.pendingLimit {
      flush()
      if bytes.count > Self.pendingLimit / 4 {
        send(bytes)
        return
      }
    }
    pending.append(contentsOf: bytes)
  }

  /// Passes on what was gathered.
  ///
  /// - Throws: the first failure since the sink was made.
  func finish() throws {
    flush()
    if let failure { throw failure }
  }

  /// What was written to a sink without a file.
  var gathered: [UInt8] { pending }

  /// SHA-256 of everything written, in hexadecimal; empty where the sink computes none.
  var digest: String { hash.map { hexadecimal($0.finalize()) } ?? "" }

  private func flush() {
    guard file != nil else { return }
    pending.withUnsafeBytes { send($0) }
    pending.removeAll(keepingCapacity: true)
  }

  private func send(_ bytes: UnsafeRawBufferPointer) {
    guard let file, failure == nil else { return }
    var rest = bytes
    while rest.count > 0 {
      do {
        let written = try file.write(rest)
        rest = UnsafeRawBufferPointer(rebasing: rest[written...])
      } catch {
        failure = error as? Errno ?? .ioError
        return
      }
    }
  }
}
