import GraphIR

/// What a tensor's numbers decide the length of: ONNX `NonZero` (opset 9 and later) and `Unique` (opset 11 and later).
///
///     NonZero: the index vectors of what is not 0      Unique: the slices, or elements, that differ
///
/// ## Shapes    NonZero [rank, n]; Unique like X with n along the axis, or [n], then three vectors; n is not known
/// ## Channels  all stay
/// ## Cost      none
/// - Throws: `attribute-value` if the axis is out of range.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__NonZero.html>
package struct ValueDependentShape: Operator {
  package static let identifiers = [OperatorIdentifier("NonZero"), OperatorIdentifier("Unique")]

  private let isUnique: Bool
  private let axis: Int?

  package init(_ node: OperatorNode) throws {
    isUnique = node.opType == "Unique"
    axis = try node.int("axis")
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    let rank = inputs[0]?.rank
    guard isUnique else {
      let length = inputs.freshDimension(1)
      return [
        ValueFact(
          elementType: .int64, shape: [rank.map { Dimension($0) } ?? inputs.freshDimension(0), length])
      ]
    }
    let count = inputs.freshDimension(0)
    var values = ValueFact(
      elementType: inputs[0]?.elementType, shape: axis == nil ? [count] : inputs[0]?.shape)
    if let axis, let rank { values.shape?[try resolveAxis(axis, rank: rank)] = count }
    let vector = ValueFact(elementType: .int64, shape: [count])
    let inverse = ValueFact(elementType: .int64, shape: inputs.freshShape(rank: 1, output: 2))
    return Array([values, vector, inverse, vector].prefix(inputs.outputCount))
  }

  package func tieChannels(_ ties: inout ChannelTies) {}

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? { nil }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func refit(_ edit: inout NodeEdit) throws {}
}
