import GraphIR

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The functions of one number that ONNX has, as what they do to a channel that is the same everywhere.
enum UnaryFunction {
  typealias Function = @Sendable (Double) -> Double
  /// Reads the attributes and gives the function.
  typealias Maker = @Sendable (OperatorNode) throws -> Function

  static func make(_ name: String, _ node: OperatorNode) throws -> Function? { try makers[name]?(node) }

  /// Operators of ONNX itself.
  static var names: [String] { (Array(activations.keys) + mathematics.keys).sorted() }

  /// Operators that ONNX Runtime adds.
  static let contributedNames = ["Gelu", "QuickGelu"]

  private static func plain(_ function: @escaping Function) -> Maker { { _ in function } }

  private static func attribute(_ name: String, _ node: OperatorNode, _ fallback: Float) throws -> Double {
    Double(try node.float(name) ?? fallback)
  }

  private static let makers: [String: Maker] = {
    var all = activations
    all.merge(mathematics) { first, _ in first }
    all["QuickGelu"] = { node in
      let alpha = try attribute("alpha", node, 1.702)
      return { $0 / (1 + exp(-alpha * $0)) }
    }
    return all
  }()

  private static let activations: [String: Maker] = [
    "Relu": plain { max($0, 0) },
    "LeakyRelu": { node in
      let alpha = try attribute("alpha", node, 0.01)
      return { $0 < 0 ? alpha * $0 : $0 }
    },
    "Elu": { node in
      let alpha = try attribute("alpha", node, 1)
      return { $0 < 0 ? alpha * (exp($0) - 1) : $0 }
    },
    "Selu": { node in
      let alpha = try attribute("alpha", node, 1.67326319217681884765625)
      let gamma = try attribute("gamma", node, 1.05070102214813232421875)
      return { gamma * ($0 <= 0 ? alpha * (exp($0) - 1) : $0) }
    },
    "Celu": { node in
      let alpha = try attribute("alpha", node, 1)
      return { max(0, $0) + min(0, alpha * (exp($0 / alpha) - 1)) }
    },
    "ThresholdedRelu": { node in
      let alpha = try attribute("alpha", node, 1)
      return { $0 > alpha ? $0 : 0 }
    },
    "Sigmoid": plain { 1 / (1 + exp(-$0)) },
    "HardSigmoid": { node in
      let alpha = try attribute("alpha", node, 0.2)
      let beta = try attribute("beta", node, 0.5)
      return { max(0, min(1, alpha * $0 + beta)) }
    },
    "HardSwish": plain { $0 * max(0, min(1, $0 / 6 + 0.5)) },
    "Swish": { node in
      let alpha = try attribute("alpha", node, 1)
      return { $0 / (1 + exp(-alpha * $0)) }
    },
    "Mish": plain { $0 * tanh(log1p(exp($0))) },
    "Gelu": { node in try node.string("approximate") == "tanh" ? tanhGelu : gelu },
    "Softplus": plain { log1p(exp($0)) },
    "Softsign": plain { $0 / (1 + abs($0)) },
    "Shrink": { node in
      let lambda = try attribute("lambd", node, 0.5)
      let bias = try attribute("bias", node, 0)
      return { $0 < -lambda ? $0 + bias : $0 > lambda ? $0 - bias : 0 }
    },
  ]

  private static let mathematics: [String: Maker] = [
    "Abs": plain { abs($0) },
    "Neg": plain { -$0 },
    "Floor": plain { $0.rounded(.down) },
    "Ceil": plain { $0.rounded(.up) },
    "Round": plain { $0.rounded(.toNearestOrEven) },
    "Sign": plain { $0 > 0 ? 1 : $0 < 0 ? -1 : 0 },
    "Reciprocal": plain { 1 / $0 },
    "Sqrt": plain { $0.squareRoot() },
    "Exp": plain { exp($0) },
    "Log": plain { log($0) },
    "Erf": plain { erf($0) },
    "Sin": plain { sin($0) },
    "Cos": plain { cos($0) },
    "Tan": plain { tan($0) },
    "Asin": plain { asin($0) },
    "Acos": plain { acos($0) },
    "Atan": plain { atan($0) },
    "Sinh": plain { sinh($0) },
    "Cosh": plain { cosh($0) },
    "Tanh": plain { tanh($0) },
    "Asinh": plain { asinh($0) },
    "Acosh": plain { acosh($0) },
    "Atanh": plain { atanh($0) },
    "Not": plain { $0 == 0 ? 1 : 0 },
    "IsNaN": plain { $0.isNaN ? 1 : 0 },
    "IsInf": { node in
      let positive = try node.int("detect_positive") ?? 1 != 0
      let negative = try node.int("detect_negative") ?? 1 != 0
      return { $0.isInfinite && ($0 > 0 ? positive : negative) ? 1 : 0 }
    },
    // Of integers; what the bits of a constant become depends on the type.
    "BitwiseNot": plain { _ in .nan },
  ]

  @Sendable static func gelu(_ x: Double) -> Double { 0.5 * x * (1 + erf(x / 2.0.squareRoot())) }

  @Sendable static func tanhGelu(_ x: Double) -> Double {
    let inner: Double = x + 0.044715 * x * x * x
    return 0.5 * x * (1 + tanh((2 / Double.pi).squareRoot() * inner))
  }
}
