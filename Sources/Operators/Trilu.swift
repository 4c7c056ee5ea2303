import GraphIR
import Kernels

/// The upper or lower triangle of matrices, ONNX `Trilu` (opset 14 and later), and ONNX Runtime's.
///
///     output[…, i, j] = input[…, i, j] if j − i ≥ k (upper) or ≤ k (lower), else 0
///
/// ## Shapes    output like input
/// ## Channels  all but the last two axes tied; rows and columns are compared with each other
/// ## Cost      none
/// - Throws: `shape-mismatch` if the input has fewer than two axes.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__Trilu.html>
package struct Trilu: ComputableOperator {
  package static let identifiers = [OperatorIdentifier("Trilu"), .microsoft("Trilu")]

  private let isUpper: Bool

  package init(_ node: OperatorNode) throws { isUpper = try node.int("upper") ?? 1 != 0 }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    if let rank = inputs[0]?.rank, rank < 2 {
      throw CompileError("shape-mismatch", "the input has rank \(rank), not 2 or more")
    }
    return [ValueFact(elementType: inputs[0]?.elementType, shape: inputs[0]?.shape)]
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    guard let rank = ties.signature.input(0)?.rank, rank >= 2 else { return }
    for axis in 0..<rank - 2 { ties.tie(.input(0, axis: axis), .output(0, axis: axis)) }
    for axis in rank - 2..<rank {
      ties.pinAll([.input(0, axis: axis), .output(0, axis: axis)], "is a side of triangles")
    }
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? {
    operands.element(0) == 0 ? 0 : nil
  }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func kernel(_ call: KernelCall) throws -> any Kernel {
    let known = call.has(1) ? try? call.integers(1).first : 0
    return TriluKernel(try call.dims(0), upper: isUpper, diagonal: known, try call.scalar(0))
  }

  package func refit(_ edit: inout NodeEdit) throws {}
}
