/// Where `GatherElements` and `ScatterElements` find the elements that indices name.
///
///     place(i₀, …, iₐ, …) = Σ b ≠ a  i[b] · stride[b] + I[i₀, …, iₐ, …] · stride[a]      a is `axis`
///
/// A line is what differs in the index of the axis only. No two lines share a place, so a thread that owns lines
/// owns their places too.
struct ElementLines {
  let axis: Int
  /// Length of the axis in the data.
  let length: Int
  let indexCount: Int
  let lineCount: Int
  /// Lengths in the indices of the axis and of all after it.
  private let (picks, inner): (Int, Int)
  private let stride: Int
  /// Where lines begin in the data, for the axes before the axis and for those after it.
  private let (outerPlaces, innerPlaces): ([Int], [Int])

  init(data: [Int], indices: [Int], axis: Int) {
    precondition(data.count == indices.count, "indices have another rank than the data")
    precondition(
      data.indices.allSatisfy { $0 == axis || indices[$0] <= data[$0] }, "\(indices) do not lie in \(data)")
    self.axis = axis
    length = data[axis]
    let strides = TensorLayout(data).rowMajorStrides
    stride = strides[axis]
    picks = indices[axis]
    func places(_ axes: Range<Int>) -> [Int] {
      axes.reduce([0]) { starts, axis in
        starts.flatMap { start in (0..<indices[axis]).map { start + $0 * strides[axis] } }
      }
    }
    outerPlaces = places(0..<axis)
    innerPlaces = places(axis + 1..<indices.count)
    inner = innerPlaces.count
    lineCount = outerPlaces.count * inner
    indexCount = lineCount * picks
  }

  /// Lines that a thread should have at least.
  var grain: Int { max(1, (1 << 13) / max(picks, 1)) }

  /// Calls `body` with every element of `indices` on some lines, in order along each line, and with its place in the
  /// data.
  @inline(__always)
  func walk(
    _ lines: Range<Int>, _ indices: UnsafePointer<Int64>, _ body: (_ element: Int, _ place: Int) -> Void
  ) {
    if inner == 1 {
      for outer in lines {
        let start = outerPlaces[outer]
        for element in outer &* picks..<(outer &+ 1) &* picks {
          body(element, start &+ fromFront(indices[element], length) &* stride)
        }
      }
      return
    }
    outerPlaces.withUnsafeBufferPointer { outerPlaces in
      innerPlaces.withUnsafeBufferPointer { innerPlaces in
        var line = lines.lowerBound
        while line < lines.upperBound {
          let (outer, first) = line.quotientAndRemainder(dividingBy: inner)
          let last = min(inner, first + lines.upperBound - line)
          for pick in 0..<picks {
            let row = (outer &* picks &+ pick) &* inner
            for column in first..<last {
              let element = row &+ column
              let start = outerPlaces[outer] &+ innerPlaces[column]
              body(element, start &+ fromFront(indices[element], length) &* stride)
            }
          }
          line += last - first
        }
      }
    }
  }
}
