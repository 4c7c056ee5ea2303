import COnnx
import Crypto
import GraphIR
import SystemPackage

/// The file beside an output that holds its external tensors, named after its content: `<stem>.<digest>.data`.
///
/// A name that is derived from the content is never written to again, so that an output of before keeps its weights.
///
/// - SeeAlso: <https://onnx.ai/onnx/repo-docs/ExternalData.html>
final class ExternalBlob {
  private struct Range: Hashable {
    let buffer: ObjectIdentifier
    let range: Swift.Range<Int>
  }

  /// An entry of `external_data` whose value is known when the blob is complete.
  private struct Pending {
    let entry: UnsafeMutablePointer<Onnx__StringStringEntryProto>
    let isChecksum: Bool
  }

  private var parts: [(offset: Int, bytes: Bytes)] = []
  private var offsets: [Range: Int] = [:]
  private var end = 0
  private var pending: [Pending] = []
  private var needsChecksum = false

  /// Offsets of large tensors, so that a runtime can map them.
  private static let pageSize = 4096

  var isEmpty: Bool { pending.isEmpty }

  /// Takes up a tensor's bytes; the same bytes are stored once. Returns their offset.
  func add(_ bytes: Bytes) -> Int {
    let key = Range(buffer: ObjectIdentifier(bytes.buffer), range: bytes.range)
    if let offset = offsets[key] { return offset }
    let alignment = bytes.count >= Self.pageSize ? Self.pageSize : 16
    let offset = (end + alignment - 1) / alignment * alignment
    parts.append((offset, bytes))
    offsets[key] = offset
    end = offset + bytes.count
    return offset
  }

  /// Asks for the blob's name to be put into an entry.
  func nameLater(_ entry: UnsafeMutablePointer<Onnx__StringStringEntryProto>) {
    pending.append(Pending(entry: entry, isChecksum: false))
  }

  /// Asks for the blob's SHA-1 to be put into an entry.
  func checksumLater(_ entry: UnsafeMutablePointer<Onnx__StringStringEntryProto>) {
    pending.append(Pending(entry: entry, isChecksum: true))
    needsChecksum = true
  }

  /// Writes the blob into a folder and fills in what was asked for.
  ///
  /// - Returns: the file, if it was not there before, for its removal should the model fail to follow.
  /// - Throws: an `Errno`; `output-blob` where a file of that name has other content.
  func publish(in folder: FilePath, stem: String, _ arena: MessageArena) throws -> FilePath? {
    let staged = try StagedFile(in: folder, like: nil, computesDigest: true)
    var checksum = Insecure.SHA1()
    write { bytes in
      staged.sink.write(bytes)
      if needsChecksum { checksum.update(bufferPointer: bytes) }
    }
    try staged.finish()
    let digest = staged.sink.digest
    let name = "\(stem).\(digest.prefix(16)).data"
    let path = folder.appending(name)
    let isNew = try staged.appear(as: path)
    if !isNew { try Self.requireContent(digest, of: path) }
    let checksumText = needsChecksum ? hexadecimal(checksum.finalize()) : ""
    for item in pending { item.entry.pointee.value = arena.string(item.isChecksum ? checksumText : name) }
    return isNew ? path : nil
  }

  private func write(_ body: (UnsafeRawBufferPointer) -> Void) {
    let zeros = [UInt8](repeating: 0, count: Self.pageSize)
    var position = 0
    for part in parts {
      zeros.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[..<(part.offset - position)])) }
      part.bytes.withUnsafeBytes(body)
      position = part.offset + part.bytes.count
    }
  }

  private static func requireContent(_ digest: String, of path: FilePath) throws {
    var hash = SHA256()
    let file = try FileDescriptor.open(path, .readOnly, options: [.noFollow, .closeOnExec, .nonBlocking])
    try file.closeAfter {
      var offset: Int64 = 0
      var chunk = [UInt8](repeating: 0, count: 1 << 20)
      while true {
        let count = try chunk.withUnsafeMutableBytes { try file.readFully(into: $0, from: offset) }
        if count == 0 { break }
        hash.update(data: chunk[..<count])
        offset += Int64(count)
      }
    }
    guard hexadecimal(hash.finalize()) == digest else {
      throw CompileError(
        "output-blob", "the file '\(path)' exists with other content than its name says", exit: .resources,
        hint: "move it away")
    }
  }
}
