import GraphIR

/// Overlapping blocks added up to an image, ONNX `Col2Im` (opset 18).
///
///     output[n,c,y,x] = Σ of the input's elements [n, c·b + i, l] whose block l has its element i at y, x
///
/// ## Shapes    input [N, C·b, L], image_shape and block_shape one number an axis, output [N, C, image…];
///              b is the product of block_shape
/// ## Channels  the input's slots c·b … c·b + b − 1 ≡ the output's slot c; N tied; L and the image are pinned
/// ## Cost      none
/// - Throws: `shape-mismatch` if b does not divide axis 1.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__Col2Im.html>
package struct Col2Im: Operator {
  package static let identifiers = [OperatorIdentifier("Col2Im")]

  package init(_ node: OperatorNode) throws {}

  /// How many elements a block has; nil where it is not known.
  private func area(_ block: ValueFact?) -> Int? {
    guard let area = block?.knownContent?.product, area > 0 else { return nil }
    return area
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    var fact = ValueFact(elementType: inputs[0]?.elementType)
    let batch = inputs[0]?.dimension(0) ?? inputs.freshDimension(0)
    var channels = inputs.freshDimension(1)
    if let rows = inputs[0]?.dimension(1), let area = area(inputs[2]) {
      if let known = rows.known, known % area != 0 {
        throw CompileError("shape-mismatch", "axis 1 has \(known) elements, a block has \(area)")
      }
      channels = rows.divided(exactlyBy: Dimension(area)) ?? channels
    }
    if let image = inputs[1]?.content {
      fact.shape = [batch, channels] + image.map(\.value)
    } else if let count = inputs[1]?.dimension(0)?.known ?? inputs[2]?.dimension(0)?.known,
      (0...8).contains(count)
    {
      fact.shape = [batch, channels] + (0..<count).map { inputs.freshDimension($0 + 2) }
    }
    return [fact]
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    guard let area = area(ties.signature.input(2)), ties.signature.output(0)?.rank != nil else { return }
    ties.tie(.input(0, axis: 0), .output(0, axis: 0))
    ties.tie(.input(0, axis: 1), .output(0, axis: 1)) { $0 / area }
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? {
    operands.element(0) == 0 ? 0 : nil
  }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func refit(_ edit: inout NodeEdit) throws {}
}
