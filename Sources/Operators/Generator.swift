import GraphIR
import Kernels

/// Tensors made from nothing but a shape: ONNX `RandomNormal`, `RandomUniform`, their forms that take the shape of an
/// input, `Bernoulli`, `Multinomial` and `EyeLike` (opset 1 and later).
///
/// ## Shapes    an attribute, or those of the input; Multinomial [N, sample_size]
/// ## Channels  all stay: what another number of draws would give is another network
/// ## Cost      none
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__RandomNormal.html>
package struct Generator: ComposedOperator {
  package static let identifiers = [
    "Bernoulli", "EyeLike", "Multinomial", "RandomNormal", "RandomNormalLike", "RandomUniform",
    "RandomUniformLike",
  ].map { OperatorIdentifier($0) }

  private let type: ElementType?
  private let shape: [Int]?
  private let sampleSize: Int?
  /// The diagonal of EyeLike; nil for what is drawn at random.
  private let diagonal: Int?

  package init(_ node: OperatorNode) throws {
    let hasInput = node.opType != "RandomNormal" && node.opType != "RandomUniform"
    diagonal = try node.opType == "EyeLike" ? node.int("k") ?? 0 : nil
    let isMultinomial = node.opType == "Multinomial"
    type = try node.elementType("dtype") ?? (isMultinomial ? .int32 : hasInput ? nil : .float)
    shape = try hasInput ? nil : node.ints("shape") ?? []
    sampleSize = try isMultinomial ? node.int("sample_size") ?? 1 : nil
    if let length = (shape ?? [sampleSize ?? 0]).first(where: { $0 < 0 }) {
      throw CompileError("attribute-value", "a length is \(length)")
    }
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    var fact = ValueFact(elementType: type ?? inputs[0]?.elementType)
    if let shape {
      fact.shape = shape.map { Dimension($0) }
    } else if let sampleSize {
      fact.shape = [inputs[0]?.dimension(0) ?? inputs.freshDimension(0), Dimension(sampleSize)]
    } else {
      fact.shape = inputs[0]?.shape
    }
    return [fact]
  }

  package func tieChannels(_ ties: inout ChannelTies) {}

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? { nil }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func compose(_ chain: inout KernelChain, _ call: KernelCall) throws -> [KernelChain.Value?] {
    guard let diagonal else { throw KernelError("what is drawn at random has no kernel") }
    let (dims, format) = (try call.outputDims(), try call.outputFormat())
    guard dims.count == 2 else { throw KernelError("a matrix has two axes") }
    let values = (0..<dims[0]).flatMap { row in
      (0..<dims[1]).map { column in column - row == diagonal ? Float(1) : 0 }
    }
    return [try chain.cast(chain.constant(values, dims: dims), to: format)]
  }

  package func refit(_ edit: inout NodeEdit) throws {}
}
