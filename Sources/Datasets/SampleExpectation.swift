/// What a model takes: the data set is checked against it, and brought into its layout where that is certain.
package struct SampleExpectation: Sendable {
  /// The shape of a sample, without the batch axis; nil for an axis of any length, and as a whole for any shape.
  package var shape: [Int?]?

  /// How many classes the model tells apart; nil where that is not known.
  package var classCount: Int?

  package init(shape: [Int?]? = nil, classCount: Int? = nil) {
    self.shape = shape
    self.classCount = classCount
  }

  package static let anything = SampleExpectation()
}

/// In which order an array holds the axes of an image.
enum SampleLayout {
  /// As the sample's shape says.
  case asStored
  /// [H, W, C] where the sample's shape is [C, H, W].
  case channelsLast
}

extension SampleExpectation {
  /// How samples stored as `stored` become what the model takes.
  ///
  /// Taken as they are where that fits. Axes of length 1 may be added or left out ([28, 28] is [1, 28, 28]). Bytes
  /// [H, W, C] with 1, 3 or 4 channels are read as [C, H, W] where only that fits.
  ///
  /// - Throws: `dataset-shape`, which says both shapes.
  func layout(of stored: [Int], kind: ElementKind, path: String) throws -> (
    shape: [Int], layout: SampleLayout
  ) {
    guard let shape, !fits(stored) else { return (stored, .asStored) }
    let transposed = stored.count == 3 ? [stored[2], stored[0], stored[1]] : []
    if !transposed.isEmpty, fits(transposed) {
      if kind == .bytes, [1, 3, 4].contains(transposed[0]) { return (transposed, .channelsLast) }
      throw Self.mismatch(
        stored, shape, path, hint: "store the channels first, in NumPy: x.transpose(0, 3, 1, 2)")
    }
    if let reshaped = unitAxesAdjusted(stored, to: shape) { return (reshaped, .asStored) }
    throw Self.mismatch(stored, shape, path, hint: nil)
  }

  private func fits(_ candidate: [Int]) -> Bool {
    guard let shape else { return true }
    return shape.count == candidate.count && zip(shape, candidate).allSatisfy { $0 == nil || $0 == $1 }
  }

  /// `stored` with as many axes as `shape` has, by axes of length 1 alone.
  private func unitAxesAdjusted(_ stored: [Int], to shape: [Int?]) -> [Int]? {
    var rest = stored.filter { $0 != 1 }[...]
    var open = shape.count { $0 != 1 } - rest.count
    var result: [Int] = []
    for axis in shape {
      if axis == 1 {
        result.append(1)
      } else if let next = rest.first, axis == nil || axis == next {
        result.append(next)
        rest.removeFirst()
      } else if axis == nil, open > 0 {
        result.append(1)
        open -= 1
      } else {
        return nil
      }
    }
    return rest.isEmpty ? result : nil
  }

  private static func mismatch(_ found: [Int], _ shape: [Int?], _ path: String, hint: String?) -> DatasetError
  {
    DatasetError(
      .shape, path, "samples have the shape \(found), the model takes \(text(shape))", hint: hint)
  }

  /// `[3, ?, ?]`
  static func text(_ shape: [Int?]) -> String {
    "[" + shape.map { $0.map(String.init) ?? "?" }.joined(separator: ", ") + "]"
  }
}
