/// A tensor seen as [outer, length, inner]: lines along one axis.
struct SplitAxis {
  let outer: Int
  let length: Int
  /// Elements between two neighbours of a line.
  let inner: Int

  init(_ dims: [Int], _ axis: Int) {
    outer = dims[..<axis].reduce(1, *)
    length = dims[axis]
    inner = dims[(axis + 1)...].reduce(1, *)
  }

  /// Lines, in the order of a tensor without the axis.
  var lineCount: Int { outer * inner }

  var elementCount: Int { outer * length * inner }

  /// Where line `line` begins.
  @inline(__always)
  func start(_ line: Int) -> Int {
    if inner == 1 { return line &* length }
    let row = line / inner
    return row &* length &* inner &+ (line &- row &* inner)
  }
}

extension SplitAxis {
  /// Neighbouring lines that are walked together.
  static var columnCount: Int { 64 }

  /// Calls `line` with the start of each line whose elements are neighbours, or `columns` with the start and the number
  /// of lines that lie beside each other.
  @inline(__always)
  func forEachLine(line: (Int) -> Void, columns: (Int, Int) -> Void) {
    let grain = max(1, Grain.costly / max(length, 1))
    guard inner > 1 else {
      Parallel.run(outer, grain: grain) { for index in $0 { line(index &* length) } }
      return
    }
    let groups = (inner + Self.columnCount - 1) / Self.columnCount
    Parallel.run(outer * groups, grain: max(1, grain / min(inner, Self.columnCount))) { range in
      for index in range {
        let (row, group) = index.quotientAndRemainder(dividingBy: groups)
        let first = group * Self.columnCount
        columns(row * length * inner + first, min(Self.columnCount, inner - first))
      }
    }
  }
}
