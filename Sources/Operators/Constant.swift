import GraphIR

/// A tensor written into the node, ONNX `Constant` (opset 1 and later).
///
/// ## Shapes    those of the tensor; `value_int` and the like are scalars, `value_ints` and the like vectors
/// ## Channels  a constant may lose any slot; what reads it says which go together
/// ## Cost      none; whoever reads it counts it
/// - Throws: `attribute-value` if the node states no value.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__Constant.html>
package struct Constant: Operator {
  package static let identifiers = [OperatorIdentifier("Constant")]

  /// Nil where the value is sparse.
  private let tensor: Tensor?

  package init(_ node: OperatorNode) throws {
    if let value = try node.tensor("value") {
      tensor = value
    } else if let value = try node.int("value_int") {
      tensor = try Self.tensor(.int64, [Int64(value)], isScalar: true)
    } else if let values = try node.ints("value_ints") {
      tensor = try Self.tensor(.int64, values.map { Int64($0) })
    } else if let value = try node.float("value_float") {
      tensor = try Self.tensor(.float, [value], isScalar: true)
    } else if let values = try node.floats("value_floats") {
      tensor = try Self.tensor(.float, values)
    } else if case .string(let value)? = node.node.attribute("value_string")?.value {
      tensor = Tensor(elementType: .string, dims: [], payload: .strings([value]))
    } else if case .strings(let values)? = node.node.attribute("value_strings")?.value {
      tensor = Tensor(elementType: .string, dims: [values.count], payload: .strings(values))
    } else {
      guard node.node.attribute("sparse_value") != nil || !node.node.attributes.isEmpty else {
        throw CompileError("attribute-value", "the node states no value")
      }
      tensor = nil
    }
  }

  private static func tensor<Element: BitwiseCopyable>(
    _ type: ElementType, _ values: [Element], isScalar: Bool = false
  ) throws -> Tensor {
    Tensor(elementType: type, dims: isScalar ? [] : [values.count], payload: .raw(try Bytes(copying: values)))
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    guard let tensor else { return [.unknown] }
    var fact = ValueFact(elementType: tensor.elementType, shape: tensor.dims.map { Dimension($0) })
    fact.constant = tensor
    if tensor.count <= ValueFact.contentLimit {
      fact.content = tensor.integers?.map { ContentElement(Dimension($0)) }
    }
    return [fact]
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    for axis in ties.axes(ofOutput: 0) { ties.free(axis) }
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? {
    signature.output(0)?.scalar
  }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func refit(_ edit: inout NodeEdit) throws {}
}
