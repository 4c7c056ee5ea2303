import GraphIR
import SystemPackage

/// Reads a model's file into memory, once and whole.
enum ModelFile {
  /// protobuf's own limit for a message.
  static let sizeLimit = Int(Int32.max)

  /// The bytes of a file; `-` is the standard input.
  ///
  /// - Throws: `file-open`, `file-read`, `file-too-large`, `memory-limit` (resources); `empty-file`, `file-changed`.
  static func read(_ path: String, memoryLimit: Int) throws -> ByteBuffer {
    let isStandardInput = path == "-"
    let file: FileDescriptor
    do {
      file = isStandardInput ? .standardInput : try .open(FilePath(path), .readOnly, options: .closeOnExec)
    } catch let error as Errno {
      throw CompileError("file-open", "cannot be opened: \(error)", exit: .resources)
    }
    defer { if !isStandardInput { try? file.close() } }
    do {
      switch try file.stat().type {
      case .regular where !isStandardInput: return try readFile(file, memoryLimit)
      case .directory: throw CompileError("file-open", "is a folder, not a model", exit: .resources)
      default: return try readStream(file, memoryLimit)
      }
    } catch let error as Errno {
      throw CompileError("file-read", "cannot be read: \(error)", exit: .resources)
    }
  }

  private static func readFile(_ file: FileDescriptor, _ memoryLimit: Int) throws -> ByteBuffer {
    guard let before = try file.settledIdentity() else { throw changed }
    try check(Int(before.size), memoryLimit)
    let buffer = try ByteBuffer(count: Int(before.size)) { target in
      guard try file.readFully(into: target, from: 0) == target.count else { throw Self.changed }
    }
    guard FileIdentity(try file.stat()) == before else { throw changed }
    return buffer
  }

  private static func readStream(_ file: FileDescriptor, _ memoryLimit: Int) throws -> ByteBuffer {
    var parts: [[UInt8]] = []
    var count = 0
    while true {
      let part = try [UInt8](unsafeUninitializedCapacity: 1 << 20) { target, filled in
        filled = try file.read(into: UnsafeMutableRawBufferPointer(target))
      }
      if part.isEmpty { break }
      count += part.count
      try check(count, memoryLimit)
      parts.append(part)
    }
    try check(count, memoryLimit)
    return try ByteBuffer(count: count) { target in
      var offset = 0
      for index in parts.indices {
        parts[index].withUnsafeBytes {
          UnsafeMutableRawBufferPointer(rebasing: target[offset...]).copyMemory(from: $0)
        }
        offset += parts[index].count
        parts[index] = []
      }
    }
  }

  private static func check(_ size: Int, _ memoryLimit: Int) throws {
    if size == 0 {
      throw CompileError("empty-file", "is empty", hint: "the download or export did not finish")
    }
    if size > sizeLimit {
      throw CompileError(
        "file-too-large", "is larger than 2 GiB, which no protobuf message can be", exit: .resources,
        hint: "save the model with external data")
    }
    if size > memoryLimit {
      throw CompileError(
        "memory-limit", "has \(size) bytes, \(memoryLimit) bytes of memory are allowed", exit: .resources,
        hint: "raise --max-memory")
    }
  }

  private static var changed: CompileError {
    CompileError("file-changed", "was changed while it was read", hint: "try again when its writer is done")
  }
}
