import Kernels

/// One axis resampled as ONNX's reference implementation does it: coefficients of neighbours to the left and right of
/// a place, the edge repeated.
struct NaiveResize {
  let rule: ResizeRule
  let axis: ResizedAxis
  let length: Int

  /// What each element of the input counts for output `index`; nil where it is outside.
  func weights(_ index: Int) -> [Double]? {
    let place = place(index)
    if rule.coordinates == .cropAndResize, place < 0 || place > Double(length - 1) { return nil }
    let floor = Int(place.rounded(.down))
    // The left neighbour is the place itself where it is whole: the ratio is in 0 ..< 1.
    let ratio = place - Double(floor)
    var coefficients = coefficients(ratio)
    if rule.excludesOutside {
      for (offset, _) in coefficients where !(0..<length).contains(floor + offset) {
        coefficients[offset] = 0
      }
    }
    let sum = coefficients.values.reduce(0, +)
    let isNormalised = rule.isAntialiased || rule.excludesOutside
    var result = [Double](repeating: 0, count: length)
    for (offset, coefficient) in coefficients {
      result[min(max(floor + offset, 0), length - 1)] += coefficient / (isNormalised ? sum : 1)
    }
    return result
  }

  private func place(_ index: Int) -> Double {
    let (x, n, scale) = (Double(index), Double(length), Double(axis.scale))
    let resized = Double(axis.length)
    switch rule.coordinates {
    case .halfPixel: return (x + 0.5) / scale - 0.5
    case .pytorchHalfPixel: return resized == 1 ? 0 : (x + 0.5) / scale - 0.5
    case .alignCorners: return resized == 1 ? 0 : x * (n - 1) / (resized - 1)
    case .asymmetric: return x / scale
    case .halfPixelSymmetric:
      return n / 2 * (1 - resized / (scale * n)) + (x + 0.5) / scale - 0.5
    case .cropAndResize:
      let (start, end) = (Double(axis.region.start), Double(axis.region.end))
      if resized == 1 { return (start + end) * (n - 1) / 2 }
      return start * (n - 1) + x * (end - start) * (n - 1) / (resized - 1)
    }
  }

  /// Coefficients of neighbours by their distance from the left one.
  private func coefficients(_ ratio: Double) -> [Int: Double] {
    let scale = rule.isAntialiased ? min(Double(axis.scale), 1) : 1
    let reach = Int((3 / scale).rounded(.up))
    switch rule.interpolation {
    case .nearest(let rounding):
      let takesRight =
        switch rounding {
        case .preferFloor: ratio > 0.5
        case .preferCeil: ratio >= 0.5
        case .floor: false
        case .ceil: ratio > 0
        }
      return [takesRight ? 1 : 0: 1]
    case .linear:
      return Dictionary(
        uniqueKeysWithValues: (-reach...reach).map { ($0, max(0, 1 - abs(Double($0) - ratio) * scale)) })
    case .cubic(let a):
      return Dictionary(
        uniqueKeysWithValues: (-reach...reach).map { ($0, cubic(abs(Double($0) - ratio) * scale, Double(a))) }
      )
    }
  }

  private func cubic(_ x: Double, _ a: Double) -> Double {
    if x <= 1 { return (a + 2) * x * x * x - (a + 3) * x * x + 1 }
    return x < 2 ? a * x * x * x - 5 * a * x * x + 8 * a * x - 4 * a : 0
  }
}
