/// Images in class folders, decoded when they are read; the classes are the folders in the order of their names.
///
/// Images of another size than the model's are resized (``BilinearResize``). Whether a model takes colour or grey is
/// told by its channels; where it does not say, colour.
struct ImageFolder: Dataset {
  let format = "folder of class folders"
  let path: String
  let sampleShape: [Int]
  let labels: [Int32]?
  let classCount: Int?
  private let files: [String]
  /// Whether images of other sizes are resized, or refused.
  private let resizes: Bool

  var count: Int { files.count }
  var elementKind: ElementKind { .bytes }

  /// - Parameter classes: the class folders, in order.
  /// - Throws: `dataset-empty`, `dataset-shape` (the model takes no images), `dataset-label` (too many classes),
  ///   `dataset-format` (an image of a format that is not read), or what decoding the first image throws.
  init(_ path: String, classes: [String], _ request: DatasetRequest) throws {
    var files: [String] = []
    var labels: [Int32] = []
    for (label, name) in classes.enumerated() {
      let folder = Folder.join(path, name)
      for file in try Folder.names(in: folder) where ImageFormat.isImageName(file) {
        let file = Folder.join(folder, file)
        guard ImageFormat.isReadableName(file) else {
          throw DatasetError(
            .format, file, "is neither JPEG nor PNG", hint: "convert it, or move it elsewhere")
        }
        files.append(file)
        labels.append(Int32(label))
      }
    }
    guard !files.isEmpty else {
      throw DatasetError(
        .empty, path, "has \(classes.count) folders, and no .jpg, .jpeg or .png in them",
        hint: "one folder a class: cat/1.png")
    }
    classCount = try Labels.check(
      labels, samples: files.count, known: classes.count, expected: request.expectation.classCount, path: path
    )
    (sampleShape, resizes) = try Self.shape(request.expectation, path, first: files[0])
    self.path = path
    self.files = files
    self.labels = labels
  }

  func read(_ index: Int, into target: UnsafeMutableBufferPointer<Float>) throws {
    let file = files[index]
    precondition(target.count == sampleSize)
    var image = try ImageFormat.decode(file).converted(channels: sampleShape[0])
    if image.height != sampleShape[1] || image.width != sampleShape[2] {
      guard resizes else {
        throw DatasetError(
          .shape, file,
          "has \(image.width)×\(image.height) pixels, and the first image "
            + "\(sampleShape[2])×\(sampleShape[1])",
          hint: "the model fixes no size, so all images need the same")
      }
      image = BilinearResize.resize(image, width: sampleShape[2], height: sampleShape[1])
    }
    image.pixels.withUnsafeBufferPointer { Pixels.scale($0, channels: image.channels, into: target) }
  }

  /// [C, H, W], with the first image's size where the model fixes none.
  private static func shape(
    _ expectation: SampleExpectation, _ path: String, first: String
  ) throws -> ([Int], resizes: Bool) {
    let expected = expectation.shape ?? [nil, nil, nil]
    guard expected.count == 3, [nil, 1, 3].contains(expected[0]) else {
      throw DatasetError(
        .shape, path,
        "images are [3, height, width] or [1, height, width], the model takes "
          + SampleExpectation.text(expected))
    }
    let channels = expected[0] ?? 3
    if let height = expected[1], let width = expected[2] { return ([channels, height, width], true) }
    let image = try ImageFormat.decode(first)
    return ([channels, expected[1] ?? image.height, expected[2] ?? image.width], false)
  }
}
