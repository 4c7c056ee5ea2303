import GraphIR
import Kernels

/// The same elements in another shape, ONNX `Reshape` (opset 1 and later).
///
///     reshaped[f] = data[f]      f counts elements in row-major order
///
/// ## Shapes    `shape` gives the lengths: 0 copies the one of `data` (unless allowzero), one −1 takes what is left
/// ## Channels  axes that stay as they are: tied. Where axes are merged or split, one of each side is tied, slot by slot
///              of the elements that they share, and the others stay whole
/// ## Cost      none
/// - Throws: `shape-mismatch` if the element counts differ.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__Reshape.html>
package struct Reshape: ComputableOperator {
  package static let identifiers = [OperatorIdentifier("Reshape")]

  private let target: IntegerList
  private let allowsZero: Bool

  package init(_ node: OperatorNode) throws {
    target = node.opsetVersion < 5 ? .attribute("shape", try node.ints("shape") ?? []) : .input(1)
    allowsZero = try node.int("allowzero") ?? 0 != 0
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    var fact = ValueFact(elementType: inputs[0]?.elementType)
    if let elements = target.elements(inputs.signature)?.map(\.value) {
      fact.shape = try shape(elements, of: inputs[0]?.shape) { inputs.freshDimension($0) }
    } else {
      fact.shape = target.count(inputs.signature).map { inputs.freshShape(rank: $0) }
    }
    if let grid = ContentGrid(inputs[0]), fact.knownShape?.product == grid.elements.count {
      fact.content = grid.elements
    }
    return [fact]
  }

  private func shape(
    _ target: [Dimension], of data: [Dimension]?, _ fresh: (Int) -> Dimension
  ) throws -> [Dimension] {
    var result = target
    for (axis, length) in target.enumerated() where length == 0 && !allowsZero {
      if let data, !data.indices.contains(axis) {
        throw CompileError("shape-mismatch", "length \(axis) of the shape is 0, data has rank \(data.count)")
      }
      result[axis] = data?[axis] ?? fresh(axis)
    }
    let open = target.indices.filter { target[$0] == -1 }
    guard open.count <= 1, !target.contains(where: { $0.known.map { $0 < -1 } ?? false }) else {
      throw CompileError(
        "shape-mismatch", "the shape is [\(target.map(\.description).joined(separator: ", "))]")
    }
    let total = data?.reduce(1, *)
    guard let axis = open.first else {
      try Self.check(total, result.reduce(1, *), result)
      return result
    }
    let rest = result.indices.filter { $0 != axis }.map { result[$0] }.reduce(1, *)
    guard let total, rest != 0 else {
      result[axis] = fresh(axis)
      return result
    }
    if let quotient = total.divided(exactlyBy: rest) {
      result[axis] = quotient
    } else {
      if total.known != nil, rest.known != nil { try Self.check(total, rest, result) }
      result[axis] = .derived("quotient", total, rest)
    }
    return result
  }

  private static func check(_ total: Dimension?, _ wanted: Dimension, _ shape: [Dimension]) throws {
    guard let total = total?.known, let wanted = wanted.known, total != wanted else { return }
    let text = shape.map { $0 == -1 ? "?" : $0.description }.joined(separator: ", ")
    throw CompileError("shape-mismatch", "data has \(total) elements, which do not fill [\(text)]")
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    // A shape that cannot be read cannot be mended.
    guard target.elements(ties.signature) != nil else { return }
    ties.tieReshaped()
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? {
    operands.first ?? nil
  }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func kernel(_ call: KernelCall) throws -> any Kernel {
    try ReshapeKernel(call.dims(0), to: call.outputDims(), call.scalar(0))
  }

  package func refit(_ edit: inout NodeEdit) throws {
    guard edit.isAffected, let elements = target.elements(edit.before), let output = edit.shape(ofOutput: 0),
      output.count == elements.count
    else { return }
    let input = edit.shape(ofInput: 0) ?? []
    let values = elements.indices.map { axis -> Dimension? in
      switch elements[axis].value.known {
      case -1: nil
      case 0 where !allowsZero && input.indices.contains(axis) && input[axis] == output[axis]: nil
      default: output[axis].known.map { Dimension($0) } ?? edit.changedLength(.output(0, axis: axis))
      }
    }
    try target.restate(values, &edit)
  }
}
