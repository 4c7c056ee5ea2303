import GraphIR
import Operators

extension OperatorRun {
  /// At least one case for every operator that adopts `ComputableOperator`.
  package static var all: [OperatorRun] {
    unary + nary + reductions + places + indices + layers + normalizations + quantization + contributed
      + stopped
  }

  private static func ints(_ name: String, _ values: [Int64]) -> Attribute { Attribute(name, .ints(values)) }

  private static func int(_ name: String, _ value: Int64) -> Attribute { Attribute(name, .int(value)) }

  private static func text(_ name: String, _ value: String) -> Attribute {
    Attribute(name, .string(Array(value.utf8)))
  }

  // MARK: - Elementwise

  private static var unary: [OperatorRun] {
    let ranges: [String: ClosedRange<Float>] = [
      "Acosh": 1.5...3, "Log": 0.5...2, "Sqrt": 0.5...2, "Reciprocal": 0.5...2, "Acos": -0.8...0.8,
      "Asin": -0.8...0.8, "Atanh": -0.8...0.8,
    ]
    let names = [
      "Abs", "Acos", "Acosh", "Asin", "Asinh", "Atan", "Atanh", "Ceil", "Celu", "Cos", "Cosh", "Elu", "Erf",
      "Exp",
      "Floor", "Gelu", "HardSigmoid", "HardSwish", "LeakyRelu", "Log", "Mish", "Neg", "Reciprocal", "Relu",
      "Round",
      "Selu", "Shrink", "Sigmoid", "Sign", "Sin", "Sinh", "Softplus", "Softsign", "Sqrt", "Swish", "Tan",
      "Tanh",
      "ThresholdedRelu", "Identity",
    ]
    return names.map { OperatorRun($0, [.drawn([2, 3, 4], ranges[$0] ?? -2...2)], opset: 24) } + [
      OperatorRun("IsNaN", [.drawn([2, 3])], can: .runs),
      OperatorRun("IsInf", [.drawn([2, 3])], can: .runs),
      OperatorRun("Not", [.truths([2, 2], [true, false, false, true])], can: .runs),
      OperatorRun("BitwiseNot", [.bytes([2, 2], [0, 1, 128, 255])], can: .runs),
      OperatorRun("Clip", [.drawn([2, 3], -2...2), .floats([], [-0.7]), .floats([], [1.3])]),
      OperatorRun("Cast", [.drawn([2, 3])], [int("to", 1)]),
      OperatorRun("CastLike", [.drawn([2, 3]), .floats([1], [0])]),
      OperatorRun("Dropout", [.drawn([2, 3]), .floats([], [0])]),
    ]
  }

  private static var nary: [OperatorRun] {
    let floats = ["Add", "Sub", "Mul", "Div", "Max", "Min", "Mean", "Sum"].map {
      OperatorRun($0, [.drawn([2, 3, 4]), .drawn([3, 1], 0.5...2)])
    }
    let comparisons = ["Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual"].map {
      OperatorRun($0, [.drawn([2, 3]), .drawn([3])], can: .runs)
    }
    let logic = ["And", "Or", "Xor"].map {
      OperatorRun(
        $0, [.truths([2, 2], [true, false, false, true]), .truths([2], [true, false])], can: .runs)
    }
    let bits = ["BitwiseAnd", "BitwiseOr", "BitwiseXor"].map {
      OperatorRun($0, [.bytes([2, 2], [1, 2, 130, 255]), .bytes([2], [3, 254])], can: .runs)
    }
    return floats + comparisons + logic + bits + [
      OperatorRun("Pow", [.drawn([2, 3], 0.5...2), .drawn([3])]),
      OperatorRun("Mod", [.drawn([2, 3]), .floats([], [0.7])], [int("fmod", 1)]),
      OperatorRun(
        "BitShift", [.bytes([3], [1, 130, 255]), .bytes([], [1])], [text("direction", "LEFT")], can: .runs),
      OperatorRun(
        "Where", [.truths([2, 3], [true, false, true, false, true, false]), .drawn([2, 3]), .drawn([3])]),
      OperatorRun("PRelu", [.drawn([2, 3, 4]), .drawn([3, 1])]),
      OperatorRun("PRelu", [.drawn([2, 3, 4]), .drawn([3])], opset: 6),
      OperatorRun(
        "Add", [.drawn([2, 3, 4]), .drawn([3])], [int("broadcast", 1), int("axis", 1)], opset: 6),
      OperatorRun("SwiGLU", [.drawn([2, 3]), .drawn([2, 3])], opset: 28),
    ]
  }

