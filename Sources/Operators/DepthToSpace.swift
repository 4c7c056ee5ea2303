import GraphIR
import Kernels

/// Channels laid out as blocks of pixels, ONNX `DepthToSpace`, and back, `SpaceToDepth` (opset 1 and later).
///
///     Y[n, c, y·b+i, x·b+j] = X[n, k, y, x]      k = (i·b+j)·C+c in mode DCR, k = c·b²+i·b+j in mode CRD
///
/// ## Shapes    [N, C·b², H, W] and [N, C, H·b, W·b]; b is `blocksize`
/// ## Channels  the b² channels k of a block ≡ channel c; N tied; rows and columns are interleaved with channels
/// ## Cost      none
/// - Throws: `shape-mismatch` if the channels are no multiple of b², or rows or columns no multiple of b.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__DepthToSpace.html>
package struct DepthToSpace: ComputableOperator {
  package static let identifiers = [OperatorIdentifier("DepthToSpace"), OperatorIdentifier("SpaceToDepth")]

  private let block: Int
  private let isDepthFirst: Bool
  private let makesSpace: Bool

  package init(_ node: OperatorNode) throws {
    makesSpace = node.opType == "DepthToSpace"
    block = try node.int("blocksize") ?? 0
    guard (1...1 << 16).contains(block) else {
      throw CompileError("attribute-value", "attribute 'blocksize' is \(block); it must be 1 or more")
    }
    let mode = try node.string("mode") ?? "DCR"
    guard mode == "DCR" || mode == "CRD" else {
      throw CompileError("attribute-value", "attribute 'mode' is '\(mode)'; it must be DCR or CRD")
    }
    isDepthFirst = mode == "DCR"
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    var fact = ValueFact(elementType: inputs[0]?.elementType)
    guard let shape = inputs[0]?.shape else { return [fact] }
    guard shape.count == 4 else { throw CompileError("shape-mismatch", "X has rank \(shape.count), not 4") }
    let (area, side) = (Dimension(block * block), Dimension(block))
    fact.shape =
      try makesSpace
      ? [shape[0], Self.part(shape[1], area), shape[2] * side, shape[3] * side]
      : [shape[0], shape[1] * area, Self.part(shape[2], side), Self.part(shape[3], side)]
    return [fact]
  }

  private static func part(_ length: Dimension, _ divisor: Dimension) throws -> Dimension {
    if let part = length.divided(exactlyBy: divisor) { return part }
    guard length.known == nil else {
      throw CompileError("shape-mismatch", "length \(length) is no multiple of \(divisor)")
    }
    return .derived("quotient", length, divisor)
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    let (input, output) = (OperandAxis.input(0, axis: 1), OperandAxis.output(0, axis: 1))
    ties.tie(.input(0, axis: 0), .output(0, axis: 0))
    for axis in 2..<4 {
      ties.pinAll([.input(0, axis: axis), .output(0, axis: axis)], "is interleaved with channels")
    }
    let (deep, shallow) = makesSpace ? (input, output) : (output, input)
    guard let channels = ties.signature.length(shallow), channels > 0 else {
      return ties.pinAll([input, output], "has a length that is not known")
    }
    ties.tie(deep, shallow) { isDepthFirst ? $0 % channels : $0 / (block * block) }
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? {
    operands.first ?? nil
  }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func kernel(_ call: KernelCall) throws -> any Kernel {
    let (dims, scalar) = (try call.dims(0), try call.scalar(0))
    let order: DepthToSpaceKernel.Order = isDepthFirst ? .depthColumnRow : .columnRowDepth
    return makesSpace
      ? DepthToSpaceKernel(dims, blockSize: block, order: order, scalar)
      : SpaceToDepthKernel(dims, blockSize: block, order: order, scalar)
  }

  package func refit(_ edit: inout NodeEdit) throws {}
}
