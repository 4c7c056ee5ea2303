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

  package init(_ node: OperatorNode) throws {
    name = node.opType
    function = try UnaryFunction.make(name, node) ?? { _ in .nan }
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

  package func activation(_ signature: Signature) -> Activation? {
    switch name {
    case "Relu": .relu
    case "Sigmoid": .sigmoid
    case "Tanh": .tanh
    case "HardSwish": .hardSwish
    case "Softplus": .softPlus
    case "Exp": .exp
    case "Log": .log
    case "Abs": .abs
    case "Sqrt": .sqrt
    default: nil
    }
  }

  package func kernel(_ call: KernelCall) throws -> any Kernel {
    guard let activation = activation(call.signature), try call.scalar(0) == .float else {
      throw KernelError("\(name) has no kernel")
    }
    return try ActivationKernel(activation, input: call.layout(0), mode: call.mode)
  }

  package func refit(_ edit: inout NodeEdit) throws {}
}
