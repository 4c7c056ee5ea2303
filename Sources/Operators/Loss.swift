import GraphIR
import Kernels

/// How far scores are from labels, ONNX `NegativeLogLikelihoodLoss` and `SoftmaxCrossEntropyLoss` (opset 12 and later).
///
///     loss[n,…] = −weight[target] · input[n, target[n,…], …]      after a logarithmic softmax in the second
///
/// ## Shapes    input [N, C, …], target [N, …], weight [C]; the loss like target, or a scalar if it is reduced; log_prob
///              like input
/// ## Channels  all stay: labels count classes
/// ## Cost      none
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__SoftmaxCrossEntropyLoss.html>
package struct Loss: ComposedOperator {
  package static let identifiers = [
    OperatorIdentifier("NegativeLogLikelihoodLoss"), OperatorIdentifier("SoftmaxCrossEntropyLoss"),
  ]

  private let reduction: String
  private let ignoredLabel: Int?
  private let takesSoftmax: Bool

  private var isReduced: Bool { reduction != "none" }

  package init(_ node: OperatorNode) throws {
    reduction = try node.string("reduction") ?? "mean"
    ignoredLabel = try node.int("ignore_index")
    takesSoftmax = node.opType == "SoftmaxCrossEntropyLoss"
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    let scores = ValueFact(elementType: inputs[0]?.elementType, shape: inputs[0]?.shape)
    var shape = inputs[1]?.shape
    if shape == nil, let known = scores.shape, known.count >= 2 { shape = [known[0]] + known[2...] }
    return [ValueFact(elementType: scores.elementType, shape: isReduced ? [] : shape), scores]
  }

  package func tieChannels(_ ties: inout ChannelTies) {}

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? { nil }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func compose(_ chain: inout KernelChain, _ call: KernelCall) throws -> [KernelChain.Value?] {
    var scores = try chain.input(0)
    let target = try chain.input(1)
    guard scores.rank >= 2, scores.rank == target.rank + 1, target.scalar == .integer else {
      throw KernelError("labels of this shape or type have no kernel")
    }
    if takesSoftmax { scores = try chain.softmax(scores, axis: 1, takesLogarithm: true) }
    let weight = try elementWeights(&chain, target, classes: scores.dims[1])
    // A label that is ignored need not be a class: it picks class 0 with weight 0.
    var labels = target
    if let ignoredLabel {
      let ignored = try chain.constant(Double(ignoredLabel), .integer)
      let isIgnored = try chain.run(ComparisonKernel(.equal, target.dims, [], of: .integer), target, ignored)
      labels = try chain.choose(isIgnored, chain.constant(0, .integer), target)
    }
    let columns = [target.dims[0], 1] + target.dims[1...]
    let picked = try chain.run(
      GatherElementsKernel(scores.dims, indices: columns, axis: 1), scores, chain.reshape(labels, to: columns)
    )
    var loss = try chain.apply(.neg, chain.reshape(picked, to: target.dims))
    if let weight { loss = try chain.combine(.mul, loss, weight) }
    let axes = Array(target.dims.indices)
    switch reduction {
    case "none": break
    case "sum": loss = try chain.reduce(.sum, loss, axes: axes, keepsAxes: false)
    case "mean":
      if let weight {
        let total = try chain.reduce(.sum, weight, axes: axes, keepsAxes: false)
        loss = try chain.combine(
          .div, chain.reduce(.sum, loss, axes: axes, keepsAxes: false), total)
      } else {
        loss = try chain.reduce(.mean, loss, axes: axes, keepsAxes: false)
      }
    default: throw KernelError("the reduction '\(reduction)' has no kernel")
    }
    return [loss, call.wants(1) ? scores : nil]
  }

  /// The weight of every label's class, 0 where it is ignored; nil where all weigh 1.
  private func elementWeights(_ chain: inout KernelChain, _ target: KernelChain.Value, classes: Int) throws
    -> KernelChain.Value?
  {
    let weight = chain.optionalInput(2)
    guard weight != nil || ignoredLabel != nil else { return nil }
    var result: KernelChain.Value
    var labels = target
    var isIgnored: KernelChain.Value?
    if let ignoredLabel {
      let ignored = try chain.constant(Double(ignoredLabel), .integer)
      let found = try chain.run(ComparisonKernel(.equal, target.dims, [], of: .integer), target, ignored)
      labels = try chain.choose(found, chain.constant(0, .integer), target)
      isIgnored = found
    }
    if let weight {
      result = try chain.run(GatherKernel(weight.dims, indices: labels.dims, axis: 0), weight, labels)
    } else {
      result = try chain.run(ConstantFillKernel(target.dims, value: 1))
    }
    return try isIgnored.map { try chain.choose($0, chain.constant(0), result) } ?? result
  }

  package func refit(_ edit: inout NodeEdit) throws {}
}
