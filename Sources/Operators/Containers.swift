import GraphIR

/// Sequences and optional values, ONNX `SequenceConstruct`, `SequenceAt`, `Optional`, … (opset 11 and later).
///
/// ## Shapes    SequenceLength and OptionalHasElement give a scalar; what a container holds is not followed
/// ## Channels  all stay
/// ## Cost      none
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__SequenceConstruct.html>
package struct Containers: Operator {
  package static let identifiers = [
    "ConcatFromSequence", "Optional", "OptionalGetElement", "OptionalHasElement", "SequenceAt",
    "SequenceConstruct", "SequenceEmpty", "SequenceErase", "SequenceInsert", "SequenceLength", "SequenceMap",
    "SplitToSequence",
  ].map { OperatorIdentifier($0) }

  private let name: String

  package init(_ node: OperatorNode) throws { name = node.opType }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    switch name {
    case "SequenceLength": [ValueFact(elementType: .int64, shape: [])]
    case "OptionalHasElement": [ValueFact(elementType: .bool, shape: [])]
    // An optional may be a tensor itself.
    case "OptionalGetElement": [ValueFact(elementType: inputs[0]?.elementType, shape: inputs[0]?.shape)]
    default: [ValueFact](repeating: .unknown, count: inputs.outputCount)
    }
  }

  package func tieChannels(_ ties: inout ChannelTies) {}

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? { nil }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func refit(_ edit: inout NodeEdit) throws {}
}
