/// Classes as NumPy users store them: numbers [N] or [N, 1], or one-hot rows [N, K].
enum NumPyLabels {
  /// Where Float stops counting every whole number.
  private static let limit: Float = 0x1p24

  /// How many classes a one-hot array has.
  static func columns(_ array: NPYArray) -> Int? {
    array.shape.count == 2 && array.shape[1] > 1 ? array.shape[1] : nil
  }

  /// - Throws: `dataset-label`, which names the sample.
  static func read(_ array: NPYArray, samples: Int) throws -> [Int32] {
    let shape = array.shape
    guard shape.count == 1 || shape.count == 2, shape.last != 0 || shape.count == 1 else {
      throw DatasetError(
        .label, array.name, "has the shape \(shape)", hint: "labels are [N], [N, 1] or one-hot [N, classes]")
    }
    guard shape[0] == samples else {
      throw DatasetError(.label, array.name, "there are \(samples) samples and \(shape[0]) labels")
    }
    let values: [Float] =
      switch array.content {
      case .bytes(let bytes): bytes.map { Float($0) }
      case .floats(let floats): floats
      }
    if let columns = columns(array) { return try oneHot(values, columns, array.name) }
    return try values.enumerated().map { index, value in
      guard value == value.rounded(), abs(value) < limit else {
        throw DatasetError(.label, array.name, "label \(value) of sample \(index) is no class")
      }
      return Int32(value)
    }
  }

  private static func oneHot(_ values: [Float], _ columns: Int, _ name: String) throws -> [Int32] {
    try (0..<values.count / columns).map { index in
      let row = values[index * columns..<(index + 1) * columns]
      guard let hot = row.firstIndex(of: 1), row.count(where: { $0 == 0 }) == columns - 1 else {
        throw DatasetError(
          .label, name, "row \(index) is not one-hot",
          hint: "one 1 a row, and 0 otherwise; or labels as numbers")
      }
      return Int32(hot - row.startIndex)
    }
  }
}
