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
