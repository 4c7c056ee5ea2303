/// Bytes that are read once, from the front: a file, a member of an archive, a compressed file.
protocol ByteSource {
  /// As errors name it: `x.npz: array 'x'`.
  var name: String { get }

  /// How many bytes there are in all, as far as that is stated before reading; nil where it is not.
  var size: Int? { get }

  /// Reads until `target` is full or the bytes end; returns how many were read.
  ///
  /// - Throws: `dataset-open` or `dataset-format`, also for a checksum that is found to be wrong at the end.
  func read(into target: UnsafeMutableRawBufferPointer) throws -> Int
}

extension ByteSource {
  /// What is wrong with the content.
  func refusal(_ message: String, hint: String? = nil) -> DatasetError {
    DatasetError(.format, name, message, hint: hint)
  }

  /// Fills `target`.
  ///
  /// - Throws: `dataset-format` where the bytes end before.
  func fill(_ target: UnsafeMutableRawBufferPointer) throws {
    let count = try read(into: target)
    guard count == target.count else {
      throw refusal(
        "ends too early: \(target.count - count) of \(target.count) bytes are missing here",
        hint: "the download or copy did not finish")
    }
  }

  func bytes(_ count: Int) throws -> [UInt8] {
    try [UInt8](unsafeUninitializedCapacity: count) { target, filled in
      try fill(UnsafeMutableRawBufferPointer(target))
      filled = count
    }
  }

  /// Checks that nothing follows; this is also when an archive or a compressed file compares checksums.
  func expectEnd() throws {
    var extra: UInt8 = 0
    if try withUnsafeMutableBytes(of: &extra, { try read(into: $0) }) != 0 {
      throw refusal("goes on after its last element")
    }
  }
}
