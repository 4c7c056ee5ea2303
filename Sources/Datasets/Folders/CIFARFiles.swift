/// The binary version of CIFAR-10 or CIFAR-100, by the names of its files.
///
/// A record is one label byte (CIFAR-10), or a coarse and a fine one (CIFAR-100, the fine one is used), and 3072 bytes
/// [3, 32, 32].
///
/// - SeeAlso: <https://www.cs.toronto.edu/~kriz/cifar.html>
struct CIFARFiles {
  private let names: [String]
  private let isFine: Bool

  private static let shape = [3, 32, 32]
  private static let tens = (1...5).map { "data_batch_\($0).bin" } + ["test_batch.bin"]
  private static let hundreds = ["train.bin", "test.bin"]

  /// nil where none of the folder's names is CIFAR's.
  init?(_ names: [String]) {
    let tens = names.filter(Self.tens.contains)
    let hundreds = names.filter(Self.hundreds.contains)
    guard !(tens.isEmpty && hundreds.isEmpty) else { return nil }
    self.names = tens.isEmpty ? hundreds : tens
    isFine = tens.isEmpty
  }

  /// - Throws: `dataset-format` where a file is no whole number of records; `dataset-empty` without files of the half.
  func open(_ path: String, _ request: DatasetRequest) throws -> ArrayDataset {
    let files = names.filter { $0.hasPrefix("test") == (request.split == .test) }
    guard !files.isEmpty else {
      throw DatasetError(
        .empty, path, "has \(names.joined(separator: ", ")), but nothing to \(request.split.rawValue) with")
    }
    var pixels: [UInt8] = []
    var labels: [Int32] = []
    for file in files {
      let path = Folder.join(path, file)
      try append(
        try DataFile.contents(path, limit: request.memoryLimit - pixels.count), path, &pixels, &labels)
    }
    return try ArrayDataset(
      .bytes(pixels), shape: Self.shape, labels: labels, knownClasses: isFine ? 100 : 10,
      format: "CIFAR-\(isFine ? 100 : 10) binary folder", path: path, expecting: request.expectation)
  }

  private func append(
    _ bytes: [UInt8], _ path: String, _ pixels: inout [UInt8], _ labels: inout [Int32]
  ) throws {
    let head = isFine ? 2 : 1
    let record = head + 3072
    guard bytes.count.isMultiple(of: record) else {
      throw DatasetError(
        .format, path, "has \(bytes.count) bytes, which are no whole number of records of \(record)",
        hint: "the download or copy did not finish")
    }
    pixels.reserveCapacity(pixels.count + bytes.count)
    for start in stride(from: 0, to: bytes.count, by: record) {
      labels.append(Int32(bytes[start + head - 1]))
      pixels.append(contentsOf: bytes[(start + head)..<(start + record)])
    }
  }
}
