import Datasets
import GraphIR

/// Samples and labels in memory, cut into batches in their order; after the last comes the first.
final class SampleSource {
  /// One batch.
  struct Batch {
    let samples: UnsafePointer<Float>
    let labels: UnsafePointer<Int64>
  }

  private let samples: UnsafeMutableBufferPointer<Float>
  private let labels: UnsafeMutableBufferPointer<Int64>
  private let batchSize: Int
  private let sampleSize: Int
  private let batchCount: Int
  private static let largestBatchCount = 16

  private init(batches: Int, _ network: borrowing ProbedNetwork) {
    batchSize = network.inputDims[0]
    sampleSize = network.inputDims.dropFirst().reduce(1, *)
    batchCount = batches
    samples = .allocate(capacity: batches * batchSize * sampleSize)
    labels = .allocate(capacity: batches * batchSize)
    samples.initialize(repeating: 0)
    labels.initialize(repeating: 0)
  }

  deinit {
    samples.deallocate()
    labels.deallocate()
  }

  /// The first samples of a data set, at most 16 batches.
  ///
  /// - Throws: a `DatasetError`, or `probe` where there is not one batch with labels.
  convenience init(_ path: String, labels labelPath: String?, for network: borrowing ProbedNetwork) throws {
    let expectation = SampleExpectation(
      shape: network.inputDims.dropFirst().map { $0 }, classCount: network.outputDims[1])
    let dataset =
      try labelPath.map { try Datasets.open(samples: path, labels: $0, expecting: expectation) }
      ?? Datasets.open(path, split: .train, expecting: expectation)
    let batchSize = network.inputDims[0]
    guard let classes = dataset.labels, dataset.count >= batchSize else {
      throw CompileError("probe", "\(dataset.summary): a batch of \(batchSize) with labels is needed")
    }
    self.init(batches: min(dataset.count / batchSize, Self.largestBatchCount), network)
    for index in 0..<batchCount * batchSize {
      try dataset.read(
        index,
        into: UnsafeMutableBufferPointer(
          rebasing: samples[index * sampleSize..<(index + 1) * sampleSize]))
      labels[index] = Int64(classes[index])
    }
  }

  /// One batch of seeded numbers in −1…1.
  convenience init(randomFor network: borrowing ProbedNetwork) {
    self.init(batches: 1, network)
    var state: UInt64 = 1
    func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state
    }
    for index in samples.indices {
      samples[index] = Float(Int64(bitPattern: next()) >> 40) / Float(1 << 23)
    }
    for index in labels.indices { labels[index] = Int64((next() >> 33) % UInt64(network.outputDims[1])) }
  }

  /// - Precondition: `number` is not negative.
  subscript(number: Int) -> Batch {
    let first = number % batchCount * batchSize
    guard let samples = samples.baseAddress, let labels = labels.baseAddress else {
      preconditionFailure("a batch without samples")
    }
    return Batch(samples: samples + first * sampleSize, labels: labels + first)
  }
}
