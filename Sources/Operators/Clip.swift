import GraphIR
import Kernels

/// Limits to a range, ONNX `Clip` (opset 1 and later).
///
///     Y[…] = min(max(X[…], min), max)        the limits are attributes before opset 11, then optional inputs
///
/// ## Shapes    Y like X; the limits are scalars
/// ## Channels  every axis of X ≡ Y's
/// ## Cost      none
/// - Throws: `shape-mismatch` if a limit has more than one element.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__Clip.html>
package struct Clip: ComputableOperator {
  package static let identifiers = [OperatorIdentifier("Clip")]

  private let minimum: Float?
  private let maximum: Float?

  package init(_ node: OperatorNode) throws {
    let hasAttributes = node.opsetVersion < 11
    minimum = hasAttributes ? try node.float("min") : nil
    maximum = hasAttributes ? try node.float("max") : nil
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    for (name, operand) in [("min", 1), ("max", 2)] {
      if let count = inputs[operand]?.knownShape?.product, count > 1 {
        throw CompileError("shape-mismatch", "\(name) has \(count) elements, a limit is one number")
      }
    }
    var result = ValueFact(elementType: inputs[0]?.elementType, shape: inputs[0]?.shape)
    if let known = inputs[0]?.knownContent, let limits = integerLimits(inputs) {
      result.content = known.map { ContentElement(Dimension(min(max($0, limits.low), limits.high))) }
    }
    return [result]
  }

  /// The limits of a shape computation, which are integers.
  private func integerLimits(_ inputs: Operands) -> (low: Int, high: Int)? {
    guard minimum == nil, maximum == nil else { return nil }
    var limits = (low: Int.min, high: Int.max)
    if let fact = inputs[1] {
      guard let known = fact.knownContent?.first else { return nil }
      limits.low = known
    }
    if let fact = inputs[2] {
      guard let known = fact.knownContent?.first else { return nil }
      limits.high = known
    }
    return limits
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    for axis in ties.axes(ofInput: 0) { ties.tie(axis, .output(0, axis: axis.axis)) }
    for axis in ties.axes(ofInput: 1) + ties.axes(ofInput: 2) { ties.free(axis) }
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? {
    guard var value = operands.element(0) else { return nil }
    if let fact = signature.input(1) {
      guard let low = fact.scalar else { return nil }
      value = max(value, low)
    } else if let minimum {
      value = max(value, Double(minimum))
    }
    if let fact = signature.input(2) {
      guard let high = fact.scalar else { return nil }
      value = min(value, high)
    } else if let maximum {
      value = min(value, Double(maximum))
    }
    return Optional(value).roundedToFloat
  }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func activation(_ signature: Signature) -> Activation? {
    let low = signature.input(1).map(\.scalar) ?? minimum.map(Double.init) ?? -.infinity
    let high = signature.input(2).map(\.scalar) ?? maximum.map(Double.init) ?? .infinity
    guard let low, let high, signature.input(0)?.elementType?.isFloatingPoint == true else { return nil }
    return .clip(min: Float(low), max: Float(high))
  }

  package func kernel(_ call: KernelCall) throws -> any Kernel {
    if let activation = activation(call.signature) {
      return try ActivationKernel(activation, input: call.layout(0), mode: call.mode)
    }
    throw KernelError("its limits are not constant")
  }

  package func kernels(_ call: KernelCall) throws -> KernelChain {
    var chain = KernelChain(call)
    guard activation(call.signature) == nil else {
      chain.outputs = chain.append(try kernel(call), chain.inputs)
      return chain
    }
    var result = try chain.input(0)
    let (low, high) = (chain.optionalInput(1), chain.optionalInput(2))
    let dims = result.dims
    for (limit, isLow) in [(low, true), (high, false)] {
      guard let limit else { continue }
      let number = try chain.reshape(limit, to: [])
      result =
        result.scalar == .float
        ? try chain.combine(isLow ? .max : .min, result, number)
        : try chain.combineIntegers(isLow ? .max : .min, result, number)
    }
    // Without limits it is the input.
    chain.outputs = [
      low == nil && high == nil ? try chain.run(ReshapeKernel(dims, result.scalar), result) : result
    ]
    return chain
  }

  package func refit(_ edit: inout NodeEdit) throws {}
}
