import GraphIR
import Kernels

/// Operators that keep the shape and mix the elements along some axes: ONNX `Softmax`, `LogSoftmax`, `Hardmax`, `LRN`,
/// `LpNormalization`, `MeanVarianceNormalization`, `CumSum` and `CumProd` (every opset).
///
///     Softmax          Y = exp(X) / Σ exp(X) along `axis`; before opset 13 along all axes from `axis` on
///     LRN              Y = X / (bias + α/n · Σ X²)^β over n neighbouring channels
///     LpNormalization  Y = X / ‖X‖ along `axis`
///     MeanVariance…    Y = (X − mean) / σ over `axes`
///     CumSum, CumProd  Y = Σ, Π of X up to here, along the axis that the second input holds
///
/// ## Shapes    Y like X
/// ## Channels  the axes mixed are pinned; the others: X ≡ Y
/// ## Cost      none
/// - Throws: `attribute-value` if there is no such axis.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__Softmax.html>
package struct AxisMixing: ComposedOperator {
  package static let identifiers = [
    "Softmax", "LogSoftmax", "Hardmax", "LRN", "LpNormalization", "MeanVarianceNormalization", "CumSum",
    "CumProd",
  ].map { OperatorIdentifier($0) }

  private let name: String
  /// The axes mixed; nil where an input holds them.
  private let axes: [Int]?
  /// Every axis after the first one mixed is mixed too.
  private let flattens: Bool
  private let mixture: AxisMixture

  package init(_ node: OperatorNode) throws {
    name = node.opType
    mixture = try AxisMixture(node)
    switch name {
    case "Softmax", "LogSoftmax", "Hardmax":
      flattens = node.opsetVersion < 13
      axes = [try node.int("axis") ?? (flattens ? 1 : -1)]
    case "MeanVarianceNormalization":
      flattens = false
      axes = try node.ints("axes") ?? [0, 2, 3]
    case "LpNormalization":
      flattens = false
      axes = [try node.int("axis") ?? -1]
    case "LRN":
      flattens = false
      axes = [1]
    default:
      flattens = false
      axes = nil
    }
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    if let rank = inputs[0]?.rank { _ = try mixed(rank, inputs[1]) }
    return [ValueFact(elementType: inputs[0]?.elementType, shape: inputs[0]?.shape)]
  }

  /// The axes mixed; nil where they are not known.
  private func mixed(_ rank: Int, _ axisInput: ValueFact?) throws -> Set<Int>? {
    guard let axes = axes ?? axisInput?.knownContent else { return nil }
    // Flattening at the rank itself leaves rows of one element.
    if flattens, axes == [rank] { return [] }
    let resolved = try resolveAxes(axes, rank: rank)
    return Set(flattens ? resolved.flatMap { $0..<rank } : resolved)
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    guard let rank = ties.signature.input(0)?.rank,
      let mixed = try? mixed(rank, ties.signature.input(1))
    else { return }
    for axis in 0..<rank {
      if mixed.contains(axis) {
        ties.pinAll([.input(0, axis: axis), .output(0, axis: axis)], reason)
      } else {
        ties.tie(.input(0, axis: axis), .output(0, axis: axis))
      }
    }
  }

  private var reason: String {
    switch name {
    case "CumSum": "is summed along"
    case "CumProd": "is multiplied along"
    default: "is normalised over by \(name)"
    }
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? {
    switch name {
    case "LRN", "CumSum", "MeanVarianceNormalization": operands.element(0) == 0 ? 0 : nil
    default: nil
    }
  }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func compose(_ chain: inout KernelChain, _ call: KernelCall) throws -> [KernelChain.Value?] {
    let x = try chain.input(0)
    guard let mixed = try mixed(x.rank, call.signature.input(1))?.sorted() else {
      throw KernelError("its axis depends on the data")
    }
    guard flattens else { return [try chain.run(mixture.kernel(x.dims, axes: mixed, x.scalar), x)] }
    // Rows of all that comes behind the axis.
    let kept = x.rank - mixed.count
    let rows = [x.dims[..<kept].reduce(1, *), x.dims[kept...].reduce(1, *)]
    let flat = try chain.reshape(x, to: rows)
    let result = try chain.run(mixture.kernel(rows, axes: [1], x.scalar), flat)
    return [try chain.reshape(result, to: x.dims)]
  }

  package func refit(_ edit: inout NodeEdit) throws {}
}
