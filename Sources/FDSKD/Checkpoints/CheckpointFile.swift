import Crypto
import FoundationEssentials
import GraphIR
import ONNXFormat
import Platform
import Training

/// A checkpoint as bytes: a header that says whose it is, the numbers, and a digest of all.
///
///     "FDSKDCK1"   length of the header, 8 bytes   header, JSON   values and momenta, 4 bytes each   SHA-256, 32 bytes
///
/// Numbers are little-endian.
struct CheckpointFile {
  /// What a run has to have in common with the checkpoint that it goes on from.
  struct Identity: Sendable, Equatable, Codable {
    var version: String
    /// SHA-256 of the input.
    var model: String
    /// Digest of the samples' number, shape, labels, and of some of them.
    var data: String
    /// The settings, but for those that change nothing in the result, as JSON.
    var settings: String
  }

  private struct Header: Codable {
    var identity: Identity
    var state: Checkpoint.State
    var valueCount: Int
    var momentumCount: Int
  }

  var identity: Identity
  var checkpoint: Checkpoint

  init(identity: Identity, checkpoint: Checkpoint) {
    self.identity = identity
    self.checkpoint = checkpoint
  }

  private static let magic = Array("FDSKDCK1".utf8)
  private static let digestLength = 32

  // MARK: - Writing

  /// Puts the checkpoint in place under `path`, or leaves what was there.
  func write(to path: String) throws {
    let header = Header(
      identity: identity, state: checkpoint.state, valueCount: checkpoint.values.count,
      momentumCount: checkpoint.momenta.count)
    let json = Array(try JSONText.encode(header).utf8)
    var hash = SHA256()
    try FilePublisher.publish(to: path) { sink in
      func write(_ bytes: UnsafeRawBufferPointer) {
        hash.update(bufferPointer: bytes)
        sink.write(bytes)
      }
      Self.magic.withUnsafeBytes(write)
      withUnsafeBytes(of: UInt64(json.count).littleEndian, write)
      json.withUnsafeBytes(write)
      checkpoint.values.withUnsafeBytes(write)
      checkpoint.momenta.withUnsafeBytes(write)
      sink.write(Array(hash.finalize()))
    }
  }

  // MARK: - Reading

  /// - Throws: `input-unreadable`; `file-too-large`; `checkpoint-damaged` where the bytes are not what was written.
  init(contentsOf path: String) throws {
    let bytes = try InputFile.bytes(of: path, atMost: MemoryBudget.standard)
    guard let file = try? Self(bytes) else {
      throw CompileError(
        "checkpoint-damaged", "is not a whole checkpoint of this version; its digest does not fit", file: path
      )
    }
    self = file
  }

  init(_ bytes: [UInt8]) throws {
    let damaged = CompileError("checkpoint-damaged", "is not a whole checkpoint")
    let start = Self.magic.count + 8
    guard bytes.count >= start + Self.digestLength, bytes.starts(with: Self.magic) else { throw damaged }
    let body = bytes.dropLast(Self.digestLength)
    guard body.withUnsafeBytes({ Array(Self.sha256($0)) }) == Array(bytes.suffix(Self.digestLength)) else {
      throw damaged
    }
    let length = bytes.withUnsafeBytes {
      UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: Self.magic.count, as: UInt64.self))
    }
    guard length <= UInt64(body.count - start) else { throw damaged }
    let numbers = start + Int(length)
    let header = try JSONDecoder().decode(Header.self, from: Data(bytes[start..<numbers]))
    let counts = [header.valueCount, header.momentumCount]
    guard counts.allSatisfy({ (0...body.count).contains($0) }),
      body.count - numbers == 4 * (header.valueCount + header.momentumCount)
    else { throw damaged }
    func floats(from offset: Int, _ count: Int) -> [Float] {
      bytes.withUnsafeBytes { source in
        (0..<count).map { source.loadUnaligned(fromByteOffset: offset + 4 * $0, as: Float.self) }
      }
    }
    identity = header.identity
    checkpoint = Checkpoint(
      state: header.state, values: floats(from: numbers, header.valueCount),
      momenta: floats(from: numbers + 4 * header.valueCount, header.momentumCount))
  }

  private static func sha256(_ bytes: UnsafeRawBufferPointer) -> SHA256.Digest {
    var hash = SHA256()
    hash.update(bufferPointer: bytes)
    return hash.finalize()
  }
}
