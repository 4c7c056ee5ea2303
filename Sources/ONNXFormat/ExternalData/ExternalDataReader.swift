import Crypto
import GraphIR
import SystemPackage

/// Reads the ranges of other files in which a model keeps tensors (rules 35 to 41).
///
/// Each range is read once, straight into the buffer that the IR views; tensors that share a range share the buffer.
///
/// - SeeAlso: <https://onnx.ai/onnx/repo-docs/ExternalData.html>
final class ExternalDataReader {
  private struct Source {
    let file: FileDescriptor
    let identity: FileIdentity
  }

  private struct RangeKey: Hashable {
    let location: [ExactName]
    let offset: Int64
    let count: Int
  }

  /// Nil where the model came through a pipe and no folder was named.
  private let folder: FilePath?
  private var memoryLeft: Int
  /// The file that was read last; files come in runs, and hundreds may not be open at a time.
  private var open: (location: [String], source: Source)?
  private var identities: [[ExactName]: FileIdentity] = [:]
  private var verifiedChecksums: [[ExactName]: String] = [:]
  private var ranges: [RangeKey: Bytes] = [:]
  /// Bytes of all ranges of a file.
  private var bytesTaken: [[ExactName]: Int] = [:]

  /// Ranges lie beside each other, and a few may be parts of others. If all together have more times the bytes of their
  /// file, a small file would take the memory of a large one.
  private static let largestOverlap = 4

  private static let knownKeys: Set<String> = ["location", "offset", "length", "checksum", "basepath"]

  init(folder: String?, memoryLimit: Int) {
    self.folder = folder.map { FilePath($0) }
    memoryLeft = memoryLimit
  }

  deinit { if let open { try? open.source.file.close() } }

  /// The bytes that a tensor of `byteCount` bytes refers to.
  ///
  /// - Throws: `external-path`, `external-file`, `external-missing`, `external-range`, `external-checksum`,
  ///   `external-changed`; `memory-limit`, `external-read` (resources).
  func read(
    _ reference: ExternalReference, byteCount: Int, note: (_ code: String, _ message: String) -> Void
  ) throws -> Bytes {
    do {
      try checkKeys(reference, note)
      return try range(reference, byteCount: byteCount)
    } catch let error as Errno {
      throw CompileError(
        "external-read", "external data '\(reference["location"] ?? "")' cannot be read: \(error)",
        exit: .resources)
    }
  }

  private func range(_ reference: ExternalReference, byteCount: Int) throws -> Bytes {
    let components = try ExternalPath.components(of: reference["location"] ?? "")
    let shown = components.joined(separator: "/")
    let offset = try Self.number(reference["offset"], "offset", shown) ?? 0
    let length = try Self.number(reference["length"], "length", shown)
    if let length, length != Int64(byteCount) {
      throw CompileError(
        "external-range", "external data '\(shown)' has length \(length); the tensor takes \(byteCount) bytes"
      )
    }
    let location = components.map { ExactName($0) }
    let source = try source(components, location)
    guard Int64(byteCount) <= source.identity.size, offset <= source.identity.size - Int64(byteCount) else {
      throw CompileError(
        "external-range",
        "external data '\(shown)' has \(source.identity.size) bytes; \(byteCount) at offset \(offset) are asked for"
      )
    }
    if let checksum = reference["checksum"] { try verify(checksum, of: source, location, shown) }
    let key = RangeKey(location: location, offset: offset, count: byteCount)
    if let bytes = ranges[key] { return bytes }
    guard byteCount <= memoryLeft else {
      throw CompileError(
        "memory-limit", "external data '\(shown)' does not fit into the memory that is left",
        exit: .resources,
        hint: "raise --max-memory")
    }
    bytesTaken[location, default: 0] += byteCount
    guard bytesTaken[location, default: 0] / Self.largestOverlap <= source.identity.size else {
      throw CompileError(
        "external-range",
        "external data '\(shown)' has \(source.identity.size) bytes, and so many ranges in it overlap that tensors "
          + "take \(Self.largestOverlap) times as many")
    }
    memoryLeft -= byteCount
    let bytes = try Bytes(count: byteCount) { target in
      guard try source.file.readFully(into: target, from: offset) == byteCount else {
        throw Self.changed(shown)
      }
    }
    guard FileIdentity(try source.file.stat()) == source.identity else { throw Self.changed(shown) }
    ranges[key] = bytes
    return bytes
  }

  private func checkKeys(_ reference: ExternalReference, _ note: (String, String) -> Void) throws {
    var seen: Set<String> = []
    for entry in reference.entries {
      let key = entry.key ?? ""
      guard Self.knownKeys.contains(key) else {
        note("external-key", "external data has the key '\(key)', which is kept and not understood")
        continue
      }
      guard seen.insert(key).inserted else {
        throw CompileError("external-key", "external data states '\(key)' twice")
      }
    }
  }

  /// A decimal number that is not negative.
  private static func number(_ text: String?, _ key: String, _ shown: String) throws -> Int64? {
    guard let text else { return nil }
    guard !text.isEmpty, text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let number = Int64(text) else {
      throw CompileError("external-range", "external data '\(shown)' has \(key) '\(text)', which is no size")
    }
    return number
  }

  private func source(_ components: [String], _ location: [ExactName]) throws -> Source {
    if let open, open.location == components { return open.source }
    guard let folder else {
      throw CompileError(
        "external-missing", "a model from the standard input has no folder for its external data",
        hint: "name the folder with --external-data-dir")
    }
    if let open { try? open.source.file.close() }
    open = nil
    let file = try ExternalPath.open(components, beneath: folder)
    do {
      guard let identity = try file.settledIdentity(), identities[location] ?? identity == identity else {
        throw Self.changed(components.joined(separator: "/"))
      }
      identities[location] = identity
      let source = Source(file: file, identity: identity)
      open = (components, source)
      return source
    } catch {
      try? file.close()
      throw error
    }
  }

  /// Compares the SHA-1 of the whole file, once a file.
  private func verify(_ checksum: String, of source: Source, _ location: [ExactName], _ shown: String) throws
  {
    let digest: String
    if let known = verifiedChecksums[location] {
      digest = known
    } else {
      var hash = Insecure.SHA1()
      var offset: Int64 = 0
      var chunk = [UInt8](repeating: 0, count: 1 << 20)
      while true {
        let count = try chunk.withUnsafeMutableBytes { try source.file.readFully(into: $0, from: offset) }
        if count == 0 { break }
        hash.update(data: chunk[..<count])
        offset += Int64(count)
      }
      digest = hexadecimal(hash.finalize())
      verifiedChecksums[location] = digest
    }
    guard checksum.lowercased() == digest else {
      throw CompileError(
        "external-checksum", "external data '\(shown)' has the SHA-1 \(digest), the model states \(checksum)",
        hint: "the file is damaged or belongs to another version of the model")
    }
  }

  private static func changed(_ shown: String) -> CompileError {
    CompileError(
      "external-changed", "external data '\(shown)' was changed while it was read",
      hint: "try again when its writer is done")
  }
}

/// A digest in lower-case hexadecimal digits.
func hexadecimal(_ digest: some Sequence<UInt8>) -> String {
  var text = ""
  for byte in digest {
    let digits = String(byte, radix: 16)
    text += digits.count == 1 ? "0" + digits : digits
  }
  return text
}
