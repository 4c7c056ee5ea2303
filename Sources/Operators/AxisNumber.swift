import GraphIR

/// Axis `axis` of a tensor of rank `rank`, counted from the front.
///
/// - Throws: `attribute-value` where there is no such axis.
func resolveAxis(_ axis: Int, rank: Int) throws -> Int {
  guard (-rank..<rank).contains(axis) else {
    throw CompileError("attribute-value", "axis \(axis) is out of range for a tensor of rank \(rank)")
  }
  return axis < 0 ? axis + rank : axis
}

/// Several axes, counted from the front.
///
/// - Throws: `attribute-value` where there is no such axis, or one is named twice.
func resolveAxes(_ axes: [Int], rank: Int) throws -> [Int] {
  let resolved = try axes.map { try resolveAxis($0, rank: rank) }
  guard Set(resolved).count == resolved.count else {
    throw CompileError("attribute-value", "axes \(axes) name an axis twice")
  }
  return resolved
}

/// The axis that a node's tensors are read along during tying and mending, where inference has checked it already.
func checkedAxis(_ axis: Int, rank: Int) -> Int? { try? resolveAxis(axis, rank: rank) }
