import GraphIR
import Kernels

/// One number from all along some axes: ONNX `ReduceSum`, `ReduceMean`, `ReduceMax`, `ReduceMin`, `ReduceProd`,
/// `ReduceL1`, `ReduceL2`, `ReduceSumSquare`, `ReduceLogSum`, `ReduceLogSumExp` (opset 1 and later).
///
///     Y[kept] = f over the axes reduced of X[…]
///
/// ## Shapes    Y like X with 1 for the axes reduced (`keepdims`), or without them; no axes stand for all of them, or
///              with `noop_with_empty_axes` for none
/// ## Channels  kept axes: X ≡ Y; the axes reduced are pinned
/// ## Cost      none
/// - Throws: `attribute-value` if there is no such axis.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__ReduceMean.html>
package struct Reduce: ComposedOperator {
  package static let identifiers = [
    "Sum", "Mean", "Max", "Min", "Prod", "L1", "L2", "SumSquare", "LogSum", "LogSumExp",
  ].map { OperatorIdentifier("Reduce\($0)") }

  private let name: String
  private let axes: [Int]?
  private let keepsAxes: Bool
  private let emptyMeansNone: Bool

  package init(_ node: OperatorNode) throws {
    name = node.opType
    axes = try node.ints("axes")
    keepsAxes = try node.int("keepdims") ?? 1 != 0
    emptyMeansNone = try node.int("noop_with_empty_axes") ?? 0 != 0
  }

  /// The axes reduced; nil where they are not known.
  private func reduced(_ rank: Int, _ axesInput: ValueFact?) throws -> Set<Int>? {
    guard let axes = axes ?? (axesInput == nil ? [] : axesInput?.knownContent) else {
      // An empty list of axes has no unknown elements.
      guard axesInput?.dimension(0)?.known == 0 else { return nil }
      return emptyMeansNone ? [] : Set(0..<rank)
    }
    if axes.isEmpty { return emptyMeansNone ? [] : Set(0..<rank) }
    return Set(try axes.map { try resolveAxis($0, rank: rank) })
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    var result = ValueFact(elementType: inputs[0]?.elementType)
    guard let shape = inputs[0]?.shape else { return [result] }
    guard let reduced = try reduced(shape.count, inputs[1]) else {
      if keepsAxes { result.shape = inputs.freshShape(rank: shape.count) }
      return [result]
    }
    result.shape = shape.indices.compactMap { axis in
      reduced.contains(axis) ? (keepsAxes ? 1 : nil) : shape[axis]
    }
    if shape.count == 1, reduced == [0] { result.content = inputs[0]?.content.flatMap(content) }
    return [result]
  }

  /// The number that a vector of a shape computation comes to.
  private func content(_ elements: [ContentElement]) -> [ContentElement]? {
    let values = elements.map(\.value)
    switch name {
    case "ReduceSum": return [ContentElement(values.reduce(0, +))]
    case "ReduceProd": return [ContentElement(values.reduce(1, *))]
    case "ReduceMax", "ReduceMin":
      let known = values.compactMap(\.known)
      guard known.count == values.count else { return nil }
      return (name == "ReduceMax" ? known.max() : known.min()).map { [ContentElement(Dimension($0))] }
    default: return nil
    }
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    guard let rank = ties.signature.input(0)?.rank, let reduced = try? reduced(rank, ties.signature.input(1))
    else { return }
    var next = 0
    for axis in 0..<rank {
      if !reduced.contains(axis) {
        ties.tie(.input(0, axis: axis), .output(0, axis: next))
      } else {
        ties.pin(.input(0, axis: axis), reason)
        guard keepsAxes else { continue }
        ties.pin(.output(0, axis: next), reason)
      }
      next += 1
    }
  }

  private var reason: String {
    switch name {
    case "ReduceMean": "is averaged over"
    case "ReduceSum": "is summed over"
    default: "is reduced by \(name)"
    }
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? {
    guard let value = operands.element(0) else { return nil }
    switch name {
    case "ReduceMean", "ReduceMax", "ReduceMin": return value
    case "ReduceSum", "ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceProd": return value == 0 ? 0 : nil
    default: return nil
    }
  }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func compose(_ chain: inout KernelChain, _ call: KernelCall) throws -> [KernelChain.Value?] {
    let x = try chain.input(0)
    guard let axes = try reduced(x.rank, call.signature.input(1))?.sorted() else {
      throw KernelError("its axes depend on the data")
    }
    let (dims, format) = (try call.outputDims(), try call.outputFormat())
    if x.scalar == .integer, let function = Self.integerFunctions[name] {
      if x.layout.elementCount == 0, name == "ReduceMax" || name == "ReduceMin" {
        // Of nothing the largest number is the least that there is, and the other way round.
        let limit = format.integerLimits.map { name == "ReduceMax" ? $0.lowest : $0.highest } ?? 0
        return [try chain.run(ConstantFillKernel(dims, value: Double(limit), .integer))]
      }
      let kernel = IntegerReductionKernel(function, x.dims, axes: axes, outputDims: dims)
      return [try chain.wrap(chain.run(kernel, x), format)]
    }
    guard let function = Self.functions[name] else { throw KernelError("\(name) has no kernel") }
    let kernel = ReductionKernel(function, x.dims, axes: axes, outputDims: dims)
    let result = try chain.run(kernel, chain.cast(x, to: .float))
    return [x.scalar == .float ? result : try chain.cast(result, to: format)]
  }

  private static let integerFunctions: [String: IntegerReductionFunction] = [
    "ReduceSum": .sum, "ReduceMean": .mean, "ReduceMax": .max, "ReduceMin": .min, "ReduceProd": .prod,
    "ReduceL1": .l1, "ReduceSumSquare": .sumSquare,
  ]

  private static let functions: [String: ReductionFunction] = [
    "ReduceSum": .sum, "ReduceMean": .mean, "ReduceMax": .max, "ReduceMin": .min, "ReduceProd": .prod,
    "ReduceL1": .l1, "ReduceL2": .l2, "ReduceSumSquare": .sumSquare, "ReduceLogSum": .logSum,
    "ReduceLogSumExp": .logSumExp,
  ]

  package func refit(_ edit: inout NodeEdit) throws {}
}
