import GraphIR

/// The indices of an axis that a slice covers: `first`, `first + step`, …, `count` of them, read upwards or downwards.
struct SliceExtent: Equatable {
  /// The lowest index covered.
  let first: Int
  /// Distance of the indices covered, positive.
  let step: Int
  let count: Int
  let isReversed: Bool

  /// A slice as ONNX states it, on an axis of `length`: negative numbers count from the end, all are clamped.
  init(start: Int, end: Int, step: Int, length: Int) {
    self.step = Int(min(step.magnitude, UInt(Int32.max)))
    isReversed = step < 0
    let from = start < 0 ? start + length : start
    let to = end < 0 ? end + length : end
    if step > 0 {
      let (low, high) = (min(max(from, 0), length), min(max(to, 0), length))
      count = high > low ? (high - low - 1) / self.step + 1 : 0
      first = low
    } else {
      let (high, low) = (min(max(from, -1), length - 1), min(max(to, -1), length - 1))
      count = high > low ? (high - low - 1) / self.step + 1 : 0
      first = count > 0 ? high - (count - 1) * self.step : 0
    }
  }

  private init(first: Int, step: Int, count: Int, isReversed: Bool) {
    self.first = first
    self.step = step
    self.count = count
    self.isReversed = isReversed
  }

  /// The index that output index `index` reads.
  func source(_ index: Int) -> Int { first + (isReversed ? count - 1 - index : index) * step }

  /// Which block of `step` indices an index belongs to; every index outside the blocks is one of its own. Blocks are
  /// counted from index 0, so that slices of the same step that begin at different indices share them.
  func block(_ index: Int) -> Int {
    guard count > 0, index / step >= first / step, index / step <= (first + (count - 1) * step) / step else {
      return -1 - index
    }
    return index / step
  }

  /// Whether the slice reads the index.
  func covers(_ index: Int) -> Bool {
    index >= first && index < first + count * step && (index - first) % step == 0
  }

  /// The same slice after all indices but `survivors` (ascending) are gone.
  ///
  /// - Throws: `cannot-refit` where what is left is not evenly spaced, or nothing is.
  func keeping(_ survivors: [Int]) throws -> SliceExtent {
    let places = survivors.indices.filter { covers(survivors[$0]) }
    guard let lowest = places.first,
      zip(places, places.dropFirst()).allSatisfy({ $1 - $0 == step })
    else {
      throw CompileError("cannot-refit", "the indices that are left cannot be sliced in steps of \(step)")
    }
    return SliceExtent(first: lowest, step: step, count: places.count, isReversed: isReversed)
  }

  /// A start that gives this extent.
  var start: Int { isReversed ? first + (count - 1) * step : first }

  /// An end that gives this extent: just past the last index read. Past the lowest index of all there is no number
  /// but one far below.
  var end: Int {
    if !isReversed { return first + (count - 1) * step + 1 }
    return first == 0 ? -Int(Int32.max) : first - 1
  }
}
