import GraphIR
import Kernels

/// The middle of a tensor, or the tensor in the middle of zeros, ONNX `CenterCropPad` (opset 18).
///
/// ## Shapes    along `axes` (all, if there are none) the lengths that `shape` holds, elsewhere those of the input
/// ## Channels  axes that are not in `axes` tied; the others are pinned
/// ## Cost      none
/// - Throws: `attribute-value` if there is no such axis, `shape-mismatch` if there is not one length for every axis.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__CenterCropPad.html>
package struct CenterCropPad: ComposedOperator {
  package static let identifiers = [OperatorIdentifier("CenterCropPad")]

  private let axes: [Int]?

  package init(_ node: OperatorNode) throws { axes = try node.ints("axes") }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    var fact = ValueFact(elementType: inputs[0]?.elementType)
    guard var shape = inputs[0]?.shape else { return [fact] }
    let changed = try changed(rank: shape.count)
    let lengths = inputs[1]?.content?.map(\.value)
    if let lengths, lengths.count != changed.count {
      throw CompileError("shape-mismatch", "there are \(lengths.count) lengths for \(changed.count) axes")
    }
    for (position, axis) in changed.enumerated() {
      shape[axis] = lengths?[position] ?? inputs.freshDimension(axis)
    }
    fact.shape = shape
    return [fact]
  }

  private func changed(rank: Int) throws -> [Int] {
    try axes.map { try resolveAxes($0, rank: rank) } ?? Array(0..<rank)
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    guard let rank = ties.signature.input(0)?.rank, let changed = try? changed(rank: rank) else { return }
    for axis in 0..<rank {
      if changed.contains(axis) {
        ties.pinAll([.input(0, axis: axis), .output(0, axis: axis)], "is cropped or padded")
      } else {
        ties.tie(.input(0, axis: axis), .output(0, axis: axis))
      }
    }
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? {
    operands.element(0) == 0 ? 0 : nil
  }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func compose(_ chain: inout KernelChain, _ call: KernelCall) throws -> [KernelChain.Value?] {
    var x = try chain.input(0)
    let dims = try call.outputDims()
    for (axis, length) in dims.enumerated() where length < x.dims[axis] {
      let start = (x.dims[axis] - length) / 2
      x = try chain.slice(x, axis: axis, start..<start + length)
    }
    guard x.dims != dims else { return [try chain.run(ReshapeKernel(dims, x.scalar), x)] }
    let begins = zip(dims, x.dims).map { ($0 - $1) / 2 }
    let ends = zip(zip(dims, x.dims), begins).map { $0.0 - $0.1 - $1 }
    let kernel = PadKernel(x.dims, begins: begins, ends: ends, mode: .constant(0), x.scalar)
    return [try chain.run(kernel, x)]
  }

  package func refit(_ edit: inout NodeEdit) throws {}
}
