/// MNIST's pairs of IDX files, and those of the data sets that came after it, by their names; plain or gzip-compressed.
///
/// - SeeAlso: <http://yann.lecun.com/exdb/mnist/>
struct IDXFiles {
  private let names: [String]

  /// nil where none of the folder's names is one of MNIST's.
  init?(_ names: [String]) {
    self.names = names.filter { name in
      ["train-", "t10k-"].contains { name.hasPrefix($0) } && ["idx1", "idx3"].contains { name.contains($0) }
    }
    if self.names.isEmpty { return nil }
  }

  /// - Throws: `dataset-format` where a file is not what its name says; `dataset-label` where the counts differ.
  func open(_ path: String, _ request: DatasetRequest) throws -> ArrayDataset {
    let half = request.split == .train ? "train" : "t10k"
    let images = try file(half + "-images", "idx3-ubyte", path)
    let labels = try file(half + "-labels", "idx1-ubyte", path)
    let pixels = try IDXArray(images, rank: 3, limit: request.memoryLimit)
    let classes = try IDXArray(labels, rank: 1, limit: request.memoryLimit - pixels.bytes.count)
    return try ArrayDataset(
      .bytes(pixels.bytes), shape: [1] + pixels.dims.dropFirst(), labels: classes.bytes.map { Int32($0) },
      format: "MNIST IDX folder", path: images, expecting: request.expectation)
  }

  private func file(_ stem: String, _ kind: String, _ folder: String) throws -> String {
    // Some copies have a dot in place of the dash.
    let forms = ["\(stem)-\(kind)", "\(stem).\(kind)"]
    for form in forms + forms.map({ $0 + ".gz" }) where names.contains(form) {
      return Folder.join(folder, form)
    }
    throw DatasetError(
      .empty, folder, "has \(names.joined(separator: ", ")), but no \(forms[0])", hint: "also as .gz")
  }
}

/// The unsigned bytes of an IDX file: two zeros, type, rank, big-endian lengths, elements.
private struct IDXArray {
  let dims: [Int]
  let bytes: [UInt8]

  init(_ path: String, rank: Int, limit: Int) throws {
    let source = try GzipFile(path)
    let magic = try source.bytes(4)
    guard magic == [0, 0, 8, UInt8(rank)] else {
      let found = magic.reduce(0) { $0 << 8 | Int($1) }
      throw DatasetError(
        .format, path,
        "begins with \(found), not with \(8 << 8 | rank): it is no IDX file of bytes with \(rank) axes")
    }
    let lengths = try source.bytes(4 * rank)
    dims = (0..<rank).map { axis in lengths[4 * axis..<4 * axis + 4].reduce(0) { $0 << 8 | Int($1) } }
    guard let count = ElementCount.of(dims), count <= source.largestSize else {
      throw source.refusal("states the shape \(dims), which a file of its length cannot hold")
    }
    guard count <= limit else {
      throw DatasetError(
        .memory, path, "has the shape \(dims), which takes more than the \(limit) bytes allowed")
    }
    guard count > 0 else { throw DatasetError(.empty, path, "has the shape \(dims): it is empty") }
    // In steps, as a few compressed bytes can state any length.
    var bytes: [UInt8] = []
    while bytes.count < count { bytes += try source.bytes(min(count - bytes.count, 1 << 24)) }
    try source.expectEnd()
    self.bytes = bytes
  }
}
