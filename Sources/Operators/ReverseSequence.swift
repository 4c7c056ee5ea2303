import GraphIR
import Kernels

/// Sequences of different lengths read backwards, ONNX `ReverseSequence` (opset 10 and later).
///
///     Y[t, n, …] = input[l[n] − 1 − t, n, …] for t < l[n], else input[t, n, …]      l is sequence_lens
///
/// ## Shapes    Y like input; sequence_lens has one length for each index of `batch_axis`
/// ## Channels  every axis tied but `time_axis`, which is reversed
/// ## Cost      none
/// - Throws: `attribute-value` if an axis is out of range.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__ReverseSequence.html>
package struct ReverseSequence: ComputableOperator {
  package static let identifiers = [OperatorIdentifier("ReverseSequence")]

  private let timeAxis: Int
  private let batchAxis: Int

  package init(_ node: OperatorNode) throws {
    timeAxis = try node.int("time_axis") ?? 0
    batchAxis = try node.int("batch_axis") ?? 1
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    if let rank = inputs[0]?.rank { _ = try resolveAxes([timeAxis, batchAxis], rank: rank) }
    return [ValueFact(elementType: inputs[0]?.elementType, shape: inputs[0]?.shape)]
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    guard let rank = ties.signature.input(0)?.rank, let time = checkedAxis(timeAxis, rank: rank),
      let batch = checkedAxis(batchAxis, rank: rank)
    else { return }
    for axis in 0..<rank where axis != time { ties.tie(.input(0, axis: axis), .output(0, axis: axis)) }
    ties.pinAll([.input(0, axis: time), .output(0, axis: time)], "is read backwards")
    ties.tie(.input(1, axis: 0), .output(0, axis: batch))
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? {
    operands.first ?? nil
  }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func kernel(_ call: KernelCall) throws -> any Kernel {
    let dims = try call.dims(0)
    let axes = try resolveAxes([timeAxis, batchAxis], rank: dims.count)
    return ReverseSequenceKernel(dims, timeAxis: axes[0], batchAxis: axes[1], try call.scalar(0))
  }

  package func refit(_ edit: inout NodeEdit) throws {}
}
