/// The axes that several tensors are walked along together: their lengths, and for each tensor how many elements one
/// step takes; 0 where it is repeated.
struct StridedAxes {
  private(set) var lengths: [Int]
  /// [tensor][axis]
  private(set) var strides: [[Int]]

  /// As few axes as possible: none of length 1, and no two that all tensors walk like one.
  init(merging lengths: [Int], strides: [[Int]]) {
    self.lengths = []
    self.strides = strides.map { _ in [] }
    for axis in lengths.indices where lengths[axis] != 1 {
      let last = self.lengths.count - 1
      let merges =
        last >= 0
        && strides.indices.allSatisfy { self.strides[$0][last] == strides[$0][axis] * lengths[axis] }
      if merges {
        self.lengths[last] *= lengths[axis]
        for tensor in strides.indices { self.strides[tensor][last] = strides[tensor][axis] }
      } else {
        self.lengths.append(lengths[axis])
        for tensor in strides.indices { self.strides[tensor].append(strides[tensor][axis]) }
      }
    }
  }

  /// Steps of a row-major tensor of lengths `dims` along the axes of `result`, with which it is aligned at the end.
  static func strides(of dims: [Int], in result: [Int]) -> [Int] {
    precondition(dims.count <= result.count)
    var strides = [Int](repeating: 0, count: result.count)
    var step = 1
    for (axis, length) in dims.enumerated().reversed() {
      let position = axis + result.count - dims.count
      precondition(length == result[position] || length == 1, "\(dims) does not broadcast to \(result)")
      if length != 1 { strides[position] = step }
      step *= length
    }
    return strides
  }
}

/// Offsets of the elements that some axes of a tensor count.
struct OffsetGrid {
  let count: Int
  private let lengths: [Int]
  private let strides: [Int]

  init(_ lengths: [Int], _ strides: [Int]) {
    self.lengths = lengths
    self.strides = strides
    count = lengths.reduce(1, *)
  }

  @inline(__always)
  func offset(_ index: Int) -> Int {
    if lengths.isEmpty { return 0 }
    if lengths.count == 1 { return index &* strides[0] }
    var rest = index
    var offset = 0
    var axis = lengths.count
    while axis > 0 {
      axis &-= 1
      let quotient = rest / lengths[axis]
      offset &+= (rest &- quotient &* lengths[axis]) &* strides[axis]
      rest = quotient
    }
    return offset
  }
}
