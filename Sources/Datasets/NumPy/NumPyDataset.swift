/// Samples and labels that are NumPy arrays: an `.npz`, an `.npy`, or a folder with a pair of `.npy`.
enum NumPyDataset {
  private static let sampleNames = ["x", "X", "images", "data"]
  private static let labelNames = ["y", "Y", "labels", "target"]

  /// An archive of arrays, compressed or not.
  static func archive(_ path: String, _ request: DatasetRequest) throws -> ArrayDataset {
    let archive = try ZipArchive(path)
    func array(_ names: [String], limit: Int) throws -> NPYArray? {
      for name in request.split.variants(of: names) {
        if let member = try archive.member(name + ".npy") ?? archive.member(name) {
          return try NPYArray(member, limit: limit)
        }
      }
      return nil
    }
    guard let samples = try array(sampleNames, limit: request.memoryLimit) else {
      throw DatasetError(
        .format, path,
        "has no array named \(sampleNames.joined(separator: ", ")); it has \(list(archive.names))",
        hint: "np.savez(path, x=images, y=labels)")
    }
    let labels = try array(labelNames, limit: request.memoryLimit - samples.memory)
    return try dataset(samples, labels, format: "NumPy archive", request)
  }

  /// One array of samples, and one of labels where there is one.
  static func files(_ samples: String, labels: String?, _ request: DatasetRequest) throws -> ArrayDataset {
    let array = try NPYArray(DataFile(samples), limit: request.memoryLimit)
    let labels = try labels.map { try NPYArray(DataFile($0), limit: request.memoryLimit - array.memory) }
    return try dataset(array, labels, format: labels == nil ? "NumPy array" : "pair of NumPy arrays", request)
  }

  /// The files of a folder that hold samples and labels; nil where none holds samples.
  static func pair(in folder: String, _ split: DatasetSplit) -> (samples: String, labels: String?)? {
    func find(_ names: [String]) -> String? {
      split.variants(of: names).map { Folder.join(folder, $0 + ".npy") }.first(where: Folder.isFile)
    }
    return find(sampleNames).map { ($0, find(labelNames)) }
  }

  private static func dataset(
    _ samples: NPYArray, _ labels: NPYArray?, format: String, _ request: DatasetRequest
  ) throws -> ArrayDataset {
    guard let count = samples.shape.first else {
      throw DatasetError(.shape, samples.name, "is a single number, not an array of samples")
    }
    guard !samples.shape.contains(0) else {
      throw DatasetError(.empty, samples.name, "has the shape \(samples.shape): there are no samples")
    }
    return try ArrayDataset(
      samples.content, shape: Array(samples.shape.dropFirst()),
      labels: labels.map { try NumPyLabels.read($0, samples: count) },
      knownClasses: labels.flatMap(NumPyLabels.columns), format: format, path: samples.name,
      labelPath: labels?.name, expecting: request.expectation)
  }

  private static func list(_ names: [String]) -> String {
    if names.isEmpty { return "nothing" }
    return names.prefix(8).joined(separator: ", ") + (names.count > 8 ? " and \(names.count - 8) more" : "")
  }
}

extension DatasetSplit {
  /// `x_train` and `train_x` before `x`: the name of the half wins over the name of the whole.
  fileprivate func variants(of names: [String]) -> [String] {
    names.flatMap { ["\($0)_\(rawValue)", "\(rawValue)_\($0)"] } + names
  }
}
