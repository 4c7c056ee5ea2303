import GraphIR
import Kernels

/// Elements picked by an index for each, ONNX `GatherElements` (opset 11 and later).
///
///     output[i, j, k] = data[i, indices[i, j, k], k]      with axis 1
///
/// ## Shapes    output like indices, which are no longer than data but along the axis
/// ## Channels  axes of equal length tied, but for the axis, which is looked up
/// ## Cost      none
/// - Throws: `shape-mismatch` if data and indices differ in rank.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__GatherElements.html>
package struct GatherElements: ComputableOperator {
  package static let identifiers = [OperatorIdentifier("GatherElements")]

  private let axis: Int

  package init(_ node: OperatorNode) throws { axis = try node.int("axis") ?? 0 }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    if let data = inputs[0]?.rank {
      _ = try resolveAxis(axis, rank: data)
      if let rank = inputs[1]?.rank, rank != data {
        throw CompileError("shape-mismatch", "data has rank \(data), indices have rank \(rank)")
      }
    }
    return [ValueFact(elementType: inputs[0]?.elementType, shape: inputs[1]?.shape)]
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    let signature = ties.signature
    guard let data = signature.input(0), let shape = data.shape, let indices = signature.input(1)?.shape,
      indices.count == shape.count, let axis = checkedAxis(axis, rank: shape.count)
    else { return }
    for other in shape.indices {
      let (input, index, output) = (
        OperandAxis.input(0, axis: other), OperandAxis.input(1, axis: other),
        OperandAxis.output(0, axis: other)
      )
      ties.tie(index, output)
      if other == axis || indices[other] != shape[other] {
        ties.pin(input, "is looked up, index by index")
      } else {
        ties.tie(input, output)
        if data.isConstantDerived, signature.output(0)?.isConstantDerived == false { ties.produce(input) }
      }
    }
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? {
    operands.first ?? nil
  }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func kernel(_ call: KernelCall) throws -> any Kernel {
    let (dims, indices) = (try call.dims(0), try call.dims(1))
    let axis = try resolveAxis(axis, rank: dims.count)
    guard zip(dims, indices).enumerated().allSatisfy({ $0 == axis || $1.1 <= $1.0 }) else {
      throw KernelError("there are more indices than data")
    }
    return GatherElementsKernel(dims, indices: indices, axis: axis, try call.scalar(0))
  }

  package func refit(_ edit: inout NodeEdit) throws {}
}
