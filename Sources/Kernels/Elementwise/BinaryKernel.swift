/// A function of two floats, applied element by element with broadcasting.
///
///     Y[…] = f(A[…], B[…])        dA = Σ over repeated axes of dY · ∂f/∂a
///
/// ## Shapes    Y is what A and B broadcast to; for PRelu it is A's shape
/// - SeeAlso: <https://onnx.ai/onnx/repo-docs/Broadcasting.html>
package final class BinaryKernel: DifferentiableKernel {
  package let inputs: [TensorLayout?]
  package let outputs: [TensorLayout?]
  package let overwritableInputs: [Int]
  package let differentiableInputs = [0, 1]
  package let backwardReads: BackwardReads
  package let scratchByteCount: Int

  private let loop: any DifferentiableBinaryLoop.Type
  private let plan: BroadcastPlan
  private let gradients: [BroadcastGradient]

  package init(_ function: BinaryFunction, _ a: [Int], _ b: [Int]) {
    loop = function.loop
    plan = BroadcastPlan([a, b])
    inputs = [TensorLayout(a), TensorLayout(b)]
    outputs = [TensorLayout(plan.dims)]
    overwritableInputs = [0, 1].filter(plan.isWhole)
    backwardReads = loop.backwardReads
    gradients = [0, 1].map { [plan] in BroadcastGradient(plan, operand: $0) }
    scratchByteCount = gradients.map(\.scratchByteCount).max() ?? 0
  }

  package func forward(_ memory: ForwardMemory) throws -> KernelTask {
    plan.task(loop, try memory.inputs.floats(0), try memory.inputs.floats(1), try memory.outputs.floats(0))
  }

  package func backward(_ memory: BackwardMemory) throws -> KernelTask {
    let dy = try memory.outputGradients.floats(0)
    // What a function does not read may be missing; dY is as long as any operand.
    let a = memory.inputs[0] == nil ? dy : try memory.inputs.floats(0)
    let b = memory.inputs[1] == nil ? dy : try memory.inputs.floats(1)
    let y = memory.outputs[0] == nil ? dy : try memory.outputs.floats(0)
    let tasks = try [0, 1].filter { memory.inputGradients[$0] != nil }.map { operand in
      let (loop, plan) = (loop, plan)
      let passesOn = loop.passesOn[operand]
      return try gradients[operand].task(
        into: try memory.inputGradients.floats(operand), scratch: memory.scratch, of: passesOn ? dy : nil
      ) { row, column, count, target in
        let position = row * plan.rowLength + column
        loop.gradientRow(
          of: operand, dy + position, a + plan.offset(0, row: row, column: column), step: plan.steps[0],
          b + plan.offset(1, row: row, column: column), step: plan.steps[1], y + position, target, count)
      }
    }
    return { for task in tasks { try task() } }
  }
}

/// A function of two integers, applied element by element with broadcasting.
///
/// ## Shapes    Y is what A and B broadcast to
package final class IntegerBinaryKernel: Kernel {
  package let inputs: [TensorLayout?]
  package let outputs: [TensorLayout?]
  package let overwritableInputs: [Int]

  private let function: IntegerBinaryFunction
  private let plan: BroadcastPlan

  package init(_ function: IntegerBinaryFunction, _ a: [Int], _ b: [Int]) {
    self.function = function
    plan = BroadcastPlan([a, b])
    inputs = [TensorLayout(a, .integer), TensorLayout(b, .integer)]
    outputs = [TensorLayout(plan.dims, .integer)]
    overwritableInputs = [0, 1].filter(plan.isWhole)
  }

  /// The task throws where it would divide by 0.
  package func forward(_ memory: ForwardMemory) throws -> KernelTask {
    let b = try memory.inputs.integers(1)
    let task = plan.task(function.loop, try memory.inputs.integers(0), b, try memory.outputs.integers(0))
    guard function.divides, let divisors = inputs[1]?.elementCount else { return task }
    return {
      for index in 0..<divisors where b[index] == 0 { throw KernelError("an integer is divided by 0") }
      try task()
    }
  }
}

/// A comparison of floats or integers, element by element with broadcasting.
///
/// ## Shapes    Y is what A and B broadcast to, integers 0 and 1
package final class ComparisonKernel: Kernel {
  package let inputs: [TensorLayout?]
  package let outputs: [TensorLayout?]

  private let loop: any BinaryLoop.Type
  private let plan: BroadcastPlan

  package init(_ comparison: Comparison, _ a: [Int], _ b: [Int], of scalar: ScalarType) {
    loop = comparison.loop(scalar)
    plan = BroadcastPlan([a, b])
    inputs = [TensorLayout(a, scalar), TensorLayout(b, scalar)]
    outputs = [TensorLayout(plan.dims, .integer)]
  }

  package func forward(_ memory: ForwardMemory) throws -> KernelTask {
    guard let a = memory.inputs[0], let b = memory.inputs[1] else {
      throw KernelError("an operand has no memory")
    }
    return plan.task(loop, a, b, try memory.outputs.integers(0))
  }
}
