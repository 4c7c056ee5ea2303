import GraphIR
import Kernels

/// One of two tensors, element by element, ONNX `Where` (opset 9 and later).
///
///     output = X where condition, Y elsewhere      the three broadcast
///
/// ## Shapes    the common shape of all three
/// ## Channels  axes of equal length tied; constants among X and Y act on the channel alone
/// ## Cost      none
/// - Throws: `shape-mismatch` if the shapes do not broadcast.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__Where.html>
package struct Where: ComputableOperator {
  package static let identifiers = [OperatorIdentifier("Where")]

  package init(_ node: OperatorNode) throws {}

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    var fact = ValueFact(elementType: inputs[1]?.elementType ?? inputs[2]?.elementType)
    let shapes = (0..<3).compactMap { inputs[$0]?.shape }
    guard shapes.count == 3 else { return [fact] }
    fact.shape = try Broadcast.shape(shapes)
    if let condition = ContentGrid(inputs[0]), let x = ContentGrid(inputs[1]), let y = ContentGrid(inputs[2])
    {
      fact.content =
        ContentGrid(shape: fact.shape) { position in
          let (first, second) = (x.broadcast(position), y.broadcast(position))
          if first.value == second.value { return first }
          return condition.broadcast(position).value.known.map { $0 != 0 ? first : second }
        }?.elements
    }
    return [fact]
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    let signature = ties.signature
    guard let rank = signature.output(0)?.rank, signature.inputs.allSatisfy({ $0?.rank != nil }) else {
      return
    }
    for axis in 0..<rank {
      let aligned = (0..<3).compactMap { operand -> OperandAxis? in
        let own = axis - (rank - (signature.input(operand)?.rank ?? 0))
        return own < 0 ? nil : .input(operand, axis: own)
      }
      // What the condition holds is no number of the channel.
      ties.tieBroadcast(aligned, to: .output(0, axis: axis), follows: { $0 > 0 })
    }
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? {
    guard let x = operands.element(1), let y = operands.element(2), x == y else { return nil }
    return x
  }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func kernel(_ call: KernelCall) throws -> any Kernel {
    WhereKernel(
      condition: try call.dims(0), try call.dims(1), try call.dims(2), of: try call.scalar(1))
  }

  package func refit(_ edit: inout NodeEdit) throws { edit.keepContentsThatEnd() }
}
