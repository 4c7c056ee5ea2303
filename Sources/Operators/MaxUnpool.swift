import GraphIR

/// The inverse of a maximum pooling, ONNX `MaxUnpool` (opset 9 and later).
///
///     Y = 0, but Y.flat[I] = X        I counts the elements of the whole tensor
///
/// ## Shapes    X and I [N, C, H, W], Y [N, C, s·(H − 1) + k − p, …] or `output_shape`
/// ## Channels  all stay: the indices count every channel
/// ## Cost      none
/// - Throws: `shape-mismatch` if an attribute has another rank than X.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__MaxUnpool.html>
package struct MaxUnpool: Operator {
  package static let identifiers = [OperatorIdentifier("MaxUnpool")]

  private let window: SlidingWindow

  package init(_ node: OperatorNode) throws { window = try SlidingWindow(node) }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    var fact = ValueFact(elementType: inputs[0]?.elementType)
    guard let shape = inputs[0]?.shape, let kernel = window.kernelShape else { return [fact] }
    guard shape.count == kernel.count + 2 else {
      throw CompileError(
        "shape-mismatch", "X has rank \(shape.count), attribute 'kernel_shape' has \(kernel.count) entries")
    }
    try window.check(spatialRank: kernel.count)
    if inputs[2] != nil {
      let stated = inputs[2]?.content?.map(\.value)
      fact.shape = stated?.count == shape.count ? stated : inputs.freshShape(rank: shape.count)
      return [fact]
    }
    fact.shape =
      shape[..<2]
      + kernel.indices.map { axis in
        guard let length = shape[axis + 2].known, (0..<1 << 30).contains(length) else {
          return inputs.freshDimension(axis + 2)
        }
        return Dimension(max((length - 1) * window.stride(axis) + kernel[axis] - window.pad(axis), 0))
      }
    return [fact]
  }

  package func tieChannels(_ ties: inout ChannelTies) {}

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? { nil }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func refit(_ edit: inout NodeEdit) throws {}
}
