/// The functions of one float that ONNX has, with their attributes.
package enum UnaryFunction: Sendable, Hashable {
  case abs
  case acos
  case acosh
  case asin
  case asinh
  case atan
  case atanh
  case ceil
  /// max(x, 0) + min(0, α·(e^(x/α) − 1))
  case celu(alpha: Float)
  /// min(max(x, low), high): `Clip`, `HardTanh`, ReLU6
  case clip(min: Float, max: Float)
  case cos
  case cosh
  /// x, or α·(eˣ − 1) where x < 0
  case elu(alpha: Float)
  case erf
  case exp
  case floor
  /// x·Φ(x)
  case gelu
  /// x/2 · (1 + tanh(√(2/π)·(x + 0.044715·x³)))
  case tanhGelu
  /// max(0, min(1, α·x + β))
  case hardSigmoid(alpha: Float, beta: Float)
  /// x · max(0, min(1, x/6 + 1/2))
  case hardSwish
  /// x, or α·x where x < 0
  case leakyRelu(alpha: Float)
  case log
  /// x · tanh(log(1 + eˣ))
  case mish
  case neg
  case reciprocal
  case relu
  /// To the nearest integer, halves to the even one.
  case round
  /// γ·x, or γ·α·(eˣ − 1) where x ≤ 0
  case selu(alpha: Float, gamma: Float)
  /// x + bias where x < −λ, x − bias where x > λ, otherwise 0
  case shrink(lambda: Float, bias: Float)
  case sigmoid
  case sign
  case sin
  case sinh
  /// log(1 + eˣ)
  case softplus
  /// x / (1 + |x|)
  case softsign
  case sqrt
  /// x / (1 + e^(−α·x))
  case swish(alpha: Float)
  case tan
  case tanh
  /// x where x > α, otherwise 0
  case thresholdedRelu(alpha: Float)

  var implementation: any UnaryFloatFunction {
    switch self {
    case .abs: AbsoluteValue()
    case .acos: ArcCosine()
    case .acosh: HyperbolicAreaCosine()
    case .asin: ArcSine()
    case .asinh: HyperbolicAreaSine()
    case .atan: ArcTangent()
    case .atanh: HyperbolicAreaTangent()
    case .ceil: Ceiling()
    case .celu(let alpha): Celu(alpha: alpha)
    case .clip(let min, let max): Clip(low: min, high: max)
    case .cos: Cosine()
    case .cosh: HyperbolicCosine()
    case .elu(let alpha): Elu(alpha: alpha)
    case .erf: ErrorFunction()
    case .exp: Exponential()
    case .floor: Floor()
    case .gelu: Gelu()
    case .tanhGelu: TanhGelu()
    case .hardSigmoid(let alpha, let beta): HardSigmoid(alpha: alpha, beta: beta)
    case .hardSwish: HardSwish()
    case .leakyRelu(let alpha): LeakyRelu(alpha: alpha)
    case .log: Logarithm()
    case .mish: Mish()
    case .neg: Negation()
    case .reciprocal: Reciprocal()
    case .relu: Relu()
    case .round: Rounding()
    case .selu(let alpha, let gamma): Selu(alpha: alpha, gamma: gamma)
    case .shrink(let lambda, let bias): Shrink(lambda: lambda, bias: bias)
    case .sigmoid: Sigmoid()
    case .sign: Signum()
    case .sin: Sine()
    case .sinh: HyperbolicSine()
    case .softplus: Softplus()
    case .softsign: Softsign()
    case .sqrt: SquareRoot()
    case .swish(let alpha): Swish(alpha: alpha)
    case .tan: Tangent()
    case .tanh: HyperbolicTangent()
    case .thresholdedRelu(let alpha): ThresholdedRelu(alpha: alpha)
    }
  }
}