  private static var reductions: [OperatorRun] {
    let names = ["Sum", "Mean", "Max", "Min", "Prod", "L1", "L2", "SumSquare", "LogSum", "LogSumExp"]
    return names.map {
      OperatorRun("Reduce\($0)", [.drawn([2, 3, 4], 0.5...2), .integers([2], [0, 2])])
    } + [
      OperatorRun("ReduceSum", [.integers([2, 2], [1, 2, 3, 4]), .integers([1], [1])], can: .runs),
      OperatorRun("ArgMax", [.drawn([2, 3])], [int("axis", 1)], can: .runs),
      OperatorRun("ArgMin", [.drawn([2, 3])], [int("axis", 1), int("keepdims", 0)], can: .runs),
      OperatorRun("TopK", [.drawn([2, 5]), .integers([1], [3])], outputs: 2, can: .runs),
      OperatorRun("CumSum", [.drawn([2, 5]), .integers([], [1])], [int("exclusive", 1)]),
      OperatorRun("CumProd", [.drawn([2, 5]), .integers([], [1])], opset: 26, can: .runs),
      OperatorRun("Einsum", [.drawn([2, 3, 4]), .drawn([2, 4, 5])], [text("equation", "bij,bjk->bik")]),
      OperatorRun("Einsum", [.drawn([3, 3, 4]), .drawn([4])], [text("equation", "iij,j->i")]),
    ]
  }

  // MARK: - Places

  private static var places: [OperatorRun] {
    [
      OperatorRun("Concat", [.drawn([2, 3]), .drawn([2, 1])], [int("axis", 1)]),
      OperatorRun("Split", [.drawn([2, 5]), .integers([2], [2, 3])], [int("axis", 1)], outputs: 2),
      OperatorRun(
        "Slice",
        [
          .drawn([4, 5]), .integers([1], [-1]), .integers([1], [-9]), .integers([1], [1]),
          .integers([1], [-2]),
        ]),
      OperatorRun("Reshape", [.drawn([2, 6]), .integers([2], [-1, 3])]),
      OperatorRun("Flatten", [.drawn([2, 3, 4])], [int("axis", 2)]),
      OperatorRun("Squeeze", [.drawn([2, 1, 3]), .integers([1], [1])]),
      OperatorRun("Unsqueeze", [.drawn([2, 3]), .integers([1], [1])]),
      OperatorRun("Transpose", [.drawn([2, 3, 4])], [ints("perm", [2, 0, 1])]),
      OperatorRun("Expand", [.drawn([3, 1]), .integers([3], [2, 1, 4])]),
      OperatorRun("Tile", [.drawn([2, 3]), .integers([2], [2, 3])]),
      OperatorRun("Pad", [.drawn([3, 4]), .integers([4], [1, 0, 2, 1]), .floats([], [0.5])]),
      OperatorRun("Pad", [.drawn([3, 4]), .integers([4], [1, 0, 2, 1])], [text("mode", "reflect")]),
      OperatorRun("CenterCropPad", [.drawn([3, 6]), .integers([2], [5, 3])]),
      OperatorRun("DepthToSpace", [.drawn([1, 8, 2, 3])], [int("blocksize", 2), text("mode", "CRD")]),
      OperatorRun("SpaceToDepth", [.drawn([1, 2, 4, 6])], [int("blocksize", 2)]),
      OperatorRun("Trilu", [.drawn([2, 3, 4]), .integers([], [1])]),
      OperatorRun("ReverseSequence", [.drawn([4, 2, 3]), .integers([2], [3, 4])]),
      OperatorRun("Range", [.integers([], [2]), .integers([], [9]), .integers([], [3])], can: .runs),
      OperatorRun("ConstantOfShape", [.integers([2], [2, 3])], can: .runs),
      OperatorRun("EyeLike", [.drawn([3, 4])], [int("k", 1)], can: .runs),
      OperatorRun(
        "Resize", [.drawn([1, 2, 3, 4]), .omitted, .floats([4], [1, 1, 2, 1.5])], [text("mode", "linear")]),
      OperatorRun(
        "Resize", [.drawn([1, 1, 6, 8]), .omitted, .omitted, .integers([4], [1, 1, 5, 3])],
        [text("mode", "cubic"), int("antialias", 1)]),
      OperatorRun("Upsample", [.drawn([1, 2, 3, 4]), .floats([4], [1, 1, 2, 3])], opset: 9),
      OperatorRun("GridSample", [.drawn([1, 2, 3, 4]), .drawn([1, 2, 2, 2])], can: .runs),
      OperatorRun("AffineGrid", [.drawn([1, 2, 3]), .integers([4], [1, 2, 3, 4])]),
      OperatorRun(
        "RoiAlign", [.drawn([1, 2, 6, 6]), .floats([1, 4], [1, 1, 4, 5]), .integers([1], [0])],
        [int("output_height", 2), int("output_width", 2)], can: .runs),
    ]
  }

