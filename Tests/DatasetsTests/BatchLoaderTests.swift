import Datasets
import Testing

@Suite("Batches")
struct BatchLoaderTests {
  /// An epoch's samples, labels and indices, and the sizes of its batches.
  private struct Epoch: Equatable {
    var samples: [Float] = []
    var labels: [Int32] = []
    var indices: [Int] = []
    var counts: [Int] = []

    init(_ loader: BatchLoader, _ number: Int) throws {
      loader.begin(epoch: number)
      while let batch = try loader.next() {
        samples += batch.samples
        labels += batch.labels
        indices += batch.indices
        counts.append(batch.count)
      }
    }
  }

  /// 103 images [2, 6, 5], each element known by its value.
  private func images(_ count: Int = 103) throws -> ArrayDataset {
    try ArrayDataset(
      .bytes((0..<count * 60).map { UInt8(1 + $0 % 255) }), shape: [2, 6, 5],
      labels: (0..<count).map { Int32($0 % 7) }, format: "bytes", path: "images")
  }

  @Test("hold every sample once, in their order or an order of each epoch's own", arguments: [1, 3])
  func everySampleOnce(threads: Int) throws {
    let data = try images()
    let plain = try Epoch(BatchLoader(data, batchSize: 10, shuffles: false, seed: 1, threads: threads), 0)
    #expect(plain.indices == Array(0..<103))
    #expect(plain.counts == .init(repeating: 10, count: 10) + [3])
    #expect(try plain.samples == (0..<103).flatMap { try data.sample($0) })

    let loader = try BatchLoader(data, batchSize: 10, shuffles: true, seed: 1, threads: threads)
    let epochs = try (0..<3).map { try Epoch(loader, $0) }
    for epoch in epochs {
      #expect(epoch.indices.sorted() == Array(0..<103))
      #expect(epoch.labels == epoch.indices.map { Int32($0 % 7) })
      #expect(try epoch.samples == epoch.indices.flatMap { try data.sample($0) })
    }
    #expect(Set(epochs.map(\.indices)).count == 3)
  }

  @Test("may begin within an epoch: what follows is what would have followed", arguments: [0, 4, 10, 11])
  func beginsWithin(batch: Int) throws {
    let data = try images()
    let whole = try Epoch(BatchLoader(data, batchSize: 10, shuffles: true, seed: 1), 2)
    let loader = try BatchLoader(data, batchSize: 10, shuffles: true, seed: 1, threads: 2)
    loader.begin(epoch: 2, batch: batch)
    var indices: [Int] = []
    while let batch = try loader.next() { indices += batch.indices }
    #expect(indices == Array(whole.indices.dropFirst(10 * batch)))
  }

  @Test("are the same whatever the number of threads, and differ from epoch to epoch and seed to seed")
  func deterministic() throws {
    func epoch(_ number: Int, seed: UInt64 = 7, threads: Int) throws -> Epoch {
      try Epoch(
        BatchLoader(
          images(), batchSize: 16, shuffles: true, seed: seed,
          preprocessing: Preprocessing(mean: [0.4, 0.5], standardDeviation: [0.2, 0.3]),
          augmentation: .cropFlip(padding: 2), threads: threads), number)
    }
    let one = try epoch(3, threads: 1)
    for threads in [2, 4] { #expect(try epoch(3, threads: threads) == one) }
    #expect(try epoch(4, threads: 2) != one)
    #expect(try epoch(3, seed: 8, threads: 2) != one)
  }

  @Test("of an epoch do not depend on the epochs before it, be they read or left")
  func epochsAreIndependent() throws {
    let loader = try BatchLoader(
      images(), batchSize: 8, shuffles: true, seed: 2, augmentation: .cropFlip(padding: 1), threads: 2)
    let fifth = try Epoch(loader, 5)
    loader.begin(epoch: 6)
    for _ in 0..<3 { _ = try loader.next() }
    #expect(try Epoch(loader, 5) == fifth)
  }

  @Test("leave out the last samples if asked to")
  func dropsLast() throws {
    let loader = try BatchLoader(images(), batchSize: 10, shuffles: true, seed: 1, dropsLast: true)
    #expect(loader.batchCount == 10)
    #expect(try Epoch(loader, 0).counts == .init(repeating: 10, count: 10))
    let error = #expect(throws: DatasetError.self) {
      try BatchLoader(images(), batchSize: 104, shuffles: true, seed: 1, dropsLast: true)
    }
    #expect(error?.code == .empty)
  }

  @Test("of samples without labels have none")
  func withoutLabels() throws {
    let data = try ArrayDataset(.floats([1, 2, 3, 4]), shape: [2], format: "floats", path: "floats")
    let epoch = try Epoch(BatchLoader(data, batchSize: 8, shuffles: false, seed: 1), 0)
    #expect(epoch.samples == [1, 2, 3, 4] && epoch.labels.isEmpty && epoch.counts == [2])
  }

  @Test("may be kept while the next ones are read, up to the number in flight")
  func keptBatches() throws {
    let loader = try BatchLoader(images(), batchSize: 10, shuffles: false, seed: 1, batchesInFlight: 3)
    loader.begin(epoch: 0)
    guard let first = try loader.next(), let second = try loader.next(), let third = try loader.next() else {
      Issue.record("there are eleven batches")
      return
    }
    let starts = [first.indices[0], second.indices[0], third.indices[0]]
    #expect(starts == [0, 10, 20])
  }

  @Test(
    "come up to a sample that cannot be read; then the first such error of the batch is thrown",
    arguments: [1, 4])
  func failures(threads: Int) throws {
    var values = [Float](repeating: 1, count: 400)
    for sample in [57, 53, 71] { values[sample * 4 + 1] = .nan }
    let data = try ArrayDataset(.floats(values), shape: [4], format: "floats", path: "floats")
    let loader = try BatchLoader(data, batchSize: 10, shuffles: false, seed: 1, threads: threads)
    for epoch in 0..<2 {
      loader.begin(epoch: epoch)
      for _ in 0..<5 { #expect(try loader.next()?.count == 10) }
      let error = #expect(throws: DatasetError.self) { _ = try loader.next() }
      #expect(error?.code == .value && error?.message.hasPrefix("sample 53 holds nan at element 1") == true)
      let after = try loader.next()?.count
      #expect(after == nil)
    }
  }

  @Test(
    "end with their loader, midway or before the first; what the threads held is let go", arguments: [1, 4])
  func dropped(threads: Int) throws {
    for taken in [nil, 0, 2] as [Int?] {
      weak var token: Token?
      do {
        let data = try CountedDataset(Token(), images())
        token = data.token
        let loader = try BatchLoader(data, batchSize: 4, shuffles: true, seed: 1, threads: threads)
        if let taken {
          loader.begin(epoch: 0)
          for _ in 0..<taken { _ = try loader.next() }
        }
        #expect(token != nil)
      }
      #expect(token == nil)
    }
  }
}

/// Whether anybody still has a data set.
private final class Token: Sendable {}

private struct CountedDataset: Dataset {
  let token: Token
  let data: ArrayDataset
  var format: String { data.format }
  var path: String { data.path }
  var count: Int { data.count }
  var sampleShape: [Int] { data.sampleShape }
  var elementKind: ElementKind { data.elementKind }
  var labels: [Int32]? { data.labels }
  var classCount: Int? { data.classCount }

  init(_ token: Token, _ data: ArrayDataset) {
    self.token = token
    self.data = data
  }

  func read(_ index: Int, into target: UnsafeMutableBufferPointer<Float>) throws {
    try data.read(index, into: target)
  }
}
