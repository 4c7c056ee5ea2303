import GraphIR
import Kernels

/// A tensor repeated along axes of length 1, ONNX `Expand` (opset 8 and later).
///
///     output = input broadcast with a tensor of shape `shape`
///
/// ## Shapes    aligned at the right, a length of 1 on either side takes the other's
/// ## Channels  axes of equal length tied; slots of a repeated axis may go by themselves
/// ## Cost      none
/// - Throws: `shape-mismatch` if the shapes do not broadcast.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__Expand.html>
package struct Expand: ComputableOperator {
  package static let identifiers = [OperatorIdentifier("Expand")]

  private let target = IntegerList.input(1)

  package init(_ node: OperatorNode) throws {}

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    var fact = ValueFact(elementType: inputs[0]?.elementType)
    guard let shape = inputs[0]?.shape else { return [fact] }
    guard let target = target.elements(inputs.signature)?.map(\.value) else {
      fact.shape = target.count(inputs.signature).map { count in
        let rank = max(count, shape.count)
        return (0..<rank).map { axis in
          // Only a length of 1 can become another one.
          let own = axis - (rank - shape.count)
          let isKept = own >= 0 && (shape[own].known ?? 1 != 1 || axis < rank - count)
          return isKept ? shape[own] : inputs.freshDimension(axis)
        }
      }
      return [fact]
    }
    fact.shape = try Broadcast.shape([shape, target])
    if let grid = ContentGrid(inputs[0]) {
      fact.content = ContentGrid(shape: fact.shape) { grid.broadcast($0) }?.elements
    }
    return [fact]
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    guard target.elements(ties.signature) != nil, let rank = ties.signature.input(0)?.rank,
      let wide = ties.signature.output(0)?.rank
    else { return }
    for axis in ties.axes(ofOutput: 0) {
      let own = axis.axis - (wide - rank)
      ties.tieBroadcast(own < 0 ? [] : [.input(0, axis: own)], to: axis, follows: { _ in false })
    }
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? {
    operands.first ?? nil
  }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func kernel(_ call: KernelCall) throws -> any Kernel {
    ExpandKernel(try call.dims(0), to: try call.outputDims(), try call.scalar(0))
  }

  package func refit(_ edit: inout NodeEdit) throws {
    guard let elements = target.elements(edit.before), let rank = edit.before.output(0)?.rank else { return }
    let values = elements.indices.map { index -> Dimension? in
      let axis = OperandAxis.output(0, axis: index + rank - elements.count)
      // A 1 leaves the length to the input.
      return elements[index].value == 1 ? nil : edit.changedLength(axis)
    }
    try target.restate(values, &edit)
  }
}
