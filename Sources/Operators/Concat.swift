import GraphIR
import Kernels

/// Tensors laid one after the other along an axis, ONNX `Concat` (opset 1 and later).
///
///     Y[…, oₖ + i, …] = Xₖ[…, i, …]      oₖ = Σ of the lengths of X₀…Xₖ₋₁ along the axis
///
/// ## Shapes    along the axis, the sum; the other axes equal
/// ## Channels  along the axis Y at oₖ+i ≡ Xₖ at i; the other axes of all tied
/// ## Cost      none
/// - Throws: `shape-mismatch` if ranks, or lengths of another axis, differ.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__Concat.html>
package struct Concat: ComputableOperator {
  package static let identifiers = [OperatorIdentifier("Concat")]

  private let axis: Int

  package init(_ node: OperatorNode) throws {
    guard let axis = try node.int("axis") ?? (node.opsetVersion < 4 ? 1 : nil) else {
      throw CompileError("attribute-value", "attribute 'axis' is missing")
    }
    self.axis = axis
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    var fact = ValueFact(elementType: inputs.facts.lazy.compactMap { $0?.elementType }.first)
    guard let rank = inputs.facts.lazy.compactMap({ $0?.rank }).first else { return [fact] }
    let axis = try resolveAxis(axis, rank: rank)
    let shapes = inputs.facts.map { $0?.shape }
    var result = inputs.freshShape(rank: rank)
    for (index, shape) in shapes.enumerated() {
      guard let shape else { continue }
      guard shape.count == rank else {
        throw CompileError(
          "shape-mismatch", "operand \(index) has rank \(shape.count), others have rank \(rank)")
      }
      for other in 0..<rank where other != axis {
        if let length = shape[other].known, let present = result[other].known, length != present {
          throw CompileError(
            "shape-mismatch",
            "operand \(index) has length \(length) on axis \(other), others have \(present)")
        }
        if result[other].known == nil, shape[other].known != nil || index == 0 {
          result[other] = shape[other]
        }
      }
    }
    let lengths = shapes.map { $0?[axis] }
    result[axis] = lengths.contains(nil) ? inputs.freshDimension(axis) : lengths.reduce(0) { $0 + ($1 ?? 0) }
    fact.shape = result
    fact.content = content(inputs, result, axis)
    return [fact]
  }

  private func content(_ inputs: Operands, _ shape: [Dimension], _ axis: Int) -> [ContentElement]? {
    let grids = inputs.facts.compactMap { ContentGrid($0) }
    guard grids.count == inputs.count else { return nil }
    return ContentGrid(shape: shape) { position in
      var source = position
      for grid in grids {
        if source[axis] < grid.shape[axis] { return grid[source] }
        source[axis] -= grid.shape[axis]
      }
      return nil
    }?.elements
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    let signature = ties.signature
    guard let rank = signature.output(0)?.rank, let axis = checkedAxis(axis, rank: rank),
      signature.inputs.allSatisfy({ $0?.rank == rank })
    else { return }
    let operands = signature.inputs.indices
    for operand in operands {
      for other in 0..<rank where other != axis {
        ties.tie(.input(operand, axis: other), .output(0, axis: other))
      }
    }
    let lengths = operands.map { signature.length(.input($0, axis: axis)) }
    guard !lengths.contains(nil) else {
      let reason = "is concatenated with an axis whose length is not known"
      ties.pinAll(operands.map { .input($0, axis: axis) } + [.output(0, axis: axis)], reason)
      return
    }
    var offset = 0
    for operand in operands {
      let start = offset
      ties.tie(.input(operand, axis: axis), .output(0, axis: axis)) { start &+ $0 }
      offset &+= lengths[operand] ?? 0
    }
  }

  /// Along the axis one operand fills the channel; across it all have to.
  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? {
    let known = operands.compactMap { $0 }
    guard let first = known.first, known.allSatisfy({ $0 == first }) else { return nil }
    return first
  }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func kernel(_ call: KernelCall) throws -> any Kernel {
    let operands = try call.layouts.indices.map { try call.dims($0) }
    return ConcatKernel(
      operands, axis: try resolveAxis(axis, rank: try call.outputDims().count), try call.scalar(0))
  }

  package func refit(_ edit: inout NodeEdit) throws {}
}
