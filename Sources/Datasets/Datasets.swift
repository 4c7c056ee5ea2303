import SystemPackage

/// Opens data sets, whatever their format.
package enum Datasets {
  /// Recognises what lies at `path` and opens it.
  ///
  /// - An `.npz` archive: samples in x, X, images or data, labels in y, Y, labels or target; `x_train` or `train_x`
  ///   before `x`.
  /// - An `.npy` array without labels, or a folder with a pair of them under the names above.
  /// - The CIFAR-10 or CIFAR-100 binary folder.
  /// - A folder with MNIST's IDX files, also as .gz.
  /// - A folder of class folders with JPEG and PNG images, or one with such folders as `train` and `test` (or `val`).
  ///
  /// - Parameters:
  ///   - split: which half, where the format or the names in it tell two apart.
  ///   - expectation: what the model takes.
  ///   - memoryLimit: how many bytes the samples in memory may take; three quarters of the machine's memory if nil.
  /// - Throws: a `DatasetError`.
  package static func open(
    _ path: String, split: DatasetSplit, expecting expectation: SampleExpectation = .anything,
    memoryLimit: Int? = nil
  ) throws -> any Dataset {
    let request = DatasetRequest(split: split, expectation: expectation, memoryLimit: memoryLimit)
    switch Folder.kind(of: path) {
    case .directory?: return try openFolder(path, request)
    case .regular?: return try openFile(path, request)
    case nil: throw DatasetError(.open, path, "there is no such file or folder")
    default: throw DatasetError(.open, path, "is neither a file nor a folder")
    }
  }

  /// Opens a pair of `.npy` arrays that lie in different places or have other names.
  ///
  /// - Throws: a `DatasetError`.
  package static func open(
    samples: String, labels: String, expecting expectation: SampleExpectation = .anything,
    memoryLimit: Int? = nil
  ) throws -> any Dataset {
    try NumPyDataset.files(
      samples, labels: labels,
      DatasetRequest(split: .train, expectation: expectation, memoryLimit: memoryLimit))
  }

  private static func openFile(_ path: String, _ request: DatasetRequest) throws -> any Dataset {
    let file = try DataFile(path)
    var head = [UInt8](repeating: 0, count: 8)
    head.removeLast(head.count - (try head.withUnsafeMutableBytes { try file.read(into: $0) }))
    // A damaged file keeps its name: its reader says what is wrong with it.
    if head.starts(with: Array("PK".utf8)) || path.hasSuffix(".npz") {
      return try NumPyDataset.archive(path, request)
    }
    if head.starts(with: [0x93] + Array("NUMPY".utf8)) || path.hasSuffix(".npy") {
      return try NumPyDataset.files(path, labels: nil, request)
    }
    throw DatasetError(
      .format, path, "is \(head.isEmpty ? "empty" : "no .npz archive and no .npy array")", hint: formats)
  }

  private static func openFolder(_ path: String, _ request: DatasetRequest) throws -> any Dataset {
    let names = try Folder.names(in: path)
    if let cifar = CIFARFiles(names) { return try cifar.open(path, request) }
    if let idx = IDXFiles(names) { return try idx.open(path, request) }
    if let pair = NumPyDataset.pair(in: path, request.split) {
      return try NumPyDataset.files(pair.samples, labels: pair.labels, request)
    }
    let folders = names.filter { Folder.kind(of: Folder.join(path, $0)) == .directory }
    if let half = try half(of: path, folders, request.split) { return try openFolder(half, request) }
    if folders.isEmpty { throw unknownFolder(path, names) }
    return try ImageFolder(path, classes: folders, request)
  }

  /// The folder of the half that was asked for, where all that there is are such folders.
  private static func half(of path: String, _ folders: [String], _ split: DatasetSplit) throws -> String? {
    let test = ["test", "val", "valid", "validation"]
    guard !folders.isEmpty, folders.allSatisfy({ $0 == "train" || test.contains($0) }) else { return nil }
    let wanted = split == .train ? ["train"] : test
    guard let name = wanted.first(where: folders.contains) else {
      throw DatasetError(
        .empty, path, "has \(folders.joined(separator: ", ")), but nothing to \(split.rawValue) with")
    }
    return Folder.join(path, name)
  }

  private static func unknownFolder(_ path: String, _ names: [String]) -> DatasetError {
    if names.isEmpty { return DatasetError(.empty, path, "is an empty folder", hint: formats) }
    if names.contains("data_batch_1") || names.contains("batches.meta") {
      return DatasetError(
        .format, path, "is CIFAR in its Python version, which is pickled", hint: "download the binary version"
      )
    }
    if names.contains(where: ImageFormat.isImageName) {
      return DatasetError(
        .format, path, "has images, but they are in no class folders", hint: "one folder a class: cat/1.png")
    }
    let shown = names.prefix(5).joined(separator: ", ") + (names.count > 5 ? ", ..." : "")
    return DatasetError(.format, path, "is no data set of a known format; it has \(shown)", hint: formats)
  }

  private static let formats =
    "known are .npz, .npy, the CIFAR binary folder, MNIST's IDX files, and folders of class folders with JPEG or PNG"
}
