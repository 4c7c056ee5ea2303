import GraphIR
import Kernels

/// Elements replaced by an index for each, ONNX `ScatterElements` (opset 11 and later) and `Scatter` (9 and later).
///
///     output = data, then output[i, indices[i, j, k], k] = updates[i, j, k]      with axis 1
///
/// ## Shapes    output like data; updates like indices
/// ## Channels  axes of equal length tied, but for the axis; all axes stay where one is shorter than data's
/// ## Cost      none
/// - Throws: `shape-mismatch` if ranks differ.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__ScatterElements.html>
package struct ScatterElements: ComputableOperator {
  package static let identifiers = [OperatorIdentifier("Scatter"), OperatorIdentifier("ScatterElements")]

  private let axis: Int
  private let reduction: ScatterReduction

  package init(_ node: OperatorNode) throws {
    axis = try node.int("axis") ?? 0
    reduction = try ScatterReduction(node)
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    if let data = inputs[0]?.rank {
      _ = try resolveAxis(axis, rank: data)
      for operand in 1...2 {
        if let rank = inputs[operand]?.rank, rank != data {
          throw CompileError("shape-mismatch", "data has rank \(data), operand \(operand) has rank \(rank)")
        }
      }
    }
    return [ValueFact(elementType: inputs[0]?.elementType, shape: inputs[0]?.shape)]
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    let signature = ties.signature
    guard let shape = signature.input(0)?.shape, let axis = checkedAxis(axis, rank: shape.count) else {
      return
    }
    for other in shape.indices {
      let axes = (0..<3).map { OperandAxis.input($0, axis: other) }
      let output = OperandAxis.output(0, axis: other)
      let lengths = axes.map { signature.fact($0)?.dimension(other) }
      if other != axis, lengths.allSatisfy({ $0 == shape[other] }) {
        for input in axes { ties.tie(input, output) }
      } else {
        ties.pinAll(axes + [output], "is written to, index by index")
      }
    }
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? {
    operands.element(0) == 0 && operands.element(2) == 0 ? 0 : nil
  }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func kernel(_ call: KernelCall) throws -> any Kernel {
    let (dims, indices) = (try call.dims(0), try call.dims(1))
    let axis = try resolveAxis(axis, rank: dims.count)
    guard zip(dims, indices).enumerated().allSatisfy({ $0 == axis || $1.1 <= $1.0 }) else {
      throw KernelError("there are more updates than data")
    }
    return ScatterElementsKernel(dims, indices: indices, axis: axis, reduction: reduction, try call.scalar(0))
  }

  package func refit(_ edit: inout NodeEdit) throws {}
}

extension ScatterReduction {
  /// - Throws: `attribute-value` for a reduction that ONNX does not have.
  init(_ node: OperatorNode) throws {
    switch try node.string("reduction") ?? "none" {
    case "none": self = .replace
    case "add": self = .add
    case "mul": self = .multiply
    case "max": self = .maximum
    case "min": self = .minimum
    case let other:
      throw CompileError(
        "attribute-value", "attribute 'reduction' is '\(other)', not none, add, mul, max or min")
    }
  }
}
