/// How a tensor is walked when some of its axes are reduced to one element.
///
/// The order in which elements are taken follows from the shape alone: however many threads there are, the bits of the
/// result are the same. Where there are few results, the elements of each are split into blocks, whose results are
/// combined at the end.
struct ReductionPlan {
  /// Elements of the result.
  let outputCount: Int
  /// Elements that become one.
  let reducedCount: Int
  /// Floats of memory for the results of blocks.
  let partialCount: Int

  private let inputCount: Int
  /// Whether neighbours in memory are reduced to one element, or belong to neighbours in the result.
  private let reducesRows: Bool
  private let rowLength: Int
  private let kept: OffsetGrid
  private let reduced: OffsetGrid
  private let blockCount: Int

  init(_ dims: [Int], axes: [Int]) {
    let keptDims = dims.indices.map { axes.contains($0) ? 1 : dims[$0] }
    outputCount = keptDims.reduce(1, *)
    inputCount = dims.reduce(1, *)
    reducedCount = axes.reduce(1) { $0 * dims[$1] }
    let merged = StridedAxes(
      merging: dims,
      strides: [StridedAxes.strides(of: dims, in: dims), StridedAxes.strides(of: keptDims, in: dims)])
    let last = merged.lengths.count - 1
    rowLength = merged.lengths.last ?? 1
    reducesRows = last >= 0 && merged.strides[1][last] == 0
    func grid(_ isReduced: Bool) -> OffsetGrid {
      let outer = (0..<max(last, 0)).filter { (merged.strides[1][$0] == 0) == isReduced }
      return OffsetGrid(outer.map { merged.lengths[$0] }, outer.map { merged.strides[0][$0] })
    }
    kept = grid(false)
    reduced = grid(true)
    // Results for 16 threads make blocks unnecessary.
    let units = reducesRows ? kept.count : outputCount / 64
    blockCount = units >= 16 ? 1 : max(1, min(16, inputCount / 32768))
    partialCount = blockCount > 1 ? blockCount * outputCount : 0
  }

  /// Reduces x to `target`.
  func evaluate<R: Reducer>(
    _ reducer: R.Type, _ x: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>,
    partials: UnsafeMutablePointer<Float>
  ) {
    let whole = 0..<(reducesRows ? reducedCount : reduced.count)
    let count = Float(reducedCount)
    guard blockCount > 1 else {
      Parallel.run(outputCount, grain: max(1, Grain.cheap / max(reducedCount, 1))) { range in
        combine(reducer, x, whole, range, target)
        for output in range { target[output] = R.finish(target[output], count) }
      }
      return
    }
    Parallel.run(blockCount, grain: 1) { blocks in
      for block in blocks {
        let part = whole.count * block / blockCount..<whole.count * (block + 1) / blockCount
        combine(reducer, x, part, 0..<outputCount, partials + block * outputCount)
      }
    }
    for output in 0..<outputCount {
      var total = R.start
      for block in 0..<blockCount { total = R.merge(total, partials[block * outputCount + output]) }
      target[output] = R.finish(total, count)
    }
  }

  /// Reduces a part of the elements of each of some results.
  @inline(__always)
  private func combine<R: Reducer>(
    _ reducer: R.Type, _ x: UnsafePointer<Float>, _ part: Range<Int>, _ outputs: Range<Int>,
    _ target: UnsafeMutablePointer<Float>
  ) {
    if reducesRows {
      for output in outputs { target[output] = row(reducer, x + kept.offset(output), part) }
    } else {
      columns(reducer, x, part, outputs, target)
    }
  }

  /// Reduces elements `part` of one result: parts of rows.
  private func row<R: Reducer>(_ reducer: R.Type, _ x: UnsafePointer<Float>, _ part: Range<Int>) -> Float {
    guard !part.isEmpty else { return R.start }
    var total = R.start
    var index = part.lowerBound / rowLength
    var column = part.lowerBound - index * rowLength
    var rest = part.count
    while rest > 0 {
      // Short sums lose less.
      let count = min(rowLength - column, rest, 4096)
      total = R.merge(total, reducer.reduce(x + reduced.offset(index) + column, count))
      rest -= count
      column += count
      if column == rowLength {
        column = 0
        index += 1
      }
    }
    return total
  }

  /// Reduces rows `part` of neighbouring results, all of them at once.
  private func columns<R: Reducer>(
    _ reducer: R.Type, _ x: UnsafePointer<Float>, _ part: Range<Int>, _ outputs: Range<Int>,
    _ target: UnsafeMutablePointer<Float>
  ) {
    var output = outputs.lowerBound
    while output < outputs.upperBound {
      let group = output / rowLength
      let column = output - group * rowLength
      // As many as stay in the first level of cache.
      let count = min(rowLength - column, outputs.upperBound - output, 2048)
      let start = x + kept.offset(group) + column
      (target + output).update(repeating: R.start, count: count)
      for index in part { reducer.reduce(start + reduced.offset(index), into: target + output, count) }
      output += count
    }
  }
}
