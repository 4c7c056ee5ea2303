import GraphIR
import Kernels

/// A layer with the activation that follows it, ONNX Runtime's `FusedConv` and `FusedGemm`.
///
///     FusedConv  Y = f(Conv(X, W) + B + Z)        FusedGemm  Y = f(α·A′·B′ + β·C)
///
/// ## Shapes    those of ``Conv`` and ``Gemm``; Z like Y
/// ## Channels  those of ``Conv`` and ``Gemm``; Z₀≡Y₀, Z₁≡Y₁
/// ## Cost      that of ``Conv`` and ``Gemm``
/// - Throws: what ``Conv`` and ``Gemm`` throw.
/// - SeeAlso: <https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md>
package struct FusedProduct: ComposedOperator {
  package static let identifiers = ["FusedConv", "FusedGemm"].map(OperatorIdentifier.microsoft)

  private let product: any ComputableOperator
  /// Nil where the function is not known: it is still applied element by element.
  private let activation: UnaryFunction.Function?
  /// The same for kernels; nil where there is none.
  private let kernelFunction: Kernels.UnaryFunction?
  private let hasActivation: Bool
  /// The position of what is added before the activation.
  private let addend: Int?

  package init(_ node: OperatorNode) throws {
    if node.opType == "FusedConv" {
      product = try Conv(node)
      addend = 3
    } else {
      product = try Gemm(node)
      addend = nil
    }
    activation = try Self.activation(node)
    hasActivation = try !(node.string("activation") ?? "").isEmpty
    kernelFunction = try Self.kernelFunction(node)
  }

  private static func activation(_ node: OperatorNode) throws -> UnaryFunction.Function? {
    guard let name = try node.string("activation"), !name.isEmpty else { return { $0 } }
    let named = try [node.float("activation_alpha"), node.float("activation_beta")]
    let parameters = try node.floats("activation_params") ?? named.compactMap(\.self)
    if name == "Clip" {
      guard parameters.count == 2 else { return nil }
      let (low, high) = (Double(parameters[0]), Double(parameters[1]))
      return { min(max($0, low), high) }
    }
    var plain = node.node
    plain.attributes = zip(["alpha", "beta"], parameters).map { Attribute($0, .float($1)) }
    return try UnaryFunction.make(name, OperatorNode(plain, opsetVersion: node.opsetVersion))
  }

  private static func kernelFunction(_ node: OperatorNode) throws -> Kernels.UnaryFunction? {
    guard let name = try node.string("activation") else { return nil }
    let named = try [node.float("activation_alpha"), node.float("activation_beta")]
    return try Kernels.UnaryFunction(
      activation: name, node.floats("activation_params") ?? named.compactMap(\.self), node)
  }

  private func hasAddend(_ signature: Signature) -> Bool {
    addend.map { signature.input($0) != nil } ?? false
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] { try product.inferFacts(inputs) }

  package func tieChannels(_ ties: inout ChannelTies) {
    product.tieChannels(&ties)
    guard let addend, hasAddend(ties.signature) else { return }
    for axis in 0..<2 { ties.tieBroadcast([.input(addend, axis: axis)], to: .output(0, axis: axis)) }
    ties.pinAll(ties.axes(ofInput: addend, from: 2), "is added to a map of the same extent")
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? {
    let added: Double? = hasAddend(signature) ? operands.element(addend ?? 0) : 0
    guard let activation, let value = product.constantChannel(operands, signature), let added else {
      return nil
    }
    return Double?(activation(value + added)).roundedToFloat
  }

  package func cost(_ signature: Signature) -> Cost { product.cost(signature) }

  package func compose(_ chain: inout KernelChain, _ call: KernelCall) throws -> [KernelChain.Value?] {
    guard let result = try chain.run(product.kernels(call), chain.inputs).first ?? nil else {
      throw KernelError("the product gives nothing")
    }
    var y = result
    if let addend, let z = chain.optionalInput(addend) { y = try chain.combine(.add, y, z) }
    guard hasActivation else { return [y] }
    guard let kernelFunction else { throw KernelError("its activation has no kernel") }
    return [try chain.apply(kernelFunction, y)]
  }

  package func refit(_ edit: inout NodeEdit) throws { try product.refit(&edit) }
}
