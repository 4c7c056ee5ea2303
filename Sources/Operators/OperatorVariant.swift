import GraphIR
import Kernels

/// Other operators on small integers, or with the channels last: ONNX `ConvInteger`, `MatMulInteger`, `QLinearConv` and
/// `QLinearMatMul` (opset 10), and what ONNX Runtime writes beside them (`QLinearAdd`, `QGemm`, `NhwcMaxPool`, …).
///
///     QLinearConv   y = quantise(Conv(dequantise(x), dequantise(w)) + B)
///     ConvInteger   y = Conv(x − zero of x, w − zero of w), in 32 bits
///
/// ## Shapes    those of the operator in floating point, with the channels moved to the end where a node says so
/// ## Channels  those of the operator in floating point, of the integers; scales and zero points for each channel go
///              along, and so do biases. All stay where scales have several axes, where integers without a known zero
///              point are read, and, with `DynamicQuantizeMatMul`, on A: every element has a say in its scale
/// ## Cost      that of the operator in floating point
/// - Throws: what that operator throws.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__QLinearConv.html>,
///   <https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md>
package struct OperatorVariant: ComposedOperator, ReadsIntegerWeights {
  private typealias Form = VariantForm

  private static let plainTypes: [String: any Operator.Type] = [
    "Add": NaryElementwise.self, "AveragePool": Pool.self, "Concat": Concat.self, "Conv": Conv.self,
    "FusedConv": FusedProduct.self, "Gemm": Gemm.self, "GlobalAveragePool": GlobalPool.self,
    "LeakyRelu": UnaryElementwise.self, "MatMul": MatMul.self, "MaxPool": Pool.self,
    "Mul": NaryElementwise.self, "ReduceMean": Reduce.self, "Sigmoid": UnaryElementwise.self,
    "Softmax": AxisMixing.self, "Where": Where.self,
  ]

  package static let identifiers: [OperatorIdentifier] = VariantForm.all.keys.sorted {
    ($0.domain, $0.name) < ($1.domain, $1.name)
  }

  private let form: Form
  private let name: String
  private let plain: any Operator
  private let isChannelsLast: Bool
  private let groups: Int
  private let kernelShape: [Int]?
  private let isRightTransposed: Bool

  package init(_ node: OperatorNode) throws {
    let identifier = OperatorIdentifier(node.opType, domain: node.node.canonicalDomain)
    guard let form = VariantForm.all[identifier], let type = Self.plainTypes[form.plain] else {
      preconditionFailure("the registry gave \(identifier) to OperatorVariant")
    }
    self.form = form
    name = identifier.domain.isEmpty ? node.opType : identifier.description
    // Softmax says itself which opset's rules it follows.
    let opset = form.plain == "Softmax" ? try node.int("opset") ?? 13 : 13
    plain = try type.init(node.asPlain(form.plain, opsetVersion: opset))
    isChannelsLast = try node.opType.hasPrefix("Nhwc") || node.int("channels_last") ?? 0 != 0
    groups = try node.int("group") ?? 1
    kernelShape = try node.ints("kernel_shape")
    isRightTransposed = try node.int("transB") ?? 0 != 0
  }

  /// Positions of the plain operator's inputs among `count` of the node's.
  private func operands(_ count: Int) -> [Int] {
    form.operands?.filter { $0 < count } ?? Array(stride(from: 2, to: count, by: 3))
  }

  // MARK: - As the plain operator sees it

  /// How the node looks to the plain operator.
  private func view(_ signature: Signature) -> OperandView {
    let positions = operands(signature.inputs.count)
    guard isChannelsLast else { return OperandView(inputs: positions) }
    func last(_ rank: Int?) -> [Int]? { rank.map { $0 < 3 ? Array(0..<$0) : [0, $0 - 1] + (1..<$0 - 1) } }
    let rank = signature.input(0)?.rank
    let axes = positions.map { position -> [Int]? in
      switch position {
      case 0: last(rank)
      case 1 where form.weightsFollow: weightLayout(signature) == .channelsLast ? last(rank) : nil
      // What FusedConv adds lies like the result.
      case 3 where form.plain == "FusedConv": last(signature.input(3)?.rank)
      default: nil
      }
    }
    return OperandView(inputs: positions, inputAxes: axes, outputAxes: [last(rank)])
  }

  private enum WeightLayout {
    case channelsFirst
    case channelsLast
    case either
  }

  /// ONNX Runtime's page says that NhwcConv has W [M, C/G, kH, kW]; its optimizer writes [M, kH, kW, C/G].
  private func weightLayout(_ signature: Signature) -> WeightLayout {
    guard let weight = signature.input(1)?.knownShape, weight.count >= 3,
      let channels = signature.input(0)?.dimension(-1)?.known, groups > 0
    else { return .either }
    func fits(_ share: Int, _ kernel: ArraySlice<Int>) -> Bool {
      share * groups == channels && (kernelShape.map { $0 == Array(kernel) } ?? true)
    }
    let isFirst = fits(weight[1], weight[2...])
    let isLast = fits(weight[weight.count - 1], weight[1..<weight.count - 1])
    return isFirst == isLast ? .either : isLast ? .channelsLast : .channelsFirst
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    let view = view(inputs.signature)
    var result =
      try plain.inferFacts(inputs.replacing(view.signature(inputs.signature).inputs)).first ?? .unknown
    if isChannelsLast { result.shape = result.shape.map(Self.channelsLast) }
    switch form.type {
    case .fixed(let type): result.elementType = type
    case .operand(let index): result.elementType = inputs[index]?.elementType
    case .operandOrFloat(let index): result.elementType = inputs[index].map(\.elementType) ?? .float
    }
    return [ValueFact(elementType: result.elementType, shape: result.shape)]
  }

  private static func channelsLast(_ shape: [Dimension]) -> [Dimension] {
    shape.count < 3 ? shape : [shape[0]] + shape[2...] + [shape[1]]
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    let signature = ties.signature
    guard !(form.weightsFollow && isChannelsLast && weightLayout(signature) == .either) else { return }
    let plainOperands = Set(operands(signature.inputs.count))
    let weights = integerWeights(signature)
    if let weights, let zero = weights.zero, let fact = signature.input(zero), fact.constant == nil {
      ties.pinAll(ties.axes(ofInput: weights.weight), "is stored as integers whose zero point is not known")
      return
    }
    let channels = weights.flatMap { signature.length(.input($0.weight, axis: $0.axis)) }
    for operand in signature.inputs.indices where !plainOperands.contains(operand) {
      if let fact = signature.input(operand), fact.rank == nil { return }
      let axes = ties.axes(ofInput: operand)
      if axes.allSatisfy({ signature.length($0) == 1 }) {
        for axis in axes { ties.free(axis) }
      } else if let weights, axes.count == 1, signature.length(axes[0]) == channels,
        operand == weights.scale || operand == weights.zero
      {
        ties.tie(axes[0], .input(weights.weight, axis: weights.axis))
        ties.accompany(axes[0])
      } else if operand == form.bias, axes.count == 1, let rank = signature.output(0)?.rank, rank > 0 {
        ties.tie(axes[0], .output(0, axis: rank - 1))
        ties.produce(axes[0], ranked: false)
      } else {
        // Everything that the node touches stays with it.
        ties.pin(axes[0], "has a scale or a zero point for each index")
        return
      }
    }
    ties.tie(as: plain, view(signature))
    if form.quantizesItself {
      ties.pinAll(ties.axes(ofInput: 0), "is quantised with a scale in which every element has a say")
    }
  }

  package func integerWeights(_ signature: Signature) -> IntegerWeights? {
    guard let weights = form.weights, let rank = signature.input(weights.weight)?.rank, rank > 0 else {
      return nil
    }
    func present(_ index: Int?) -> Int? { index.flatMap { signature.input($0) == nil ? nil : $0 } }
    let axis = form.plain == "Conv" ? 0 : isRightTransposed ? rank - 2 : rank - 1
    return IntegerWeights(
      weight: weights.weight, scale: present(weights.scale), zero: present(weights.zero), axis: max(axis, 0))
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? {
    // What integers stand for is not followed.
    guard form.isFloating else { return nil }
    let view = view(signature)
    return plain.constantChannel(
      self.operands(signature.inputs.count).map { operands.element($0) }, view.signature(signature))
  }

  package func cost(_ signature: Signature) -> Cost {
    let positions = operands(signature.inputs.count)
    var cost = plain.cost(
      Signature(inputs: positions.map { signature.input($0) }, outputs: signature.outputs))
    cost.parameterOperands = cost.parameterOperands.compactMap {
      positions.indices.contains($0) ? positions[$0] : nil
    }
    if let bias = form.bias { cost.parameterOperands.append(bias) }
    if isChannelsLast { cost.paper = nil }
    return cost
  }

  package func compose(_ chain: inout KernelChain, _ call: KernelCall) throws -> [KernelChain.Value?] {
    guard !isChannelsLast, let plain = plain as? any ComputableOperator else {
      throw KernelError("\(name) has no kernel")
    }
    return [try QuantizedForm(name, plain, call).compose(&chain)]
  }

  package func refit(_ edit: inout NodeEdit) throws { try edit.refit(as: plain, view(edit.before)) }
}
