/// What a model's inputs were brought to when it was trained: (x − mean)/deviation, channel by channel.
///
/// x is what ``Dataset/read(_:into:)`` gives, so that bytes were divided by 255 already.
package struct Preprocessing: Sendable, Equatable {
  /// One value a channel, one for all channels, or none where nothing is done.
  package let mean: [Float]
  package let standardDeviation: [Float]

  package init(mean: [Float], standardDeviation: [Float]) {
    self.mean = mean
    self.standardDeviation = standardDeviation
  }

  /// Samples as they are.
  package static let none = Preprocessing(mean: [], standardDeviation: [])

  /// The same with one value a channel; nothing for nothing.
  ///
  /// - Throws: `dataset-preprocessing`.
  func spread(over channels: Int, path: String) throws -> Preprocessing {
    func refusal(_ message: String) -> DatasetError { DatasetError(.preprocessing, path, message) }
    guard mean.count == standardDeviation.count else {
      throw refusal("there are \(mean.count) means and \(standardDeviation.count) standard deviations")
    }
    guard mean.isEmpty || mean.count == 1 || mean.count == channels else {
      throw refusal("there are \(mean.count) means for samples of \(channels) channels")
    }
    guard mean.allSatisfy(\.isFinite), standardDeviation.allSatisfy({ $0.isFinite && $0 > 0 }) else {
      throw refusal("means have to be finite, and standard deviations greater than 0")
    }
    guard mean.count == 1 else { return self }
    return Preprocessing(
      mean: .init(repeating: mean[0], count: channels),
      standardDeviation: .init(repeating: standardDeviation[0], count: channels))
  }
}
