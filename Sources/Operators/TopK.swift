import GraphIR
import Kernels

/// The k largest or smallest elements along an axis and their positions, ONNX `TopK` (opset 1 and later).
///
/// ## Shapes    Values and Indices like X with k along the axis; k is an attribute before opset 10, then an input
/// ## Channels  other axes: X ≡ Values ≡ Indices; the axis is pinned
/// ## Cost      none
/// - Throws: `attribute-value` if there is no such axis, `shape-mismatch` if it has fewer than k elements.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__TopK.html>
package struct TopK: ComputableOperator {
  package static let identifiers = [OperatorIdentifier("TopK")]

  private let axis: Int
  private let count: Int?
  private let takesLargest: Bool

  package init(_ node: OperatorNode) throws {
    axis = try node.int("axis") ?? -1
    takesLargest = try node.int("largest") ?? 1 != 0
    count = node.opsetVersion < 10 ? try node.int("k") : nil
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    guard var shape = inputs[0]?.shape else {
      return [ValueFact(elementType: inputs[0]?.elementType), ValueFact(elementType: .int64)]
    }
    let axis = try resolveAxis(axis, rank: shape.count)
    let kept = count.map { Dimension($0) } ?? inputs[1]?.content?.first?.value ?? inputs.freshDimension(axis)
    if let kept = kept.known, let present = shape[axis].known, kept > present || kept < 0 {
      throw CompileError(
        "shape-mismatch", "axis \(axis) has \(present) elements, \(kept) of them are asked for")
    }
    shape[axis] = kept
    return [
      ValueFact(elementType: inputs[0]?.elementType, shape: shape),
      ValueFact(elementType: .int64, shape: shape),
    ]
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    guard let rank = ties.signature.input(0)?.rank, let axis = checkedAxis(axis, rank: rank) else { return }
    let outputs = ties.signature.outputs.indices.filter { ties.signature.output($0) != nil }
    for position in 0..<rank {
      let own = OperandAxis.input(0, axis: position)
      if position == axis { ties.pin(own, "is sorted") }
      for output in outputs {
        let target = OperandAxis.output(output, axis: position)
        if position == axis { ties.pin(target, "is sorted") } else { ties.tie(own, target) }
      }
    }
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? { nil }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func kernel(_ call: KernelCall) throws -> any Kernel {
    let dims = try call.dims(0)
    let axis = try resolveAxis(axis, rank: dims.count)
    return TopKKernel(
      dims, axis: axis, count: try call.outputDims()[axis], of: try call.scalar(0), takesLargest: takesLargest
    )
  }

  package func refit(_ edit: inout NodeEdit) throws {}
}
