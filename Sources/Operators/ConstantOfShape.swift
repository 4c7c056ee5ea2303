import GraphIR
import Kernels

/// A tensor of a computed shape filled with one number, ONNX `ConstantOfShape` (opset 9 and later).
///
///     output = value, everywhere
///
/// ## Shapes    `input` lists the lengths
/// ## Channels  every slot may go by itself
/// ## Cost      none
/// - Throws: `shape-mismatch` if a length is negative.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__ConstantOfShape.html>
package struct ConstantOfShape: ComputableOperator {
  package static let identifiers = [OperatorIdentifier("ConstantOfShape")]

  private let lengths = IntegerList.input(0)
  private let value: Tensor?

  package init(_ node: OperatorNode) throws { value = try node.tensor("value") }

  /// What the tensor is filled with; nil where it is no number.
  private var number: Double? {
    guard let value else { return 0 }
    return value.doubles?.first ?? value.integers?.first.map(Double.init)
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    var fact = ValueFact(elementType: value?.elementType ?? .float)
    if let shape = lengths.elements(inputs.signature)?.map(\.value) {
      if let length = shape.lazy.compactMap(\.known).first(where: { $0 < 0 }) {
        throw CompileError("shape-mismatch", "a length is \(length)")
      }
      fact.shape = shape
    } else {
      fact.shape = lengths.count(inputs.signature).map { inputs.freshShape(rank: $0) }
    }
    if let number = number.flatMap(Int.init(exactly:)) {
      fact.content = ContentGrid(shape: fact.shape) { _ in ContentElement(Dimension(number)) }?.elements
    }
    return [fact]
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    guard lengths.elements(ties.signature) != nil else { return }
    for axis in ties.axes(ofOutput: 0) { ties.free(axis) }
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? { number }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func kernel(_ call: KernelCall) throws -> any Kernel {
    guard let number else { throw KernelError("its value is no number") }
    return ConstantFillKernel(try call.outputDims(), value: number, try call.outputFormat().scalar)
  }

  package func refit(_ edit: inout NodeEdit) throws {
    guard let rank = edit.before.output(0)?.rank else { return }
    try lengths.restate((0..<rank).map { edit.changedLength(.output(0, axis: $0)) }, &edit)
  }
}
