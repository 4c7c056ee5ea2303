import CZip

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A zip archive whose members are read through libzip, which compares their checksums.
final class ZipArchive {
  let path: String
  private let archive: OpaquePointer
  /// The members by name.
  private let members: [String: UInt64]

  /// Deflate cannot do better than 1 bit for 258 bytes.
  private static let highestRatio = 1032

  /// - Throws: `dataset-open`; `dataset-format` where this is no zip archive, or names repeat.
  init(_ path: String) throws {
    // Before libzip opens it: a pipe would wait for a writer.
    _ = try DataFile(path)
    var code: Int32 = 0
    errno = 0
    guard let archive = zip_open(path, ZIP_RDONLY, &code) else {
      var error = zip_error_t()
      // Where it has no memory to look for the directory, libzip says that there is none.
      zip_error_init_with_code(&error, errno == ENOMEM ? ZIP_ER_MEMORY : code)
      defer { zip_error_fini(&error) }
      throw Self.failure(
        &error, path, "is no readable zip archive", hint: "the download or copy did not finish")
    }
    self.path = path
    self.archive = archive
    var members: [String: UInt64] = [:]
    for index in 0..<UInt64(max(zip_get_num_entries(archive, 0), 0)) {
      guard let name = zip_get_name(archive, index, 0).map({ String(cString: $0) }) else { continue }
      if members.updateValue(index, forKey: name) != nil {
        zip_discard(archive)
        throw DatasetError(.format, path, "has several members '\(name)'")
      }
    }
    self.members = members
  }

  deinit { zip_discard(archive) }

  /// The members' names, sorted.
  var names: [String] { members.keys.sorted() }

  /// Opens a member; nil where there is none of that name.
  ///
  /// - Throws: `dataset-format` for members that are encrypted, compressed in other ways than deflate, or that state a
  ///   size which their compressed bytes cannot have.
  func member(_ name: String) throws -> ZipMember? {
    guard let index = members[name] else { return nil }
    let label = "\(path): array '\(name)'"
    var status = zip_stat_t()
    guard zip_stat_index(archive, index, 0, &status) == 0 else { throw damaged(label) }
    guard status.encryption_method == ZIP_EM_NONE else {
      throw DatasetError(.format, label, "is encrypted", hint: "store the archive without a password")
    }
    guard [UInt16(ZIP_CM_STORE), UInt16(ZIP_CM_DEFLATE)].contains(status.comp_method) else {
      throw DatasetError(
        .format, label, "is compressed by method \(status.comp_method)",
        hint: "use np.savez or np.savez_compressed")
    }
    guard let size = Int(exactly: status.size), let compressed = Int(exactly: status.comp_size),
      size / Self.highestRatio <= compressed
    else {
      throw DatasetError(
        .format, label,
        "states \(status.size) bytes for \(status.comp_size) compressed ones, which is impossible")
    }
    guard let file = zip_fopen_index(archive, index, 0) else { throw damaged(label) }
    return ZipMember(label, self, file, size: size)
  }

  private func damaged(_ label: String) -> DatasetError {
    Self.failure(zip_get_error(archive), label, "cannot be read")
  }

  /// What libzip says; that it had no memory is not the file's fault.
  fileprivate static func failure(
    _ error: UnsafeMutablePointer<zip_error_t>, _ label: String, _ message: String, hint: String? = nil
  ) -> DatasetError {
    let isMemory = zip_error_code_zip(error) == ZIP_ER_MEMORY
    return DatasetError(
      isMemory ? .memory : .format, label, "\(message): \(String(cString: zip_error_strerror(error)))",
      hint: isMemory ? nil : hint)
  }
}

/// A member that is being read.
final class ZipMember: ByteSource {
  let name: String
  let size: Int?
  /// Has to live as long as the member is read.
  private let archive: ZipArchive
  private let file: OpaquePointer

  fileprivate init(_ name: String, _ archive: ZipArchive, _ file: OpaquePointer, size: Int) {
    self.name = name
    self.archive = archive
    self.file = file
    self.size = size
  }

  deinit { zip_fclose(file) }

  func read(into target: UnsafeMutableRawBufferPointer) throws -> Int {
    var count = 0
    while count < target.count, let base = target.baseAddress {
      let read = zip_fread(file, base + count, UInt64(target.count - count))
      guard read >= 0 else {
        throw ZipArchive.failure(
          zip_file_get_error(file), name, "cannot be read",
          hint: "the archive is damaged; download or store it again")
      }
      if read == 0 { break }
      count += Int(read)
    }
    return count
  }
}
