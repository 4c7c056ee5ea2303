import GraphIR
import Kernels

/// A tensor cut into parts along an axis, ONNX `Split` (opset 1 and later).
///
///     Yₖ[…, i, …] = X[…, oₖ + i, …]      oₖ = Σ of the sizes of Y₀…Yₖ₋₁
///
/// ## Shapes    the sizes: attribute `split` before opset 13, then an input; equal parts without (the last one smaller
///              from opset 18 on)
/// ## Channels  X at oₖ+i ≡ Yₖ at i; the other axes of all tied
/// ## Cost      none
/// - Throws: `shape-mismatch` if the sizes do not add up to the axis's length, or do not fit the outputs.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__Split.html>
package struct Split: ComputableOperator {
  package static let identifiers = [OperatorIdentifier("Split")]

  private let axis: Int
  private let sizes: IntegerList
  private let allowsRest: Bool

  package init(_ node: OperatorNode) throws {
    axis = try node.int("axis") ?? 0
    allowsRest = node.opsetVersion >= 18
    let attribute = node.opsetVersion < 13 ? try IntegerList(attribute: "split", of: node) : .absent
    let hasInput = node.node.inputs.count > 1 && node.node.inputs[1] != nil
    sizes = if case .attribute = attribute { attribute } else { hasInput ? .input(1) : .absent }
  }

  /// Lengths of the parts along the axis; nil where they are not known.
  private func parts(_ signature: Signature, _ length: Dimension) throws -> [Dimension]? {
    let count = signature.outputs.count
    if !sizes.isAbsent(signature) {
      guard let elements = sizes.elements(signature)?.map(\.value) else { return nil }
      if elements.count != count {
        throw CompileError("shape-mismatch", "there are \(elements.count) sizes for \(count) outputs")
      }
      let known = elements.compactMap(\.known)
      if let total = length.known, known.count == count,
        known.contains(where: { $0 < 0 }) || known.sum != total
      {
        throw CompileError("shape-mismatch", "the sizes are \(known), axis \(axis) has length \(total)")
      }
      return elements
    }
    guard let total = length.known else {
      return length.divided(exactlyBy: Dimension(count)).map { [Dimension](repeating: $0, count: count) }
    }
    return try Self.equalParts(total, count, allowsRest: allowsRest).map { Dimension($0) }
  }

  private static func equalParts(_ total: Int, _ count: Int, allowsRest: Bool) throws -> [Int] {
    guard count > 0, total % count == 0 || allowsRest else {
      throw CompileError("shape-mismatch", "length \(total) cannot be split into \(count) equal parts")
    }
    let size = total / count + (total % count == 0 ? 0 : 1)
    var rest = total
    return (0..<count).map { _ in
      defer { rest -= min(size, rest) }
      return min(size, rest)
    }
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    var fact = ValueFact(elementType: inputs[0]?.elementType)
    guard var shape = inputs[0]?.shape else { return [ValueFact](repeating: fact, count: inputs.outputCount) }
    let axis = try resolveAxis(axis, rank: shape.count)
    let parts = try parts(inputs.signature, shape[axis])
    let grid = ContentGrid(inputs[0])
    var offset: Int? = 0
    return (0..<inputs.outputCount).map { output in
      shape[axis] = parts?[output] ?? inputs.freshDimension(axis, output: output)
      fact.shape = shape
      fact.content = nil
      if let grid, let start = offset {
        fact.content =
          ContentGrid(shape: shape) { position in
            var source = position
            source[axis] += start
            return grid[source]
          }?.elements
      }
      offset = offset.flatMap { start in shape[axis].known.map { start &+ $0 } }
      return fact
    }
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    let signature = ties.signature
    guard let shape = signature.input(0)?.shape, let axis = checkedAxis(axis, rank: shape.count) else {
      return
    }
    let outputs = signature.outputs.indices.filter { signature.outputs[$0] != nil }
    for output in outputs {
      for other in shape.indices where other != axis {
        ties.tie(.input(0, axis: other), .output(output, axis: other))
      }
    }
    guard let offsets = knownOffsets(signature, shape[axis]) else {
      let reason = "is split at places that are not known"
      ties.pinAll([.input(0, axis: axis)] + outputs.map { .output($0, axis: axis) }, reason)
      return
    }
    ties.free(.input(0, axis: axis))
    for output in outputs {
      ties.tie(.output(output, axis: axis), .input(0, axis: axis)) { offsets[output] &+ $0 }
    }
  }

  /// Where each part begins, and where the last one ends.
  private func knownOffsets(_ signature: Signature, _ length: Dimension) -> [Int]? {
    guard let parts = try? parts(signature, length) else { return nil }
    let known = parts.compactMap(\.known)
    return known.count == parts.count ? known.reduce(into: [0]) { $0.append(($0.last ?? 0) &+ $1) } : nil
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? {
    operands.first ?? nil
  }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func kernel(_ call: KernelCall) throws -> any Kernel {
    let dims = try call.dims(0)
    let axis = try resolveAxis(axis, rank: dims.count)
    guard let lengths = try parts(call.signature, Dimension(dims[axis]))?.map(\.known) else {
      throw KernelError("the sizes of its parts depend on the data")
    }
    return SplitKernel(dims, axis: axis, lengths: lengths.compactMap(\.self), try call.scalar(0))
  }

  package func refit(_ edit: inout NodeEdit) throws {
    guard let shape = edit.before.input(0)?.shape, let axis = checkedAxis(axis, rank: shape.count),
      let survivors = edit.survivors(.input(0, axis: axis)),
      let offsets = knownOffsets(edit.before, shape[axis])
    else { return }
    let wanted = zip(offsets, offsets.dropFirst()).map { start, end in
      survivors.count { start <= $0 && $0 < end }
    }
    guard sizes.isAbsent(edit.before) else { return try sizes.restate(wanted, &edit) }
    let equal = try? Self.equalParts(survivors.count, wanted.count, allowsRest: allowsRest)
    guard equal != wanted else { return }
    if edit.opsetVersion < 13 {
      edit.setAttribute("split", .ints(wanted.map { Int64($0) }))
    } else {
      edit.setContent(input: 1, wanted)
      if allowsRest { edit.setAttribute("num_outputs", nil) }
    }
  }
}

extension [Int] {
  /// The sum; nil where it does not fit.
  fileprivate var sum: Int? {
    var sum = 0
    for term in self {
      let (next, overflow) = sum.addingReportingOverflow(term)
      if overflow { return nil }
      sum = next
    }
    return sum
  }
}
