/// Samples in memory: the form that most formats are read into, and that others can fill.
package struct ArrayDataset: Dataset {
  package let format: String
  package let path: String
  package let count: Int
  package let sampleShape: [Int]
  package let labels: [Int32]?
  package let classCount: Int?
  private let content: Content
  private let layout: SampleLayout
  private let size: Int

  /// The elements of all samples, one after another.
  package enum Content: Sendable {
    case bytes([UInt8])
    case floats([Float])

    var count: Int {
      switch self {
      case .bytes(let bytes): bytes.count
      case .floats(let floats): floats.count
      }
    }

    var kind: ElementKind {
      switch self {
      case .bytes: .bytes
      case .floats: .floats
      }
    }
  }

  package var elementKind: ElementKind { content.kind }

  /// - Parameters:
  ///   - shape: a sample's shape as `content` has it.
  ///   - knownClasses: how many classes the format has, where it says so.
  ///   - labelPath: where the labels come from, if not from `path`.
  /// - Throws: `dataset-empty`, `dataset-format` (`content` is no whole number of samples), `dataset-shape`,
  ///   `dataset-label`.
  package init(
    _ content: Content, shape: [Int], labels: [Int32]? = nil, knownClasses: Int? = nil, format: String,
    path: String, labelPath: String? = nil, expecting: SampleExpectation = .anything
  ) throws {
    let elements = content.count
    guard elements > 0 else { throw DatasetError(.empty, path, "there are no samples") }
    guard let size = ElementCount.of(shape), size > 0, elements.isMultiple(of: size) else {
      throw DatasetError(.format, path, "\(elements) elements are no whole number of samples \(shape)")
    }
    (sampleShape, layout) = try expecting.layout(of: shape, kind: content.kind, path: path)
    classCount = try labels.map {
      try Labels.check(
        $0, samples: elements / size, known: knownClasses, expected: expecting.classCount,
        path: labelPath ?? path)
    }
    count = elements / size
    self.content = content
    self.size = size
    self.labels = labels
    self.format = format
    self.path = path
  }

  package func read(_ index: Int, into target: UnsafeMutableBufferPointer<Float>) throws {
    precondition(index >= 0 && index < count && target.count == size)
    let range = index * size..<(index + 1) * size
    switch content {
    case .bytes(let bytes):
      bytes.withUnsafeBufferPointer { bytes in
        let sample = UnsafeBufferPointer(rebasing: bytes[range])
        switch layout {
        case .asStored: Pixels.scale(sample, into: target)
        case .channelsLast: Pixels.scale(sample, channels: sampleShape[0], into: target)
        }
      }
    case .floats(let floats):
      let isFinite = floats.withUnsafeBufferPointer {
        Pixels.copy(UnsafeBufferPointer(rebasing: $0[range]), into: target)
      }
      guard isFinite else { throw notFinite(index, target) }
    }
  }

  private func notFinite(_ index: Int, _ sample: UnsafeMutableBufferPointer<Float>) -> DatasetError {
    let element = sample.firstIndex { !$0.isFinite } ?? 0
    return DatasetError(
      .value, path, "sample \(index) holds \(sample[element]) at element \(element)",
      hint: "remove the sample, or what made it NaN or infinite")
  }
}
