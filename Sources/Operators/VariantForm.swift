import GraphIR

/// How an operator of ``OperatorVariant`` is written in terms of the plain one.
struct VariantForm: Sendable {
  /// Where the result's element type comes from.
  enum TypeSource: Sendable {
    case fixed(ElementType)
    case operand(Int)
    /// The operand where the node has it, or 32-bit floats.
    case operandOrFloat(Int)
  }

  /// Which inputs are weights, their scale and their zero point.
  typealias Weights = (weight: Int, scale: Int?, zero: Int?)

  let plain: String
  /// The inputs that are the plain operator's, in its order; nil for every third from 2 on.
  let operands: [Int]?
  let type: TypeSource
  let weights: Weights?
  /// An input that is added along the last axis, which the plain operator does not have.
  let bias: Int?
  /// The operator finds the scale of its first input itself, from all of its elements.
  let quantizesItself: Bool
  /// The operator computes with floating-point numbers.
  let isFloating: Bool
  /// The weights may lie with their channels last, as the data do.
  let weightsFollow: Bool

  private init(
    _ plain: String, _ operands: [Int]?, _ type: TypeSource, weights: Weights? = nil, bias: Int? = nil,
    quantizesItself: Bool = false, isFloating: Bool = false, weightsFollow: Bool = false
  ) {
    (self.plain, self.operands, self.type, self.weights) = (plain, operands, type, weights)
    (self.bias, self.quantizesItself) = (bias, quantizesItself)
    (self.isFloating, self.weightsFollow) = (isFloating, weightsFollow)
  }

  static let all: [OperatorIdentifier: VariantForm] = {
    let convolution = VariantForm("Conv", [0, 3, 8], .operand(7), weights: (3, 4, 5))
    var forms: [OperatorIdentifier: VariantForm] = [
      OperatorIdentifier("ConvInteger"): VariantForm(
        "Conv", [0, 1], .fixed(.int32), weights: (1, nil, 3)),
      OperatorIdentifier("MatMulInteger"): VariantForm(
        "MatMul", [0, 1], .fixed(.int32), weights: (1, nil, 3)),
      OperatorIdentifier("QLinearConv"): convolution,
      OperatorIdentifier("QLinearMatMul"): VariantForm(
        "MatMul", [0, 3], .operand(7), weights: (3, 4, 5)),
    ]
    let contributed = [
      "DynamicQuantizeMatMul": VariantForm(
        "MatMul", [0, 1], .operand(0), weights: (1, 2, 3), bias: 4, quantizesItself: true),
      "MatMulInteger16": VariantForm("MatMul", [0, 1], .fixed(.int32), weights: (1, nil, nil)),
      "MatMulIntegerToFloat": VariantForm(
        "MatMul", [0, 1], .operand(2), weights: (1, 3, 5), bias: 6),
      "NhwcConv": VariantForm("Conv", [0, 1, 2], .operand(0), isFloating: true, weightsFollow: true),
      "NhwcFusedConv": VariantForm("FusedConv", [0, 1, 2, 3], .operand(0), isFloating: true),
      "NhwcMaxPool": VariantForm("MaxPool", [0], .operand(0), isFloating: true),
      "QGemm": VariantForm("Gemm", [0, 3, 6], .operandOrFloat(8), weights: (3, 4, 5)),
      "QLinearAdd": VariantForm("Add", [0, 3], .operand(0)),
      "QLinearAveragePool": VariantForm("AveragePool", [0], .operand(0)),
      "QLinearConcat": VariantForm("Concat", nil, .operand(1)),
      "QLinearConv": convolution,
      "QLinearGlobalAveragePool": VariantForm("GlobalAveragePool", [0], .operand(0)),
      "QLinearLeakyRelu": VariantForm("LeakyRelu", [0], .operand(0)),
      "QLinearMul": VariantForm("Mul", [0, 3], .operand(0)),
      "QLinearReduceMean": VariantForm("ReduceMean", [0], .operand(0)),
      "QLinearSigmoid": VariantForm("Sigmoid", [0], .operand(0)),
      "QLinearSoftmax": VariantForm("Softmax", [0], .operand(0)),
      "QLinearWhere": VariantForm("Where", [0, 1, 4], .operand(1)),
    ]
    for (name, form) in contributed { forms[.microsoft(name)] = form }
    return forms
  }()
}
