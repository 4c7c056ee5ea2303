/// Copies a ``Box`` from one tensor to another. No two elements may share a place in the target.
///
/// The box is walked in the order of the target: `outer` axes, then rows of a plane, then along the rows. What lies
/// as one piece in both tensors is moved as one; what is turned over is moved in square tiles, so that neither side
/// is read or written all across memory.
struct StridedCopy {
  private enum Kind {
    case contiguous
    case repeated
    case turned
    case strided
  }

  private let outer: [Box.Axis]
  private let rows: Box.Axis
  private let row: Box.Axis
  private let kind: Kind
  private let source: Int
  private let target: Int
  private let rowCount: Int

  init(_ box: Box) {
    var axes: [Box.Axis]
    (axes, source, target) = box.mergedAxes
    precondition(axes.allSatisfy { $0.target != 0 }, "two elements of a copy share a place")
    let single = Box.Axis(length: 1, source: 1, target: 1)
    row = axes.popLast() ?? single
    if row.target != 1 {
      kind = .strided
    } else if row.source == 1 {
      kind = .contiguous
    } else if row.source == 0 {
      kind = .repeated
    } else if let unit = axes.lastIndex(where: { $0.source == 1 }) {
      kind = .turned
      axes.append(axes.remove(at: unit))
    } else {
      kind = .strided
    }
    rows = axes.popLast() ?? single
    outer = axes
    rowCount = box.elementCount == 0 ? 0 : axes.elementCount * rows.length
  }

  /// All of a tensor.
  init(elements count: Int) {
    let line = Box.Placement(strides: [1])
    self.init(Box(lengths: [count], source: line, target: line))
  }

  func run(from source: UnsafeRawPointer, to target: UnsafeMutableRawPointer, _ scalar: ScalarType) {
    switch scalar {
    case .float: run(source.assumingMemoryBound(to: UInt32.self), target.assumingMemoryBound(to: UInt32.self))
    case .integer:
      run(source.assumingMemoryBound(to: UInt64.self), target.assumingMemoryBound(to: UInt64.self))
    }
  }

  @inline(__always)
  private func run<Word: FixedWidthInteger>(_ from: UnsafePointer<Word>, _ to: UnsafeMutablePointer<Word>) {
    guard rowCount > 0 else { return }
    let (from, to) = (from + source, to + target)
    if rowCount < Parallel.threadCount, kind != .turned {
      // Few long rows: every thread takes a part of each.
      Parallel.run(row.length, grain: 1 << 14) { part in
        for index in 0..<rowCount {
          let (outside, inside) = index.quotientAndRemainder(dividingBy: rows.length)
          let base = outer.offsets(of: outside)
          copyRows(
            from + base.source + inside * rows.source + part.lowerBound * row.source,
            to + base.target + inside * rows.target + part.lowerBound * row.target, 1, part.count)
        }
      }
      return
    }
    Parallel.run(rowCount, grain: max(1, (1 << 14) / row.length)) { range in
      var index = range.lowerBound
      while index < range.upperBound {
        let (outside, inside) = index.quotientAndRemainder(dividingBy: rows.length)
        let count = min(rows.length - inside, range.upperBound - index)
        let base = outer.offsets(of: outside)
        copyRows(
          from + base.source + inside * rows.source, to + base.target + inside * rows.target, count,
          row.length)
        index += count
      }
    }
  }

  /// Copies `count` neighbouring rows of `length` elements.
  @inline(__always)
  private func copyRows<Word: FixedWidthInteger>(
    _ from: UnsafePointer<Word>, _ to: UnsafeMutablePointer<Word>, _ count: Int, _ length: Int
  ) {
    switch kind {
    case .contiguous where length < 16:
      for index in 0..<count {
        let (from, to) = (from + index &* rows.source, to + index &* rows.target)
        for place in 0..<length { to[place] = from[place] }
      }
    case .contiguous:
      for index in 0..<count {
        (to + index &* rows.target).update(from: from + index &* rows.source, count: length)
      }
    case .repeated:
      for index in 0..<count {
        (to + index &* rows.target).update(repeating: from[index &* rows.source], count: length)
      }
    case .turned: TurnedCopy.run(from, row.source, to, rows.target, count, length)
    case .strided:
      for index in 0..<count {
        let (from, to) = (from + index &* rows.source, to + index &* rows.target)
        for place in 0..<length { to[place &* row.target] = from[place &* row.source] }
      }
    }
  }
}
