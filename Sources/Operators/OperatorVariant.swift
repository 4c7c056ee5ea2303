import GraphIR
import Kernels

/// Other operators on small integers, or with the channels last: ONNX `ConvInteger`, `MatMulInteger`, `QLinearConv` and
/// `QLinearMatMul` (opset 10), and what ONNX Runtime writes beside them (`QLinearAdd`, `QGemm`, `NhwcMaxPool`, …).
///
///     QLinearConv   y = quantise(Conv(dequantise(x), dequantise(w)) + B)
///     ConvInteger   y = Conv(x − zero of x, w − zero of w), in 32 bits
///
/// ## Shapes    those of the operator in floating point, with the channels moved to the end where a node says so
/// ## Channels  all stay: integer weights are not ranked
/// ## Cost      that of the operator in floating point
/// - Throws: what that operator throws.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__QLinearConv.html>,
///   <https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md>
package struct OperatorVariant: ComposedOperator {
  /// Where the result's element type comes from.
  private enum TypeSource {
    case fixed(ElementType)
    case operand(Int)
    /// The operand where the node has it, or 32-bit floats.
    case operandOrFloat(Int)
  }

  /// How a variant is written in terms of the plain operator.
  private struct Form {
    let plain: String
    /// The inputs that are the plain operator's, in its order; nil for every third from 2 on.
    let operands: [Int]?
    let type: TypeSource

    init(_ plain: String, _ operands: [Int]?, _ type: TypeSource) {
      (self.plain, self.operands, self.type) = (plain, operands, type)
    }
  }

  private static let forms: [OperatorIdentifier: Form] = {
    var forms: [OperatorIdentifier: Form] = [
      OperatorIdentifier("ConvInteger"): Form("Conv", [0, 1], .fixed(.int32)),
      OperatorIdentifier("MatMulInteger"): Form("MatMul", [0, 1], .fixed(.int32)),
      OperatorIdentifier("QLinearConv"): Form("Conv", [0, 3, 8], .operand(7)),
      OperatorIdentifier("QLinearMatMul"): Form("MatMul", [0, 3], .operand(7)),
    ]
    let contributed = [
      "DynamicQuantizeMatMul": Form("MatMul", [0, 1], .operand(0)),
      "MatMulInteger16": Form("MatMul", [0, 1], .fixed(.int32)),
      "MatMulIntegerToFloat": Form("MatMul", [0, 1], .operand(2)),
      "NhwcConv": Form("Conv", [0, 1, 2], .operand(0)),
      "NhwcFusedConv": Form("Conv", [0, 1, 2], .operand(0)),
      "NhwcMaxPool": Form("MaxPool", [0], .operand(0)),
      "QGemm": Form("Gemm", [0, 3, 6], .operandOrFloat(8)),
      "QLinearAdd": Form("Add", [0, 3], .operand(0)),
      "QLinearAveragePool": Form("AveragePool", [0], .operand(0)),
      "QLinearConcat": Form("Concat", nil, .operand(1)),
      "QLinearConv": Form("Conv", [0, 3, 8], .operand(7)),
      "QLinearGlobalAveragePool": Form("GlobalAveragePool", [0], .operand(0)),
      "QLinearLeakyRelu": Form("LeakyRelu", [0], .operand(0)),
      "QLinearMul": Form("Mul", [0, 3], .operand(0)),
      "QLinearReduceMean": Form("ReduceMean", [0], .operand(0)),
      "QLinearSigmoid": Form("Sigmoid", [0], .operand(0)),
      "QLinearSoftmax": Form("Softmax", [0], .operand(0)),
      "QLinearWhere": Form("Where", [0, 1, 4], .operand(1)),
    ]
    for (name, form) in contributed { forms[.microsoft(name)] = form }
    return forms
  }()

  private static let plainTypes: [String: any Operator.Type] = [
    "Add": NaryElementwise.self, "AveragePool": Pool.self, "Concat": Concat.self, "Conv": Conv.self,
    "Gemm": Gemm.self, "GlobalAveragePool": GlobalPool.self, "LeakyRelu": UnaryElementwise.self,
    "MatMul": MatMul.self, "MaxPool": Pool.self, "Mul": NaryElementwise.self, "ReduceMean": Reduce.self,
    "Sigmoid": UnaryElementwise.self, "Softmax": AxisMixing.self, "Where": Where.self,
  ]

  package static let identifiers: [OperatorIdentifier] = forms.keys.sorted {
    ($0.domain, $0.name) < ($1.domain, $1.name)
  }

  private let form: Form
  private let name: String
  private let plain: any Operator
  private let isChannelsLast: Bool

  package init(_ node: OperatorNode) throws {
    let identifier = OperatorIdentifier(node.opType, domain: node.node.canonicalDomain)
    guard let form = Self.forms[identifier], let type = Self.plainTypes[form.plain] else {
      preconditionFailure("the registry gave \(identifier) to OperatorVariant")
    }
    self.form = form
    name = identifier.domain.isEmpty ? node.opType : identifier.description
    plain = try type.init(node.asPlain(form.plain))
    isChannelsLast = try node.opType.hasPrefix("Nhwc") || node.int("channels_last") ?? 0 != 0
  }

  /// Positions of the plain operator's inputs among `count` of the node's.
  private func operands(_ count: Int) -> [Int] {
    form.operands?.filter { $0 < count } ?? Array(stride(from: 2, to: count, by: 3))
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    var facts = operands(inputs.count).map { inputs[$0] }
    if isChannelsLast, var data = facts.first ?? nil {
      data.shape = data.shape.map(Self.channelsFirst)
      facts[0] = data
    }
    var result = try plain.inferFacts(inputs.replacing(facts)).first ?? .unknown
    if isChannelsLast { result.shape = result.shape.map(Self.channelsLast) }
    switch form.type {
    case .fixed(let type): result.elementType = type
    case .operand(let index): result.elementType = inputs[index]?.elementType
    case .operandOrFloat(let index): result.elementType = inputs[index].map(\.elementType) ?? .float
    }
    return [ValueFact(elementType: result.elementType, shape: result.shape)]
  }

  private static func channelsFirst(_ shape: [Dimension]) -> [Dimension] {
    shape.count < 3 ? shape : [shape[0], shape[shape.count - 1]] + shape[1..<shape.count - 1]
  }

  private static func channelsLast(_ shape: [Dimension]) -> [Dimension] {
    shape.count < 3 ? shape : [shape[0]] + shape[2...] + [shape[1]]
  }

  package func tieChannels(_ ties: inout ChannelTies) {}

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? { nil }

  package func cost(_ signature: Signature) -> Cost {
    let positions = operands(signature.inputs.count)
    var cost = plain.cost(
      Signature(inputs: positions.map { signature.input($0) }, outputs: signature.outputs))
    cost.parameterOperands = cost.parameterOperands.compactMap {
      positions.indices.contains($0) ? positions[$0] : nil
    }
    if isChannelsLast { cost.paper = nil }
    return cost
  }

  package func compose(_ chain: inout KernelChain, _ call: KernelCall) throws -> [KernelChain.Value?] {
    guard !isChannelsLast, let plain = plain as? any ComputableOperator else {
      throw KernelError("\(name) has no kernel")
    }
    return [try QuantizedForm(name, plain, call).compose(&chain)]
  }

  package func refit(_ edit: inout NodeEdit) throws {}
}
