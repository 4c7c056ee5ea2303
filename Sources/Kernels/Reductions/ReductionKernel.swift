/// What the elements along some axes become.
package enum ReductionFunction: Sendable, Hashable, CaseIterable {
  case sum
  case mean
  case max
  case min
  case prod
  /// Σ |x|
  case l1
  /// (Σ x²)^½
  case l2
  case sumSquare
  /// log Σ x
  case logSum
  /// log Σ eˣ
  case logSumExp
}

/// One number from all along some axes: ONNX `ReduceSum`, `ReduceMean` and the others.
///
///     Y[kept] = f over the axes reduced of X[…]
///
/// ## Shapes    Y as the caller says: X's kept axes, with or without axes of length 1 for those reduced
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__ReduceMean.html>
package final class ReductionKernel: DifferentiableKernel {
  package let inputs: [TensorLayout?]
  package let outputs: [TensorLayout?]
  package let differentiableInputs = [0]
  package let backwardReads: BackwardReads
  package let scratchByteCount: Int

  private let function: ReductionFunction
  private let plan: ReductionPlan
  /// X, and what there is one of for each element of Y.
  private let spread: BroadcastPlan

  package init(_ function: ReductionFunction, _ dims: [Int], axes: [Int], outputDims: [Int]) {
    self.function = function
    plan = ReductionPlan(dims, axes: axes)
    precondition(outputDims.reduce(1, *) == plan.outputCount)
    inputs = [TensorLayout(dims)]
    outputs = [TensorLayout(outputDims)]
    spread = BroadcastPlan([dims, dims.indices.map { axes.contains($0) ? 1 : dims[$0] }])
    backwardReads =
      switch function {
      case .sum, .mean: BackwardReads()
      case .l1, .sumSquare, .prod: BackwardReads(inputs: [0])
      case .logSum: BackwardReads(outputs: [0])
      case .max, .min, .l2, .logSumExp: BackwardReads(inputs: [0], outputs: [0])
      }
    let floats =
      switch function {
      // e^(x − max) or equality with the maximum, and one number for each element of Y.
      case .logSumExp, .max, .min: spread.count + plan.outputCount + plan.partialCount
      // Two numbers for each element of Y.
      case .prod: 2 * plan.outputCount + plan.partialCount
      // dY over the number of elements.
      case .mean: max(plan.outputCount, plan.partialCount)
      default: plan.partialCount
      }
    scratchByteCount = floats * MemoryLayout<Float>.stride
  }

  package func forward(_ memory: ForwardMemory) throws -> KernelTask {
    let x = try memory.inputs.floats(0)
    let y = try memory.outputs.floats(0)
    // Where nothing is needed, nothing is read.
    let scratch = try scratchByteCount == 0 ? y : memory.scratch.floats()
    switch function {
    case .sum: return task(Sum.self, x, y, scratch)
    case .mean: return task(Mean.self, x, y, scratch)
    case .max: return task(Largest.self, x, y, scratch)
    case .min: return task(Smallest.self, x, y, scratch)
    case .prod: return task(Product.self, x, y, scratch)
    case .l1: return task(SumOfMagnitudes.self, x, y, scratch)
    case .l2: return task(EuclideanNorm.self, x, y, scratch)
    case .sumSquare: return task(SumOfSquares.self, x, y, scratch)
    case .logSum: return task(LogarithmOfSum.self, x, y, scratch)
    case .logSumExp: return logSumExp(x, y, scratch)
    }
  }

  private func task<R: Reducer>(
    _ reducer: R.Type, _ x: UnsafeMutablePointer<Float>, _ y: UnsafeMutablePointer<Float>,
    _ scratch: UnsafeMutablePointer<Float>
  ) -> KernelTask {
    { [plan] in plan.evaluate(reducer, x, into: y, partials: scratch) }
  }

  /// log Σ eˣ = m + log Σ e^(x − m) with m the largest x.
  private func logSumExp(
    _ x: UnsafeMutablePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ scratch: UnsafeMutablePointer<Float>
  ) -> KernelTask {
    let powers = scratch
    let largest = powers + spread.count
    let partials = largest + plan.outputCount
    return { [plan, spread] in
      plan.evaluate(Largest.self, x, into: largest, partials: partials)
      for index in 0..<plan.outputCount where !largest[index].isFinite { largest[index] = 0 }
      spread.forEachElement(ShiftedPower.self, x, largest, largest, largest, into: powers)
      plan.evaluate(LogarithmOfSum.self, powers, into: y, partials: partials)
      for index in 0..<plan.outputCount { y[index] += largest[index] }
    }
  }

  package func backward(_ memory: BackwardMemory) throws -> KernelTask {
    guard memory.inputGradients[0] != nil else { return {} }
    let dx = try memory.inputGradients.floats(0)
    let dy = try memory.outputGradients.floats(0)
    // What a function does not read may be missing; dX is as long as X, dY as long as Y.
    let x = memory.inputs[0] == nil ? dx : try memory.inputs.floats(0)
    let y = memory.outputs[0] == nil ? dy : try memory.outputs.floats(0)
    let scratch = try scratchByteCount == 0 ? dy : memory.scratch.floats()
    let scale = 1 / Float(max(plan.reducedCount, 1))
    let (plan, spread) = (plan, spread)
    switch function {
    case .sum: return { spread.forEachElement(SumGradient.self, x, y, dy, y, into: dx) }
    case .mean:
      return {
        for index in 0..<plan.outputCount { scratch[index] = dy[index] * scale }
        spread.forEachElement(SumGradient.self, x, y, scratch, y, into: dx)
      }
    case .l1: return { spread.forEachElement(MagnitudeGradient.self, x, y, dy, y, into: dx) }
    case .l2: return { spread.forEachElement(NormGradient.self, x, y, dy, y, into: dx) }
    case .sumSquare: return { spread.forEachElement(SquareGradient.self, x, y, dy, y, into: dx) }
    case .logSum: return { spread.forEachElement(LogarithmGradient.self, x, y, dy, y, into: dx) }
    case .logSumExp: return { spread.forEachElement(SoftmaxGradient.self, x, y, dy, y, into: dx) }
    case .max, .min:
      let counts = scratch + spread.count
      return {
        spread.forEachElement(IsEqual.self, x, y, dy, y, into: scratch)
        plan.evaluate(Sum.self, scratch, into: counts, partials: counts + plan.outputCount)
        spread.forEachElement(TieGradient.self, x, y, dy, counts, into: dx)
      }
    case .prod:
      let zeros = scratch + plan.outputCount
      let partials = zeros + plan.outputCount
      return {
        plan.evaluate(ProductOfNonzeros.self, x, into: scratch, partials: partials)
        plan.evaluate(CountOfZeros.self, x, into: zeros, partials: partials)
        spread.forEachElement(ProductGradient.self, x, scratch, dy, zeros, into: dx)
      }
    }
  }
}
