import GraphIR
import Kernels

/// The rectifier with learned slopes, ONNX `PRelu` (opset 1 and later).
///
///     Y = X if X ≥ 0, slope · X elsewhere
///
/// ## Shapes    slope broadcasts to X, aligned at the right; before opset 7 it has one element, or one a channel
/// ## Channels  every axis of X ≡ Y's ≡ the slope's aligned with it
/// ## Cost      none; the slope is a parameter
/// - Throws: `shape-mismatch` if the slope does not broadcast to X.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__PRelu.html>
package struct PRelu: ComposedOperator {
  package static let identifiers = [OperatorIdentifier("PRelu")]

  private let isPerChannel: Bool

  package init(_ node: OperatorNode) throws { isPerChannel = node.opsetVersion < 7 }

  /// The axis of X that is aligned with the slope's first axis.
  private func offset(_ rank: Int, slope: Int) -> Int {
    isPerChannel && slope == 1 && rank > 1 ? 1 : rank - slope
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    let result = ValueFact(elementType: inputs[0]?.elementType, shape: inputs[0]?.shape)
    guard let shape = result.shape, let slope = inputs[1]?.shape else { return [result] }
    let start = offset(shape.count, slope: slope.count)
    let contradicts = zip(slope, shape.dropFirst(max(start, 0))).contains { own, target in
      guard let own = own.known, let target = target.known else { return false }
      return own != 1 && own != target
    }
    guard start >= 0, !contradicts else {
      throw CompileError("shape-mismatch", "slope \(slope) does not broadcast to X \(shape)")
    }
    return [result]
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    guard let rank = ties.signature.input(0)?.rank else { return }
    let slope = ties.signature.input(1)?.rank ?? 0
    let start = offset(rank, slope: slope)
    for axis in 0..<rank {
      var aligned = [OperandAxis.input(0, axis: axis)]
      if (0..<slope).contains(axis - start) { aligned.append(.input(1, axis: axis - start)) }
      ties.tieBroadcast(aligned, to: .output(0, axis: axis))
    }
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? {
    guard let value = operands.element(0) else { return nil }
    if value >= 0 { return value }
    let slope = operands.element(1) ?? signature.input(1)?.scalar
    return slope.map { $0 * value }.roundedToFloat
  }

  package func cost(_ signature: Signature) -> Cost { Cost(multiplyAccumulates: 0, parameterOperands: [1]) }

  package func compose(_ chain: inout KernelChain, _ call: KernelCall) throws -> [KernelChain.Value?] {
    let (x, slope) = (try chain.input(0), try chain.input(1))
    let behind = x.rank - slope.rank - offset(x.rank, slope: slope.rank)
    let aligned = try chain.reshape(slope, to: slope.dims + [Int](repeating: 1, count: max(behind, 0)))
    guard x.scalar == .integer else { return [try chain.combine(.prelu, x, aligned)] }
    let real = try chain.combine(.prelu, chain.cast(x, to: .float), chain.cast(aligned, to: .float))
    return [try chain.cast(real, to: call.outputFormat())]
  }

  package func refit(_ edit: inout NodeEdit) throws {}
}
