import GraphIR
import Kernels

/// The position of the largest or smallest element along an axis, ONNX `ArgMax` and `ArgMin` (opset 1 and later).
///
///     Y[kept] = argmax over `axis` of X[…]
///
/// ## Shapes    Y like X with 1 for the axis (`keepdims`), or without it; int64
/// ## Channels  other axes: X ≡ Y; the axis is pinned
/// ## Cost      none
/// - Throws: `attribute-value` if there is no such axis.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__ArgMax.html>
package struct ArgReduce: ComputableOperator {
  package static let identifiers = [OperatorIdentifier("ArgMax"), OperatorIdentifier("ArgMin")]

  private let axis: Int
  private let keepsAxis: Bool
  private let takesLargest: Bool
  private let selectsLast: Bool

  package init(_ node: OperatorNode) throws {
    axis = try node.int("axis") ?? 0
    takesLargest = node.opType == "ArgMax"
    selectsLast = try node.int("select_last_index") ?? 0 != 0
    keepsAxis = try node.int("keepdims") ?? 1 != 0
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    guard var shape = inputs[0]?.shape else { return [ValueFact(elementType: .int64)] }
    let axis = try resolveAxis(axis, rank: shape.count)
    if keepsAxis { shape[axis] = 1 } else { shape.remove(at: axis) }
    return [ValueFact(elementType: .int64, shape: shape)]
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    guard let rank = ties.signature.input(0)?.rank, let axis = checkedAxis(axis, rank: rank) else { return }
    for position in 0..<rank where position != axis {
      let target = position > axis && !keepsAxis ? position - 1 : position
      ties.tie(.input(0, axis: position), .output(0, axis: target))
    }
    ties.pin(.input(0, axis: axis), "is where positions count")
    if keepsAxis { ties.pin(.output(0, axis: axis), "is where positions count") }
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? { nil }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func kernel(_ call: KernelCall) throws -> any Kernel {
    let dims = try call.dims(0)
    return ArgExtremeKernel(
      dims, axis: try resolveAxis(axis, rank: dims.count), outputDims: try call.outputDims(),
      of: try call.scalar(0), takesLargest: takesLargest, selectsLast: selectsLast)
  }

  package func refit(_ edit: inout NodeEdit) throws {}
}