  private static var indices: [OperatorRun] {
    ["none", "add"].map { reduction in
      OperatorRun(
        "ScatterElements", [.drawn([3, 3]), .integers([2, 2], [0, 2, 1, 0]), .drawn([2, 2])],
        [text("reduction", reduction), int("axis", 1)])
    } + [
      OperatorRun("Scatter", [.drawn([3, 3]), .integers([1, 2], [0, 2]), .drawn([1, 2])], opset: 9),
      OperatorRun("ScatterND", [.drawn([4, 3]), .integers([2, 1], [1, 3]), .drawn([2, 3])]),
      OperatorRun("Gather", [.drawn([4, 3]), .integers([2, 2], [0, 3, 1, 0])]),
      OperatorRun("GatherElements", [.drawn([3, 3]), .integers([2, 3], [0, 2, 1, 0, 0, 2])]),
      OperatorRun("GatherND", [.drawn([3, 4, 2]), .integers([2, 2], [0, 1, 2, 3])]),
      OperatorRun(
        "OneHot", [.integers([3], [0, 2, -1]), .integers([], [4]), .floats([2], [0, 1])], can: .runs),
      OperatorRun(
        "NegativeLogLikelihoodLoss", [.drawn([3, 4]), .integers([3], [0, 3, 1]), .drawn([4], 0.5...2)]),
      OperatorRun(
        "SoftmaxCrossEntropyLoss", [.drawn([3, 4]), .integers([3], [0, -1, 1])], [int("ignore_index", -1)]),
      OperatorRun(
        "If", [.truths([], [true]), .drawn([2, 3]), .drawn([2, 3])]),
    ]
  }

  // MARK: - Layers

  private static var layers: [OperatorRun] {
    let (x, q) = (Operand.drawn([3, 2, 4]), Operand.drawn([1, 2, 3, 4]))
    return [
      OperatorRun(
        "Conv", [.drawn([2, 3, 5, 5]), .drawn([4, 3, 3, 3]), .drawn([4])], [ints("pads", [1, 1, 1, 1])]),
      OperatorRun(
        "ConvTranspose", [.drawn([1, 4, 3, 3]), .drawn([4, 2, 3, 3]), .drawn([2])],
        [ints("strides", [2, 2]), ints("pads", [1, 1, 1, 1]), ints("output_padding", [1, 1])]),
      OperatorRun(
        "Gemm", [.drawn([3, 2]), .drawn([4, 3]), .drawn([4])], [int("transA", 1), int("transB", 1)]),
      OperatorRun("MatMul", [.drawn([2, 3, 4]), .drawn([4, 5])]),
      OperatorRun("MatMul", [.drawn([4]), .drawn([2, 4, 5])]),
      OperatorRun(
        "MaxPool", [.drawn([1, 2, 6, 6])], [ints("kernel_shape", [2, 2]), ints("strides", [2, 2])]),
      OperatorRun("MaxPool", [.drawn([1, 2, 6, 6])], [ints("kernel_shape", [3, 3])], outputs: 2),
      OperatorRun(
        "MaxUnpool", [.drawn([1, 1, 2, 2]), .integers([1, 1, 2, 2], [0, 3, 8, 15])],
        [ints("kernel_shape", [2, 2]), ints("strides", [2, 2])]),
      OperatorRun("AveragePool", [.drawn([1, 2, 6, 6])], [ints("kernel_shape", [3, 3])]),
      OperatorRun(
        "AveragePool", [.drawn([1, 2, 6, 6])],
        [
          ints("kernel_shape", [3, 3]), ints("strides", [2, 2]), ints("pads", [1, 1, 1, 1]),
          int("ceil_mode", 1),
          int("count_include_pad", 1),
        ]),
      OperatorRun("LpPool", [.drawn([1, 2, 6, 6], 0.5...2)], [ints("kernel_shape", [2, 2])]),
      OperatorRun("GlobalAveragePool", [.drawn([2, 3, 4, 4])]),
      OperatorRun("GlobalMaxPool", [.drawn([2, 3, 4, 4])]),
      OperatorRun("GlobalLpPool", [.drawn([2, 3, 4, 4], 0.5...2)]),
      OperatorRun(
        "LSTM", [x, .drawn([2, 12, 4]), .drawn([2, 12, 3]), .drawn([2, 24])],
        [int("hidden_size", 3), text("direction", "bidirectional")], outputs: 3),
      OperatorRun(
        "GRU", [x, .drawn([1, 9, 4]), .drawn([1, 9, 3]), .drawn([1, 18])],
        [int("hidden_size", 3), int("linear_before_reset", 1)], outputs: 2),
      OperatorRun(
        "RNN", [x, .drawn([1, 3, 4]), .drawn([1, 3, 3])],
        [int("hidden_size", 3), text("direction", "reverse")],
        outputs: 2),
      OperatorRun(
        "Attention", [q, .drawn([1, 2, 5, 4]), .drawn([1, 2, 5, 3]), .drawn([3, 5])], opset: 23),
      OperatorRun(
        "Attention", [.drawn([1, 3, 8]), .drawn([1, 3, 4]), .drawn([1, 3, 4])],
        [int("q_num_heads", 2), int("kv_num_heads", 1), int("is_causal", 1)], opset: 23),
      OperatorRun("RotaryEmbedding", [q, .drawn([1, 3, 2]), .drawn([1, 3, 2])], opset: 23),
    ]
  }

