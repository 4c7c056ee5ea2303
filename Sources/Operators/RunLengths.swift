import GraphIR

extension ValueFact {
  /// Lengths for one run of the graph, where a symbolic axis 0 counts its known factor alone (1 for a batch);
  /// nil where any other length is unknown.
  var runLengths: [Int]? {
    guard let shape else { return nil }
    var lengths: [Int] = []
    for (axis, dimension) in shape.enumerated() {
      guard let length = dimension.known ?? (axis == 0 ? dimension.coefficient : nil) else { return nil }
      lengths.append(length)
    }
    return lengths
  }

  /// The only element of a constant with one element, whatever its rank.
  var scalar: Double? {
    guard let constant, constant.count == 1 else { return nil }
    return constant.doubles?.first ?? constant.integers?.first.map(Double.init)
  }
}

extension Double? {
  /// The same number as a 32-bit float holds it; nil if that is not finite.
  var roundedToFloat: Double? {
    guard let self, Float(self).isFinite else { return nil }
    return Double(Float(self))
  }
}
