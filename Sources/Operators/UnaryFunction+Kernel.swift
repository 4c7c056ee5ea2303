import GraphIR
import Kernels

extension Kernels.UnaryFunction {
  /// What an ONNX operator computes of every float, with the attributes that the node has or ONNX's defaults; nil for
  /// operators that are no such function.
  init?(_ node: OperatorNode) throws {
    func number(_ name: String, _ fallback: Float) throws -> Float { try node.float(name) ?? fallback }
    switch node.opType {
    case "Celu": self = .celu(alpha: try number("alpha", 1))
    case "Elu": self = .elu(alpha: try number("alpha", 1))
    case "Gelu": self = try node.string("approximate") == "tanh" ? .tanhGelu : .gelu
    case "HardSigmoid": self = .hardSigmoid(alpha: try number("alpha", 0.2), beta: try number("beta", 0.5))
    case "LeakyRelu": self = .leakyRelu(alpha: try number("alpha", 0.01))
    case "QuickGelu": self = .swish(alpha: try number("alpha", 1.702))
    case "Selu": self = .selu(alpha: try number("alpha", 1.67326319), gamma: try number("gamma", 1.05070102))
    case "Shrink": self = .shrink(lambda: try number("lambd", 0.5), bias: try number("bias", 0))
    case "Swish": self = .swish(alpha: try number("alpha", 1))
    case "ThresholdedRelu": self = .thresholdedRelu(alpha: try number("alpha", 1))
    default:
      guard let function = Self.plain[node.opType] else { return nil }
      self = function
    }
  }

  /// A function that an operator names by an attribute, with its parameters in the order alpha, beta; nil where there
  /// is no such function.
  init?(activation name: String, _ parameters: [Float], _ node: OperatorNode) throws {
    if name == "Clip" {
      guard parameters.count == 2 else { return nil }
      self = .clip(min: parameters[0], max: parameters[1])
      return
    }
    var plain = node.node
    plain.opType = name
    plain.attributes = zip(["alpha", "beta"], parameters).map { Attribute($0, .float($1)) }
    try self.init(OperatorNode(plain, opsetVersion: node.opsetVersion))
  }

  /// Functions without attributes.
  private static let plain: [String: Kernels.UnaryFunction] = [
    "Abs": .abs, "Acos": .acos, "Acosh": .acosh, "Asin": .asin, "Asinh": .asinh, "Atan": .atan,
    "Atanh": .atanh,
    "Ceil": .ceil, "Cos": .cos, "Cosh": .cosh, "Erf": .erf, "Exp": .exp, "Floor": .floor,
    "HardSwish": .hardSwish,
    "Log": .log, "Mish": .mish, "Neg": .neg, "Reciprocal": .reciprocal, "Relu": .relu, "Round": .round,
    "Sigmoid": .sigmoid, "Sign": .sign, "Sin": .sin, "Sinh": .sinh, "Softplus": .softplus,
    "Softsign": .softsign,
    "Sqrt": .sqrt, "Tan": .tan, "Tanh": .tanh,
  ]
}