  private static var normalizations: [OperatorRun] {
    let (x, c) = (Operand.drawn([2, 4, 3, 3]), Operand.drawn([4], 0.5...2))
    return [
      OperatorRun(
        "BatchNormalization",
        [x, c, .drawn([4]), .floats([4], [0.1, -0.2, 0.3, 0]), .floats([4], [1, 0.5, 2, 1.5])]),
      OperatorRun("LayerNormalization", [.drawn([2, 3, 4]), c, .drawn([4])]),
      OperatorRun("RMSNormalization", [.drawn([2, 3, 4]), c], opset: 23),
      OperatorRun("SimplifiedLayerNormalization", [.drawn([2, 3, 4]), c]),
      OperatorRun("GroupNormalization", [x, c, .drawn([4])], [int("num_groups", 2)]),
      OperatorRun("InstanceNormalization", [x, c, .drawn([4])]),
      OperatorRun("LRN", [x], [int("size", 3)]),
      OperatorRun("LpNormalization", [x], [int("axis", 1)]),
      OperatorRun("MeanVarianceNormalization", [x], can: .runs),
      OperatorRun("Softmax", [.drawn([2, 3, 4])]),
      OperatorRun("Softmax", [.drawn([2, 3, 4])], opset: 11),
      OperatorRun("LogSoftmax", [.drawn([2, 3, 4])], [int("axis", 1)]),
      OperatorRun("Hardmax", [.drawn([2, 3, 4])], can: .runs),
    ]
  }

  private static var quantization: [OperatorRun] {
    let bytes = Operand.bytes([2, 3], [0, 10, 128, 200, 255, 3])
    let (scale, zero) = (Operand.floats([], [0.1]), Operand.bytes([], [128]))
    let image = Operand.bytes([1, 1, 3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9])
    let filter = Operand.bytes([1, 1, 2, 2], [1, 2, 3, 4])
    return [
      OperatorRun("QuantizeLinear", [.drawn([2, 3]), scale, zero], can: .runs),
      OperatorRun("DequantizeLinear", [bytes, scale, zero], can: .runs),
      OperatorRun("DynamicQuantizeLinear", [.drawn([2, 3])], outputs: 3, can: .runs),
      OperatorRun("MatMulInteger", [bytes, .bytes([3, 1], [1, 2, 3]), zero], can: .runs),
      OperatorRun("ConvInteger", [image, filter, .bytes([], [1])], can: .runs),
      OperatorRun(
        "QLinearMatMul", [bytes, scale, zero, .bytes([3, 1], [1, 2, 3]), scale, zero, scale, zero], can: .runs
      ),
      OperatorRun("QLinearConv", [image, scale, zero, filter, scale, zero, scale, zero], can: .runs),
      OperatorRun("QuantizeLinear", [.drawn([2, 3]), scale, zero], domain: "com.microsoft", can: .runs),
      OperatorRun("DequantizeLinear", [bytes, scale, zero], domain: "com.microsoft", can: .runs),
    ]
  }

