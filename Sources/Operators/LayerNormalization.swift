import GraphIR
import Kernels

/// Normalisation over the last axes, ONNX `LayerNormalization` (opset 17) and `RMSNormalization` (opset 23), and ONNX
/// Runtime's `SimplifiedLayerNormalization`, which is the latter under an older name.
///
///     Y = (X − mean) / √(var + ε) · Scale + B        over the axes from `axis` on; RMS without mean and B
///
/// ## Shapes    X any, Scale and B broadcast to X, Y like X; Mean and InvStdDev like X with 1 for the axes normalised
/// ## Channels  axes before `axis`: X ≡ Y, and Scale's and B's where they have them; those from `axis` on are pinned
/// ## Cost      none
/// - Throws: `attribute-value` if there is no such axis.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__LayerNormalization.html>
package struct LayerNormalization: ComposedOperator {
  package static let identifiers = [
    OperatorIdentifier("LayerNormalization"), OperatorIdentifier("RMSNormalization"),
    OperatorIdentifier("SimplifiedLayerNormalization"),
  ]

  private let axis: Int
  private let epsilon: Float
  private let subtractsMean: Bool

  package init(_ node: OperatorNode) throws {
    axis = try node.int("axis") ?? -1
    epsilon = try node.float("epsilon") ?? 1e-5
    subtractsMean = node.opType == "LayerNormalization"
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    let data = ValueFact(elementType: inputs[0]?.elementType, shape: inputs[0]?.shape)
    var statistics = ValueFact(elementType: .float)
    if let shape = data.shape {
      let first = try resolveAxis(axis, rank: shape.count)
      statistics.shape = shape.indices.map { $0 < first ? shape[$0] : 1 }
    }
    return [data, statistics, statistics]
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    guard let rank = ties.signature.input(0)?.rank, let first = checkedAxis(axis, rank: rank) else { return }
    let outputs = ties.signature.outputs.indices.filter { ties.signature.output($0)?.rank == rank }
    for position in 0..<first {
      for output in outputs { ties.tie(.input(0, axis: position), .output(output, axis: position)) }
    }
    var pinned = ties.axes(ofInput: 0, from: first)
    for output in outputs { pinned += ties.axes(ofOutput: output, from: first) }
    for operand in 1...2 {
      for own in ties.axes(ofInput: operand) {
        let position = rank - (ties.signature.input(operand)?.rank ?? 0) + own.axis
        // A scale may have the axes before `axis` as well: it then has one for each sample.
        if (0..<first).contains(position) {
          ties.tieBroadcast([own], to: .output(0, axis: position))
        } else {
          pinned.append(own)
        }
      }
    }
    ties.pinAll(pinned, "is normalised over")
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? { nil }

  package func cost(_ signature: Signature) -> Cost {
    Cost(multiplyAccumulates: 0, parameterOperands: [1, 2])
  }

  package func compose(_ chain: inout KernelChain, _ call: KernelCall) throws -> [KernelChain.Value?] {
    let x = try chain.input(0)
    let results = try chain.normalizeLayers(
      x, scale: chain.input(1), bias: chain.optionalInput(2), axis: resolveAxis(axis, rank: x.rank),
      epsilon: epsilon, subtractsMean: subtractsMean, givesStatistics: call.wants(1) || call.wants(2))
    // Without a mean there is one statistic.
    return subtractsMean ? results : [results[0], results[2]]
  }

  package func refit(_ edit: inout NodeEdit) throws {}
}

extension KernelChain {
  /// Y, and where they are asked for the mean and 1 / σ; scale and bias are broadcast to the axes normalised over.
  mutating func normalizeLayers(
    _ x: Value, scale: Value, bias: Value?, axis: Int, epsilon: Float, subtractsMean: Bool,
    givesStatistics: Bool
  ) throws -> [Value?] {
    let dims = Array(x.dims[axis...])
    func parameter(_ value: Value, _ chain: inout KernelChain) throws -> Value {
      // Ones in front say nothing.
      let extra = max(value.rank - dims.count, 0)
      guard value.dims[..<extra].allSatisfy({ $0 == 1 }) else {
        throw KernelError("a scale for each sample has no kernel")
      }
      return try chain.expand(chain.reshape(value, to: Array(value.dims[extra...])), to: dims)
    }
    let scale = try parameter(scale, &self)
    let bias = try bias.map { try parameter($0, &self) }
    let kernel = LayerNormalizationKernel(
      x.dims, axis: axis, epsilon: epsilon, subtractsMean: subtractsMean, hasBias: bias != nil,
      givesStatistics: givesStatistics)
    return append(kernel, [x, scale, bias])
  }
}
