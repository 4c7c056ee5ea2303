/// Varies and normalises one sample.
struct SampleTransform {
  private let preprocessing: Preprocessing
  private let channels: Int
  private let height: Int
  private let width: Int
  let augmentation: Augmentation

  /// - Throws: `dataset-preprocessing`; `dataset-shape` where crops are asked for and samples are no images.
  init(
    _ preprocessing: Preprocessing, _ augmentation: Augmentation, shape: [Int], path: String
  ) throws {
    channels = shape.first ?? 1
    self.preprocessing = try preprocessing.spread(over: channels, path: path)
    self.augmentation = augmentation
    if case .cropFlip(let padding) = augmentation {
      precondition(padding >= 0)
      guard shape.count == 3 else {
        throw DatasetError(
          .shape, path, "samples \(shape) are no images [channels, height, width], which could be cropped",
          hint: "turn augmentation off")
      }
    }
    // Without crops only the product matters.
    height = shape.count == 3 ? shape[1] : 1
    width = shape.dropFirst(shape.count == 3 ? 2 : 1).reduce(1, *)
  }

  /// (x − mean)/deviation in place.
  ///
  /// ## Shapes    sample [C, H, W]
  func normalize(_ sample: UnsafeMutableBufferPointer<Float>) {
    if preprocessing.mean.isEmpty { return }
    let area = height * width
    for channel in 0..<channels {
      let (mean, deviation) = (preprocessing.mean[channel], preprocessing.standardDeviation[channel])
      for index in channel * area..<(channel + 1) * area {
        sample[index] = (sample[index] - mean) / deviation
      }
    }
  }

  /// Crops and flips `source` into `target`, and normalises on the way.
  ///
  /// ## Shapes    source, target [C, H, W]
  func apply(
    _ variation: Variation, _ source: UnsafeMutableBufferPointer<Float>,
    into target: UnsafeMutableBufferPointer<Float>
  ) {
    let isPlain = preprocessing.mean.isEmpty
    // The columns of the crop that lie in the sample, and where the first of them comes from.
    let first = min(max(-variation.left, 0), width)
    let end = max(min(width - variation.left, width), first)
    for channel in 0..<channels {
      let mean = isPlain ? 0 : preprocessing.mean[channel]
      let deviation = isPlain ? 1 : preprocessing.standardDeviation[channel]
      let padding = (0 - mean) / deviation
      for y in 0..<height {
        let row = UnsafeMutableBufferPointer(
          rebasing: target[(channel * height + y) * width..<(channel * height + y + 1) * width])
        let sourceY = y + variation.top
        guard sourceY >= 0, sourceY < height, first < end else {
          row.update(repeating: padding)
          continue
        }
        let start = (channel * height + sourceY) * width + first + variation.left
        let pixels = UnsafeBufferPointer(rebasing: source[start..<start + end - first])
        Self.write(pixels, at: first, in: row, variation.isFlipped, padding: padding) {
          ($0 - mean) / deviation
        }
      }
    }
  }

  /// One row of the crop: padding, pixels, padding; or the same from right to left.
  @inline(__always)
  private static func write(
    _ pixels: UnsafeBufferPointer<Float>, at first: Int, in row: UnsafeMutableBufferPointer<Float>,
    _ isFlipped: Bool, padding: Float, _ value: (Float) -> Float
  ) {
    let end = first + pixels.count
    if isFlipped {
      let last = row.count - 1
      for x in 0..<first { row[last - x] = padding }
      for x in 0..<pixels.count { row[last - first - x] = value(pixels[x]) }
      for x in end..<row.count { row[last - x] = padding }
    } else {
      for x in 0..<first { row[x] = padding }
      for x in 0..<pixels.count { row[first + x] = value(pixels[x]) }
      for x in end..<row.count { row[x] = padding }
    }
  }
}