  // MARK: - ONNX Runtime's

  private static var contributed: [OperatorRun] {
    let (x, c) = (Operand.drawn([2, 3, 4]), Operand.drawn([4]))
    let image: [Operand] = [.drawn([1, 2, 4, 4]), .drawn([3, 2, 3, 3]), .drawn([3])]
    let domain = "com.microsoft"
    return [
      OperatorRun("Gelu", [x], domain: domain), OperatorRun("QuickGelu", [x], domain: domain),
      OperatorRun("BiasGelu", [x, c], domain: domain), OperatorRun("FastGelu", [x, c], domain: domain),
      OperatorRun(
        "FusedMatMul", [x, .drawn([5, 4])], [int("transB", 1), Attribute("alpha", .float(0.5))],
        domain: domain),
      OperatorRun("TransposeMatMul", [x, .drawn([5, 4])], [int("transB", 1)], domain: domain),
      OperatorRun(
        "FusedConv", image + [.drawn([1, 3, 2, 2])], [text("activation", "Sigmoid")], domain: domain),
      OperatorRun(
        "FusedGemm", [.drawn([2, 3]), .drawn([3, 4]), c], [text("activation", "Tanh")], domain: domain),
      OperatorRun("SkipLayerNormalization", [x, x, c, c, c], domain: domain),
      OperatorRun("SkipSimplifiedLayerNormalization", [x, x, c], domain: domain),
      OperatorRun(
        "GroupNorm", [.drawn([1, 3, 3, 4]), c, c], [int("groups", 2), int("activation", 1)], domain: domain),
      OperatorRun(
        "RotaryEmbedding",
        [.drawn([1, 2, 3, 4]), .integers([1, 3], [0, 1, 2]), .drawn([4, 2]), .drawn([4, 2])],
        domain: domain),
      OperatorRun("MultiHeadAttention", [x, x, x, .drawn([12])], [int("num_heads", 2)], domain: domain),
      OperatorRun(
        "Attention", [x, .drawn([4, 12]), .drawn([12])], [int("num_heads", 2), int("unidirectional", 1)],
        domain: domain),
      OperatorRun("GridSample", [.drawn([1, 2, 3, 4]), .drawn([1, 2, 2, 2])], domain: domain, can: .runs),
      OperatorRun("Trilu", [x], domain: domain),
    ]
  }

  /// Members of families that run, which have no form that does.
  private static var stopped: [OperatorRun] {
    let x = Operand.drawn([2, 3, 4, 4])
    let plain = [
      "Bernoulli", "RandomNormalLike", "RandomUniformLike",
    ].map { OperatorRun($0, [x, .integers([], [0])], can: .stops) }
    let quantised = [
      "BiasSoftmax", "DynamicQuantizeMatMul", "GroupQueryAttention", "MatMulInteger16",
      "MatMulIntegerToFloat", "NhwcConv",
      "NhwcFusedConv", "QGemm", "QLinearAdd", "QLinearAveragePool", "QLinearConcat", "QLinearConv",
      "QLinearGlobalAveragePool", "QLinearLeakyRelu", "QLinearMul", "QLinearReduceMean", "QLinearSigmoid",
      "QLinearSoftmax", "QLinearWhere", "SkipGroupNorm", "NhwcMaxPool",
    ].map { OperatorRun($0, [x, x, x, x, x, x, x, x], domain: "com.microsoft", can: .stops) }
    return plain + quantised + [
      OperatorRun(
        "MaxRoiPool", [x, .floats([1, 5], [0, 0, 0, 1, 1])], [ints("pooled_shape", [1, 1])], can: .stops),
      OperatorRun("Multinomial", [.drawn([2, 3])], can: .stops),
      OperatorRun("RandomNormal", [], [ints("shape", [2])], can: .stops),
      OperatorRun("RandomUniform", [], [ints("shape", [2])], can: .stops),
      OperatorRun("Loop", [.integers([], [1])], can: .stops), OperatorRun("Scan", [x], can: .stops),
      OperatorRun("SequenceMap", [x], can: .stops),
    ]
  }
}
