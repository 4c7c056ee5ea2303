import GraphIR
import Kernels

/// A range of indices of some axes, ONNX `Slice` (opset 1 and later).
///
///     output[…, j, …] = data[…, start + j·step, …]      for start + j·step before end
///
/// Negative starts and ends count from the end; both are clamped to the axis, so that ends may be INT_MAX.
///
/// ## Shapes    sliced axes ⌈(end − start) / step⌉, the others as they are
/// ## Channels  output at j ≡ data at start+j·step; what is not covered may go by itself. With |step| > 1, blocks of
///              |step| indices of data go together, so that the step stays what it is
/// ## Cost      none
/// - Throws: `shape-mismatch` if the lists differ in length or a step is 0.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__Slice.html>
package struct Slice: ComputableOperator {
  package static let identifiers = [OperatorIdentifier("Slice")]

  private let starts: IntegerList
  private let ends: IntegerList
  private let axes: IntegerList
  private let steps: IntegerList

  package init(_ node: OperatorNode) throws {
    if node.opsetVersion < 10 {
      starts = try IntegerList(attribute: "starts", of: node)
      ends = try IntegerList(attribute: "ends", of: node)
      axes = try IntegerList(attribute: "axes", of: node)
      steps = .absent
    } else {
      (starts, ends, axes, steps) = (.input(1), .input(2), .input(3), .input(4))
    }
  }

  /// What is cut along one axis, as far as it is known.
  private struct Cut {
    let axis: Int
    let start: Dimension?
    let end: Dimension?
    let step: Dimension?

    /// The indices covered, on an axis of this length.
    func extent(_ length: Int?) -> SliceExtent? {
      guard let length, let start = start?.known, let end = end?.known, let step = step?.known else {
        return nil
      }
      return SliceExtent(start: start, end: end, step: step, length: length)
    }
  }

  /// One cut for each entry of the lists; nil where it is not known which axes are cut.
  private func cuts(_ signature: Signature, rank: Int) throws -> [Cut]? {
    guard let count = starts.count(signature) else { return nil }
    let named: [Int]
    if axes.isAbsent(signature) {
      named = Array(0..<count)
    } else {
      guard let known = axes.known(signature) else { return nil }
      named = known
    }
    let lists = [starts, ends, steps].map { $0.elements(signature)?.map(\.value) }
    guard named.count == count, lists.allSatisfy({ $0 == nil || $0?.count == count }) else {
      throw CompileError("shape-mismatch", "starts, ends, axes and steps differ in length")
    }
    let resolved = try resolveAxes(named, rank: rank)
    return try resolved.enumerated().map { index, axis in
      let step = steps.isAbsent(signature) ? 1 : lists[2]?[index]
      if step == 0 { throw CompileError("shape-mismatch", "the step of axis \(axis) is 0") }
      return Cut(axis: axis, start: lists[0]?[index], end: lists[1]?[index], step: step)
    }
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    var fact = ValueFact(elementType: inputs[0]?.elementType)
    guard let shape = inputs[0]?.shape else { return [fact] }
    guard let cuts = try cuts(inputs.signature, rank: shape.count) else {
      fact.shape = inputs.freshShape(rank: shape.count)
      return [fact]
    }
    var result = shape
    for cut in cuts {
      result[cut.axis] = Self.length(cut, shape[cut.axis]) ?? inputs.freshDimension(cut.axis)
    }
    fact.shape = result
    let extents = cuts.compactMap { cut in cut.extent(shape[cut.axis].known).map { (cut.axis, $0) } }
    if let grid = ContentGrid(inputs[0]), extents.count == cuts.count {
      fact.content =
        ContentGrid(shape: result) { position in
          var source = position
          for (axis, extent) in extents { source[axis] = extent.source(position[axis]) }
          return grid[source]
        }?.elements
    }
    return [fact]
  }

  /// Length of a cut axis; symbolic where it can be told.
  private static func length(_ cut: Cut, _ length: Dimension) -> Dimension? {
    if let extent = cut.extent(length.known) { return Dimension(extent.count) }
    guard let start = cut.start, let end = cut.end, let step = cut.step else { return nil }
    let farthest = Int(Int32.max)
    let reachesEnd = end == length || (end.known.map { $0 >= farthest } ?? false)
    switch (start.known, end.known, step.known) {
    case (0?, _, 1?) where reachesEnd: return length
    case (.some(-1), let last?, .some(-1)) where last <= -farthest: return length
    case (.some(-1), _, 1?) where reachesEnd: return 1
    case (let first?, _, 1?) where first > 0 && reachesEnd: return length - Dimension(first)
    case (let first?, let last?, 1?) where last < 0 && min(first, last) > -farthest && first < farthest:
      return first < 0 ? Dimension(max(0, last - first)) : length - Dimension(first - last)
    default: return .derived("slice", length, start, end, step)
    }
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    guard let shape = ties.signature.input(0)?.shape, let cuts = try? cuts(ties.signature, rank: shape.count)
    else {
      return
    }
    for axis in shape.indices where !cuts.contains(where: { $0.axis == axis }) {
      ties.tie(.input(0, axis: axis), .output(0, axis: axis))
    }
    for cut in cuts {
      let (input, output) = (OperandAxis.input(0, axis: cut.axis), OperandAxis.output(0, axis: cut.axis))
      guard let extent = cut.extent(shape[cut.axis].known) else {
        ties.pinAll([input, output], "is sliced at places that are not known")
        continue
      }
      ties.free(input)
      ties.tie(output, input) { extent.source($0) }
      if extent.step > 1 { ties.couple(input) { extent.block($0) } }
    }
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? {
    operands.first ?? nil
  }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func kernel(_ call: KernelCall) throws -> any Kernel {
    let dims = try call.dims(0)
    guard let cuts = try cuts(call.signature, rank: dims.count) else {
      throw KernelError("where it cuts depends on the data")
    }
    var (starts, steps, counts) = (dims.map { _ in 0 }, dims.map { _ in 1 }, dims)
    for cut in cuts {
      guard let extent = cut.extent(dims[cut.axis]) else {
        throw KernelError("where it cuts depends on the data")
      }
      (starts[cut.axis], counts[cut.axis]) = (extent.source(0), extent.count)
      steps[cut.axis] = extent.source(1) - extent.source(0)
    }
    return SliceKernel(dims, starts: starts, steps: steps, counts: counts, try call.scalar(0))
  }

  package func refit(_ edit: inout NodeEdit) throws {
    guard let shape = edit.before.input(0)?.shape, let cuts = try cuts(edit.before, rank: shape.count) else {
      return
    }
    var newStarts = [Int?](repeating: nil, count: cuts.count)
    var newEnds = newStarts
    for (index, cut) in cuts.enumerated() {
      guard let survivors = edit.survivors(.input(0, axis: cut.axis)),
        let extent = cut.extent(shape[cut.axis].known),
        let start = cut.start?.known, let end = cut.end?.known, let step = cut.step?.known
      else { continue }
      let wanted = try extent.keeping(survivors)
      // What is written down stays as it is where it is still right; what is computed is compared by the pass.
      let keptStart = starts.isLiteral(index, edit.before) ? start : nil
      let keptEnd = ends.isLiteral(index, edit.before) ? end : nil
      let candidates = [(keptStart, keptEnd), (wanted.start, keptEnd), (keptStart, wanted.end)]
      let fit = candidates.first { start, end in
        guard let start, let end else { return false }
        return SliceExtent(start: start, end: end, step: step, length: survivors.count) == wanted
      }
      newStarts[index] = fit?.0 ?? wanted.start
      newEnds[index] = fit?.1 ?? wanted.end
    }
    try starts.restate(newStarts, &edit)
    try ends.restate(newEnds, &edit)
  }
}
