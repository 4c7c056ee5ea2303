import GraphIR

/// Tables of signal processing, ONNX `HannWindow`, `HammingWindow`, `BlackmanWindow` and `MelWeightMatrix` (opset 17).
///
/// ## Shapes    windows [size]; MelWeightMatrix [⌊dft_length / 2⌋ + 1, num_mel_bins]
/// ## Channels  all stay: the numbers depend on how many there are
/// ## Cost      none
/// - Throws: `attribute-value` if `output_datatype` names no element type.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__HannWindow.html>
package struct SignalWindow: Operator {
  package static let identifiers = ["BlackmanWindow", "HammingWindow", "HannWindow", "MelWeightMatrix"].map {
    OperatorIdentifier($0)
  }

  private let type: ElementType
  private let isMel: Bool

  package init(_ node: OperatorNode) throws {
    type = try node.elementType("output_datatype") ?? .float
    isMel = node.opType == "MelWeightMatrix"
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    let lengths = (0..<2).map { inputs[$0]?.content?.first?.value }
    guard isMel else {
      return [ValueFact(elementType: type, shape: [lengths[0] ?? inputs.freshDimension(0)])]
    }
    let bins = lengths[1]?.known.map { Dimension($0 / 2 + 1) } ?? inputs.freshDimension(0)
    return [ValueFact(elementType: type, shape: [bins, lengths[0] ?? inputs.freshDimension(1)])]
  }

  package func tieChannels(_ ties: inout ChannelTies) {}

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? { nil }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func refit(_ edit: inout NodeEdit) throws {}
}
