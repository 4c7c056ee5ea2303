/// Samples of one shape, with or without labels, which several threads may read at once.
package protocol Dataset: Sendable {
  /// What was found, for people: `CIFAR-10 binary folder`.
  var format: String { get }

  /// The file or folder, as errors name it.
  var path: String { get }

  /// Number of samples, at least 1.
  var count: Int { get }

  /// Shape of a sample without a batch axis, such as [C, H, W]; every element at least 1.
  var sampleShape: [Int] { get }

  /// What the samples are stored as.
  var elementKind: ElementKind { get }

  /// One class a sample, all in 0..<classCount; nil where there are none.
  var labels: [Int32]? { get }

  /// Number of classes: what the model has if that was said, else what the format or the labels show; nil without
  /// labels.
  var classCount: Int? { get }

  /// Writes a sample as floats, in the order of `sampleShape`; uint8 becomes value/255.
  ///
  /// - Precondition: `index` is in 0..<count, and `target` has the product of `sampleShape` elements.
  /// - Throws: `dataset-value` where a float is NaN or infinite; `dataset-open`, `dataset-format` or `dataset-shape`
  ///   where the sample is a file that is read only now.
  func read(_ index: Int, into target: UnsafeMutableBufferPointer<Float>) throws
}

/// What samples are stored as.
package enum ElementKind: Sendable {
  /// uint8, read as value/255.
  case bytes
  /// Numbers that are read as they are.
  case floats
}

/// Which half of a data set, where the format has two.
package enum DatasetSplit: String, Sendable {
  case train
  case test
}

extension Dataset {
  /// Number of floats in a sample.
  package var sampleSize: Int { sampleShape.reduce(1, *) }

  /// One line for people: `CIFAR-10 binary folder: 50000 samples [3, 32, 32] uint8, 10 classes`.
  package var summary: String {
    "\(format): \(count) samples \(sampleShape) \(elementKind == .bytes ? "uint8" : "float"), "
      + (classCount.map { "\($0) classes" } ?? "no labels")
  }
}
