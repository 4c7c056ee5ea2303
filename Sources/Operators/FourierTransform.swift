import GraphIR

/// Discrete Fourier transforms, ONNX `DFT` (opset 17 and later) and `STFT` (opset 17).
///
///     DFT   Y[…,k] = Σ n  X[…,n] · exp(−2πi·k·n / N)        along one axis; the last axis holds the two parts
///     STFT  the same of every frame: signal · window, moved on by frame_step
///
/// ## Shapes    DFT X [M, N, 1 or 2], Y [M, N′, 2] with N′ = dft_length, or ⌊dft_length / 2⌋ + 1 if onesided; what is
///              onesided and inverse gives [M, dft_length, 1]. STFT signal [B, L] or [B, L, 1 or 2],
///              Y [B, frames, bins, 2]
/// ## Channels  DFT: axes that are not transformed X ≡ Y; STFT: the batch
/// ## Cost      none: the factors are no parameters
/// - Throws: `attribute-value` if there is no such axis.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__DFT.html>
package struct FourierTransform: Operator {
  package static let identifiers = [OperatorIdentifier("DFT"), OperatorIdentifier("STFT")]

  private let isShortTime: Bool
  private let isOnesided: Bool
  private let isInverse: Bool
  /// Nil where an input holds it.
  private let axis: Int?

  package init(_ node: OperatorNode) throws {
    isShortTime = node.opType == "STFT"
    isOnesided = try node.int("onesided") ?? (isShortTime ? 1 : 0) != 0
    isInverse = try node.int("inverse") ?? 0 != 0
    axis = node.opsetVersion < 20 ? try node.int("axis") ?? 1 : nil
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    isShortTime ? [frames(inputs)] : [try transformed(inputs)]
  }

  private func transformed(_ inputs: Operands) throws -> ValueFact {
    var fact = ValueFact(elementType: inputs[0]?.elementType)
    guard var shape = inputs[0]?.shape, shape.count >= 2 else { return fact }
    let isReal = isInverse && isOnesided
    shape[shape.count - 1] = isReal ? 1 : 2
    guard let axis = try transformedAxis(inputs.signature, rank: shape.count) else {
      // Whichever axis it is, a whole transform keeps its length.
      if isOnesided || inputs[1] != nil {
        for axis in shape.indices.dropLast() { shape[axis] = inputs.freshDimension(axis) }
      }
      fact.shape = shape
      return fact
    }
    let stated = inputs[1] == nil ? nil : inputs[1]?.content?.first?.value ?? inputs.freshDimension(axis)
    let present = isReal ? shape[axis].known.map { Dimension($0 - 1) * 2 } : shape[axis]
    let length = stated ?? present ?? inputs.freshDimension(axis)
    shape[axis] = isOnesided && !isInverse ? half(length, inputs, axis) : length
    fact.shape = shape
    return fact
  }

  private func half(_ length: Dimension, _ inputs: Operands, _ axis: Int) -> Dimension {
    length.known.map { Dimension($0 / 2 + 1) } ?? inputs.freshDimension(axis)
  }

  /// Nil where it is not known.
  ///
  /// - Throws: `attribute-value` if there is no such axis.
  private func transformedAxis(_ signature: Signature, rank: Int) throws -> Int? {
    let stated: Int?
    if let axis { stated = axis } else { stated = signature.input(2) == nil ? -2 : known(signature.input(2)) }
    return try stated.map { try resolveAxis($0, rank: rank) }
  }

  private func known(_ fact: ValueFact?) -> Int? { fact?.content?.first?.value.known }

  private func frames(_ inputs: Operands) -> ValueFact {
    let signal = inputs[0]?.dimension(1)
    var length = inputs[2]?.dimension(0)
    if inputs[3] != nil {
      length = known(inputs[3]).map { Dimension($0) } ?? length
    } else if inputs[2] == nil {
      length = signal
    }
    var count: Dimension?
    if let signal = signal?.known, let length = length?.known, let step = known(inputs[1]), step > 0,
      signal < 1 << 60, signal >= length, length >= 0
    {
      count = Dimension((signal - length) / step + 1)
    }
    let bins = isOnesided ? length?.known.map { Dimension($0 / 2 + 1) } : length
    let batch = inputs[0]?.dimension(0) ?? inputs.freshDimension(0)
    return ValueFact(
      elementType: inputs[0]?.elementType,
      shape: [batch, count ?? inputs.freshDimension(1), bins ?? inputs.freshDimension(2), 2])
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    guard let rank = ties.signature.input(0)?.rank, rank >= 2 else { return }
    if isShortTime {
      ties.tie(.input(0, axis: 0), .output(0, axis: 0))
      return
    }
    guard ties.signature.output(0)?.rank == rank,
      let transformed = try? transformedAxis(ties.signature, rank: rank)
    else { return }
    for axis in 0..<rank {
      if axis == transformed || axis == rank - 1 {
        ties.pinAll([.input(0, axis: axis), .output(0, axis: axis)], "is transformed")
      } else {
        ties.tie(.input(0, axis: axis), .output(0, axis: axis))
      }
    }
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? {
    operands.element(0) == 0 ? 0 : nil
  }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func refit(_ edit: inout NodeEdit) throws {}
}
