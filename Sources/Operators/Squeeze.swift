import GraphIR
import Kernels

/// Axes of length 1 taken out, ONNX `Squeeze` (opset 1 and later).
///
/// ## Shapes    the axes named go (an attribute before opset 13, then an input); all of length 1 if none are
/// ## Channels  the other axes tied, one to one
/// ## Cost      none
/// - Throws: `shape-mismatch` if a named axis is longer than 1.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__Squeeze.html>
package struct Squeeze: ComputableOperator {
  package static let identifiers = [OperatorIdentifier("Squeeze")]

  private let axes: IntegerList

  package init(_ node: OperatorNode) throws {
    axes = node.opsetVersion < 13 ? try IntegerList(attribute: "axes", of: node) : .input(1)
  }

  /// Axes that stay; nil where that is not known.
  private func kept(_ signature: Signature) throws -> [Int]? {
    guard let shape = signature.input(0)?.shape else { return nil }
    if axes.isAbsent(signature) {
      guard shape.allSatisfy({ $0.known != nil }) else { return nil }
      return shape.indices.filter { shape[$0] != 1 }
    }
    guard let named = try axes.known(signature).map({ try resolveAxes($0, rank: shape.count) }) else {
      return nil
    }
    return shape.indices.filter { !named.contains($0) }
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    var fact = ValueFact(elementType: inputs[0]?.elementType)
    guard let shape = inputs[0]?.shape, let kept = try kept(inputs.signature) else { return [fact] }
    for axis in shape.indices where !kept.contains(axis) {
      if let length = shape[axis].known, length != 1 {
        throw CompileError("shape-mismatch", "axis \(axis) has length \(length) and cannot be squeezed")
      }
    }
    fact.shape = kept.map { shape[$0] }
    fact.content = ContentGrid(inputs[0])?.elements
    return [fact]
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    guard let kept = try? kept(ties.signature), let rank = ties.signature.input(0)?.rank else { return }
    for axis in 0..<rank where !kept.contains(axis) {
      ties.pin(.input(0, axis: axis), "is squeezed away with the one channel that is on it")
    }
    for (axis, from) in kept.enumerated() { ties.tie(.input(0, axis: from), .output(0, axis: axis)) }
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? {
    operands.first ?? nil
  }

  package func cost(_ signature: Signature) -> Cost { .free }

  /// Without named axes, one that is left with a single slot would go as well.
  package func kernel(_ call: KernelCall) throws -> any Kernel {
    try ReshapeKernel(call.dims(0), to: call.outputDims(), call.scalar(0))
  }

  package func refit(_ edit: inout NodeEdit) throws {
    guard axes.isAbsent(edit.before), let output = edit.shape(ofOutput: 0), output.contains(1),
      let shape = edit.before.input(0)?.knownShape
    else { return }
    let ones = shape.indices.filter { shape[$0] == 1 }
    if edit.opsetVersion < 13 {
      edit.setAttribute("axes", .ints(ones.map { Int64($0) }))
    } else {
      edit.setContent(input: 1, ones)
    }
  }
}
