import GraphIR
import Kernels

/// Functions of one number, applied to every element: ONNX `Relu`, `Sigmoid`, `Exp`, `Not`, and the others that
/// ``UnaryFunction`` lists (opset 1 and later); ONNX Runtime's `Gelu` and `QuickGelu`.
///
///     Y[…] = f(X[…])
///
/// ## Shapes    Y like X; Not, IsNaN and IsInf give bool
/// ## Channels  every axis of X ≡ Y's
/// ## Cost      none
/// - SeeAlso: <https://onnx.ai/onnx/operators/>
package struct UnaryElementwise: ComputableOperator {
  package static let identifiers =
    UnaryFunction.names.map { OperatorIdentifier($0) }
    + UnaryFunction.contributedNames.map(OperatorIdentifier.microsoft)

  private let name: String
  private let function: UnaryFunction.Function
  /// The same for kernels; nil where there is none.
  private let kernelFunction: Kernels.UnaryFunction?
  /// The signs that IsInf asks for.
  private let detects: (positive: Bool, negative: Bool)

  package init(_ node: OperatorNode) throws {
    name = node.opType
    function = try UnaryFunction.make(name, node) ?? { _ in .nan }
    kernelFunction = try Kernels.UnaryFunction(node)
    detects = (
      try node.int("detect_positive") ?? 1 != 0, try node.int("detect_negative") ?? 1 != 0
    )
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    let givesBool = name == "Not" || name == "IsNaN" || name == "IsInf"
    return [
      ValueFact(
        elementType: givesBool ? .bool : inputs[0]?.elementType, shape: inputs[0]?.shape,
        content: inputs[0].flatMap(content))
    ]
  }

  private func content(_ input: ValueFact) -> [ContentElement]? {
    guard let content = input.content else { return nil }
    let values: [Dimension]
    switch name {
    case "Neg": values = content.map { Dimension(0) - $0.value }
    case "Floor", "Ceil", "Round": values = content.map(\.value)
    case "Abs", "Sign", "Not", "Relu":
      let known = content.compactMap(\.value.known)
      guard known.count == content.count, known.allSatisfy({ $0.magnitude < 1 << 53 }) else { return nil }
      values = known.map { Dimension(Int(function(Double($0)))) }
    default: return nil
    }
    return values.map { ContentElement($0) }
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    for axis in ties.axes(ofInput: 0) { ties.tie(axis, .output(0, axis: axis.axis)) }
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? {
    operands.element(0).map(function).roundedToFloat
  }

  package func cost(_ signature: Signature) -> Cost { .free }

  /// Those of oneDNN's functions that need no attribute of their own.
  package func activation(_ signature: Signature) -> Activation? {
    guard signature.input(0)?.elementType?.isFloatingPoint == true else { return nil }
    switch kernelFunction {
    case .relu: return .relu
    case .leakyRelu(let alpha): return .leakyRelu(alpha: alpha)
    case .elu(let alpha): return .elu(alpha: alpha)
    case .sigmoid: return .sigmoid
    case .tanh: return .tanh
    case .hardSwish: return .hardSwish
    case .swish(let alpha): return .swish(alpha: alpha)
    default: return nil
    }
  }

  package func kernel(_ call: KernelCall) throws -> any Kernel {
    if let activation = activation(call.signature), !call.isReproducible {
      return try ActivationKernel(activation, input: call.layout(0), mode: call.mode)
    }
    let dims = try call.dims(0)
    if try call.scalar(0) == .float {
      switch name {
      case "IsNaN": return FloatTestKernel(.isNaN, dims)
      case "IsInf":
        return FloatTestKernel(.isInfinite(positive: detects.positive, negative: detects.negative), dims)
      default:
        guard let kernelFunction else { break }
        return UnaryKernel(kernelFunction, dims)
      }
    } else if let function = try integerFunction(call) {
      return IntegerUnaryKernel(function, dims)
    }
    throw KernelError("\(name) of this type has no kernel")
  }

  private func integerFunction(_ call: KernelCall) throws -> IntegerUnaryFunction? {
    switch name {
    case "Abs": return .abs
    case "Neg": return .neg
    case "Sign": return .sign
    case "Not": return .not
    case "Relu": return .relu
    case "BitwiseNot":
      guard case .integer(let range) = try call.outputFormat() else { return nil }
      return .bitwiseNot(mask: range.isSigned || range.bitWidth == 64 ? -1 : range.highest)
    default: return nil
    }
  }

  package func refit(_ edit: inout NodeEdit) throws {}
}
