/// Adds a ``Box`` of floats to a tensor: the adjoint of a copy. Elements may share a place in the target.
///
///     target[t(i)] += source[s(i)]
///
/// Every place of the target is owned by one thread, and its terms come in one order, so that the number of threads
/// does not show.
struct StridedSum {
  /// Axes along which places of the target differ, but for `row`; one thread owns one index of them.
  private let owned: [Box.Axis]
  /// Axes that share places of the target, but for `row` and `terms`.
  private let shared: [Box.Axis]
  /// The last of the axes that share places.
  private let terms: Box.Axis
  /// The axis of the innermost loop.
  private let row: Box.Axis
  private let source: Int
  private let target: Int
  private let ownedCount: Int
  private let sharedCount: Int
  private let isEmpty: Bool

  init(_ box: Box) {
    var axes: [Box.Axis]
    (axes, source, target) = box.mergedAxes
    isEmpty = box.elementCount == 0
    let single = Box.Axis(length: 1, source: 1, target: 1)
    let place =
      axes.firstIndex { $0.source == 1 && $0.target == 1 }
      ?? axes.firstIndex { $0.source == 1 && $0.target == 0 }
    row = place.map { axes.remove(at: $0) } ?? axes.popLast() ?? single
    owned = axes.filter { $0.target != 0 }
    var reduced = axes.filter { $0.target == 0 }
    terms = reduced.popLast() ?? Box.Axis(length: 1, source: 0, target: 0)
    shared = reduced
    ownedCount = owned.elementCount
    sharedCount = shared.elementCount
  }

  func run(from source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>) {
    guard !isEmpty else { return }
    let (from, to) = (source + self.source, target + self.target)
    let count = ownedCount
    let work = sharedCount * terms.length * row.length
    if count < Parallel.threadCount, row.target != 0 {
      Parallel.run(row.length, grain: max(1, (1 << 14) / (work / row.length))) { part in
        for index in 0..<count { addTerms(index, part, from, to) }
      }
    } else {
      Parallel.run(count, grain: max(1, (1 << 14) / work)) { range in
        for index in range { addTerms(index, 0..<row.length, from, to) }
      }
    }
  }

  /// Adds all that falls on `part` of the row at one index of the owned axes.
  @inline(__always)
  private func addTerms(
    _ index: Int, _ part: Range<Int>, _ from: UnsafePointer<Float>, _ to: UnsafeMutablePointer<Float>
  ) {
    let base = owned.offsets(of: index)
    let (from, to) = (
      from + base.source + part.lowerBound * row.source, to + base.target + part.lowerBound * row.target
    )
    for outer in 0..<sharedCount {
      var from = sharedCount == 1 ? from : from + shared.offsets(of: outer).source
      for _ in 0..<terms.length {
        addRow(from, to, part.count)
        from += terms.source
      }
    }
  }

  @inline(__always)
  private func addRow(_ from: UnsafePointer<Float>, _ to: UnsafeMutablePointer<Float>, _ count: Int) {
    if row.target == 0, row.source == 1 {
      to.pointee += Self.sum(from, count)
    } else if row.source == 1, row.target == 1 {
      for place in 0..<count { to[place] += from[place] }
    } else {
      for place in 0..<count { to[place &* row.target] += from[place &* row.source] }
    }
  }

  /// Eight running sums, added up in one order at the end.
  @inline(__always)
  private static func sum(_ values: UnsafePointer<Float>, _ count: Int) -> Float {
    var sums = SIMD8<Float>.zero
    let whole = count & ~7
    let bytes = UnsafeRawPointer(values)
    for start in stride(from: 0, to: whole, by: 8) {
      sums += bytes.loadUnaligned(fromByteOffset: start &* 4, as: SIMD8<Float>.self)
    }
    var rest: Float = 0
    for place in whole..<count { rest += values[place] }
    return sums.sum() + rest
  }
}
