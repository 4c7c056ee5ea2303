/// How tensors of several shapes are walked together, by NumPy's rules: in rows along which each of them either goes on
/// by one element or stays.
///
/// - SeeAlso: <https://onnx.ai/onnx/repo-docs/Broadcasting.html>
struct BroadcastPlan {
  /// Lengths of the result's axes.
  let dims: [Int]
  let count: Int
  /// Elements of a row.
  let rowLength: Int
  /// For each operand, 1 or 0.
  let steps: [Int]
  /// For each operand, where its rows begin.
  private let grids: [OffsetGrid]
  /// Axes of the result along which each operand is repeated.
  let repeatedAxes: [[Int]]

  init(_ operands: [[Int]]) {
    let dims = Self.dims(operands)
    self.dims = dims
    count = dims.reduce(1, *)
    let strides = operands.map { StridedAxes.strides(of: $0, in: dims) }
    let axes = StridedAxes(merging: dims, strides: strides)
    // An operand's innermost stride is 1, or 0, or — beside an axis on which it is repeated — 0 again.
    rowLength = axes.lengths.last ?? 1
    steps = axes.strides.map { $0.last ?? 1 }
    grids = axes.strides.map { OffsetGrid(axes.lengths.dropLast(), $0.dropLast()) }
    repeatedAxes = operands.map { operand in
      dims.indices.filter { axis in
        let own = axis - (dims.count - operand.count)
        return dims[axis] != 1 && (own < 0 || operand[own] == 1)
      }
    }
  }

  /// What the shapes broadcast to.
  static func dims(_ operands: [[Int]]) -> [Int] {
    let rank = operands.map(\.count).max() ?? 0
    return (0..<rank).map { axis in
      let lengths = operands.compactMap { operand in
        let own = axis - (rank - operand.count)
        return own < 0 ? nil : operand[own]
      }
      return lengths.first { $0 != 1 } ?? 1
    }
  }

  /// Whether an operand has the result's shape, so that the result may take its memory.
  func isWhole(_ operand: Int) -> Bool { repeatedAxes[operand].isEmpty }

  /// Where operand `operand`'s part of a row begins.
  @inline(__always)
  func offset(_ operand: Int, row: Int, column: Int) -> Int {
    grids[operand].offset(row) &+ column &* steps[operand]
  }

  /// Splits a range of the result's elements at the ends of rows.
  @inline(__always)
  func forEachRow(in range: Range<Int>, _ body: (_ row: Int, _ column: Int, _ count: Int) -> Void) {
    guard !range.isEmpty else { return }
    var row = range.lowerBound / rowLength
    var column = range.lowerBound - row * rowLength
    var rest = range.count
    while rest > 0 {
      let count = min(rowLength - column, rest)
      body(row, column, count)
      rest -= count
      row += 1
      column = 0
    }
  }
}
