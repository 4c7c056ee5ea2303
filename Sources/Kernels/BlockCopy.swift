/// Copies of a tensor that leave out slots of its axes.
package enum BlockCopy {
  /// Copies what `keep` keeps of a row-major tensor.
  ///
  /// - Parameters:
  ///   - dims: lengths of the source's axes.
  ///   - stride: bytes of one element.
  ///   - keep: for each axis the positions that stay, ascending; nil keeps all.
  ///   - target: as many bytes as the kept elements take.
  package static func select(
    _ source: UnsafeRawBufferPointer, dims: [Int], stride: Int, keep: [[Int]?],
    into target: UnsafeMutableRawBufferPointer
  ) {
    // Axes after the last that loses slots are copied in one piece.
    let last = keep.lastIndex { $0 != nil } ?? -1
    let block = dims[(last + 1)...].reduce(stride, *)
    let runs = (0...max(last, 0)).map { axis in
      last < 0 ? [0..<1] : Self.runs(keep[axis] ?? Array(0..<dims[axis]))
    }
    var strides = [Int](repeating: block, count: max(last, 0) + 1)
    for axis in (0..<max(last, 0)).reversed() { strides[axis] = strides[axis + 1] * dims[axis + 1] }
    var offset = 0
    func copy(_ axis: Int, _ start: Int) {
      for run in runs[axis] {
        if axis == strides.count - 1 {
          let count = run.count * strides[axis]
          let from = start + run.lowerBound * strides[axis]
          UnsafeMutableRawBufferPointer(rebasing: target[offset..<offset + count])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[from..<from + count]))
          offset += count
        } else {
          for index in run { copy(axis + 1, start + index * strides[axis]) }
        }
      }
    }
    copy(0, 0)
    precondition(offset == target.count)
  }

  /// Ascending positions as runs of neighbours.
  private static func runs(_ positions: [Int]) -> [Range<Int>] {
    var result: [Range<Int>] = []
    for position in positions {
      if let last = result.last, last.upperBound == position {
        result[result.count - 1] = last.lowerBound..<position + 1
      } else {
        result.append(position..<position + 1)
      }
    }
    return result
  }
}
