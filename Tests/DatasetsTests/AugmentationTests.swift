import Datasets
import Testing

@Suite("Preprocessing and augmentation")
struct AugmentationTests {
  private let mean: [Float] = [0.25, 0.5]
  private let deviation: [Float] = [0.5, 0.125]
  /// [2, 4, 5], no element zero or like another.
  private let image = (1...40).map { Float($0) }

  private func images(_ count: Int) throws -> ArrayDataset {
    try ArrayDataset(
      .floats((0..<count).flatMap { _ in image }), shape: [2, 4, 5], format: "floats", path: "images")
  }

  private func samples(
    _ data: any Dataset, _ preprocessing: Preprocessing, _ augmentation: Augmentation = .none
  ) throws -> [[Float]] {
    let loader = try BatchLoader(
      data, batchSize: data.count, shuffles: false, seed: 5, preprocessing: preprocessing,
      augmentation: augmentation)
    loader.begin(epoch: 0)
    guard let batch = try loader.next() else { return [] }
    return (0..<batch.count).map { Array(batch.samples[$0 * data.sampleSize..<($0 + 1) * data.sampleSize]) }
  }

  @Test("(x − mean)/deviation, channel by channel")
  func normalises() throws {
    let expected = image.enumerated().map { ($1 - mean[$0 / 20]) / deviation[$0 / 20] }
    #expect(try samples(images(1), Preprocessing(mean: mean, standardDeviation: deviation)) == [expected])
    let single = image.map { ($0 - 0.25) / 0.5 }
    #expect(try samples(images(1), Preprocessing(mean: [0.25], standardDeviation: [0.5])) == [single])
  }

  @Test("crops are those of the image in a frame of zeros, flipped every other time, then normalised")
  func crops() throws {
    let padding = 2
    // Every crop there is, by a plain loop over the padded image.
    var possible: [[Float]: (top: Int, left: Int, isFlipped: Bool)] = [:]
    for top in 0...2 * padding {
      for left in 0...2 * padding {
        for isFlipped in [false, true] {
          let crop = (0..<40).map { index in
            let (channel, y, x) = (index / 20, index / 5 % 4 + top - padding, index % 5)
            let column = (isFlipped ? 4 - x : x) + left - padding
            let isInside = (0..<4).contains(y) && (0..<5).contains(column)
            let value = isInside ? image[channel * 20 + y * 5 + column] : 0
            return (value - mean[channel]) / deviation[channel]
          }
          possible[crop] = (top, left, isFlipped)
        }
      }
    }
    #expect(possible.count == 50)
    let found = try samples(
      images(4000), Preprocessing(mean: mean, standardDeviation: deviation), .cropFlip(padding: padding)
    ).map { possible[$0] }
    #expect(!found.contains { $0 == nil })
    let known = found.compactMap { $0 }
    // Each of 5 offsets, and each side, about as often as the others: 6 standard deviations.
    for offset in 0...2 * padding {
      #expect(abs(known.count { $0.top == offset } - 800) < 152)
      #expect(abs(known.count { $0.left == offset } - 800) < 152)
    }
    #expect(abs(known.count { $0.isFlipped } - 2000) < 190)
  }

  @Test("a frame wider than the image leaves crops without any of it")
  func widePadding() throws {
    let crops = try samples(images(200), .none, .cropFlip(padding: 9))
    #expect(crops.contains { $0.allSatisfy { $0 == 0 } })
    #expect(Set(crops.joined()).isSubset(of: Set(image + [0])))
  }

  @Test("means that do not go with the samples are refused")
  func badMeans() throws {
    for (mean, deviation) in [
      ([1, 2, 3], [1, 1, 1]), ([0.5], [0]), ([0.5], [.nan]), ([.infinity], [1]), ([0.5], []),
    ] as [([Float], [Float])] {
      let error = #expect(throws: DatasetError.self) {
        try samples(images(1), Preprocessing(mean: mean, standardDeviation: deviation))
      }
      #expect(error?.code == .preprocessing)
    }
  }

  @Test("what is no image cannot be cropped")
  func noImage() throws {
    let data = try ArrayDataset(.floats(image), shape: [40], format: "floats", path: "rows")
    let error = #expect(throws: DatasetError.self) { try samples(data, .none, .cropFlip(padding: 4)) }
    #expect(error?.code == .shape)
  }
}
