/// Mean 0 and variance 1 over some axes, ONNX `MeanVarianceNormalization`.
///
///     Y = (X − mean X) / (√(mean (X − mean X)²) + 1e-9)
///
/// ## Shapes    Y like X
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__MeanVarianceNormalization.html>
package final class MeanVarianceNormalizationKernel: Kernel {
  package let inputs: [TensorLayout?]
  package let outputs: [TensorLayout?]
  package let overwritableInputs = [0]
  package let scratchByteCount: Int

  private let plan: ReductionPlan
  private let spread: BroadcastPlan

  package init(_ dims: [Int], axes: [Int]) {
    plan = ReductionPlan(dims, axes: axes)
    spread = BroadcastPlan([dims, dims.indices.map { axes.contains($0) ? 1 : dims[$0] }])
    inputs = [TensorLayout(dims)]
    outputs = inputs
    scratchByteCount = (plan.outputCount + plan.partialCount) * MemoryLayout<Float>.stride
  }

  package func forward(_ memory: ForwardMemory) throws -> KernelTask {
    let x = try memory.inputs.floats(0)
    let y = try memory.outputs.floats(0)
    let statistic = try memory.scratch.floats()
    let partials = statistic + plan.outputCount
    return { [plan, spread] in
      plan.evaluate(Mean.self, x, into: statistic, partials: partials)
      spread.forEachElement(Difference.self, x, statistic, statistic, statistic, into: y)
      plan.evaluate(MeanSquare.self, y, into: statistic, partials: partials)
      spread.forEachElement(QuotientByDeviation.self, y, statistic, statistic, statistic, into: y)
    }
  }
}

private enum MeanSquare: Reducer {
  static let start: Float = 0
  @inline(__always)
  static func term(_ x: Float) -> Float { x * x }
  @inline(__always)
  static func finish(_ total: Float, _ count: Float) -> Float { total / count }
}

private enum Difference: SpreadFunction {
  @inline(__always)
  static func value(_ x: Float, _ mean: Float, _: Float, _: Float) -> Float { x - mean }
}

private enum QuotientByDeviation: SpreadFunction {
  @inline(__always)
  static func value(_ x: Float, _ variance: Float, _: Float, _: Float) -> Float {
    x / (variance.squareRoot() + 1e-9)
  }
}
