/// An n-dimensional box of elements and where each of them lies in two tensors.
///
///     element i lies at  source.offset + Σ a  i[a] · source.strides[a]  and the same in the target
///
/// Strides count elements; they may be negative, and 0 where an axis repeats one element.
struct Box {
  struct Placement {
    var offset = 0
    var strides: [Int]
  }

  /// One axis of a box, in both tensors.
  struct Axis: Equatable {
    var length: Int
    var source: Int
    var target: Int
  }

  var lengths: [Int]
  var source: Placement
  var target: Placement

  /// The box with the roles of the tensors exchanged.
  var inverse: Box { Box(lengths: lengths, source: target, target: source) }

  var elementCount: Int { lengths.reduce(1, *) }

  /// Axes that are longer than 1, turned so that the target is written upwards and merged where they lie as one in
  /// both tensors; farthest apart in the target first, axes that do not move in the target last. An empty box has none.
  var mergedAxes: (axes: [Axis], source: Int, target: Int) {
    guard elementCount > 0 else { return ([], 0, 0) }
    var (from, to) = (source.offset, target.offset)
    var axes: [Axis] = []
    for (index, length) in lengths.enumerated() where length != 1 {
      var axis = Axis(length: length, source: source.strides[index], target: target.strides[index])
      if axis.target < 0 || (axis.target == 0 && axis.source < 0) {
        from += axis.source * (length - 1)
        to += axis.target * (length - 1)
        (axis.source, axis.target) = (-axis.source, -axis.target)
      }
      axes.append(axis)
    }
    axes.sort { ($0.target, abs($0.source)) > ($1.target, abs($1.source)) }
    var merged: [Axis] = []
    for axis in axes {
      if let outer = merged.last, outer.source == axis.source * axis.length,
        outer.target == axis.target * axis.length
      {
        merged[merged.count - 1] = Axis(
          length: outer.length * axis.length, source: axis.source, target: axis.target)
      } else {
        merged.append(axis)
      }
    }
    return (merged, from, to)
  }
}

extension [Box.Axis] {
  var elementCount: Int { reduce(1) { $0 * $1.length } }

  /// Where element `index` of these axes, counted row by row, lies.
  func offsets(of index: Int) -> (source: Int, target: Int) {
    var (rest, source, target) = (index, 0, 0)
    for position in indices.reversed() {
      let axis = self[position]
      let (quotient, coordinate) = rest.quotientAndRemainder(dividingBy: axis.length)
      source += coordinate * axis.source
      target += coordinate * axis.target
      rest = quotient
    }
    return (source, target)
  }
}

extension TensorLayout {
  /// Elements between neighbours along each axis of a row-major tensor.
  var rowMajorStrides: [Int] {
    var strides = [Int](repeating: 1, count: dims.count)
    for axis in dims.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * dims[axis + 1] }
    return strides
  }
}
