/// One of two operands, element by element with broadcasting, ONNX `Where`.
///
///     Y[…] = X[…] where C[…] ≠ 0, otherwise Z[…]
///
/// ## Shapes    Y is what C (integers), X and Z broadcast to
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__Where.html>
package final class WhereKernel: DifferentiableKernel {
  package let inputs: [TensorLayout?]
  package let outputs: [TensorLayout?]
  package let overwritableInputs: [Int]
  package let differentiableInputs: [Int]
  package let backwardReads = BackwardReads(inputs: [0])
  package let scratchByteCount: Int

  private let plan: BroadcastPlan
  private let gradients: [BroadcastGradient]
  private let scalar: ScalarType

  package init(condition: [Int], _ x: [Int], _ z: [Int], of scalar: ScalarType) {
    plan = BroadcastPlan([condition, x, z])
    self.scalar = scalar
    inputs = [TensorLayout(condition, .integer), TensorLayout(x, scalar), TensorLayout(z, scalar)]
    outputs = [TensorLayout(plan.dims, scalar)]
    overwritableInputs = [1, 2].filter(plan.isWhole)
    differentiableInputs = scalar == .float ? [1, 2] : []
    gradients = [1, 2].map { [plan] in BroadcastGradient(plan, operand: $0) }
    scratchByteCount = scalar == .float ? gradients.map(\.scratchByteCount).max() ?? 0 : 0
  }

  package func forward(_ memory: ForwardMemory) throws -> KernelTask {
    let condition = try memory.inputs.integers(0)
    if scalar == .integer {
      return task(
        condition, try memory.inputs.integers(1), try memory.inputs.integers(2),
        try memory.outputs.integers(0))
    }
    return task(
      condition, try memory.inputs.floats(1), try memory.inputs.floats(2), try memory.outputs.floats(0))
  }

  private func task<Element: BitwiseCopyable>(
    _ condition: UnsafeMutablePointer<Int64>, _ x: UnsafeMutablePointer<Element>,
    _ z: UnsafeMutablePointer<Element>, _ y: UnsafeMutablePointer<Element>
  ) -> KernelTask {
    { [plan] in
      Parallel.run(plan.count, grain: Grain.cheap) { range in
        plan.forEachRow(in: range) { row, column, count in
          let condition = condition + plan.offset(0, row: row, column: column)
          let x = x + plan.offset(1, row: row, column: column)
          let z = z + plan.offset(2, row: row, column: column)
          let y = y + (row * plan.rowLength + column)
          if plan.steps[0] == 0 {
            let isX = condition.pointee != 0
            let (taken, step) = (isX ? x : z, plan.steps[isX ? 1 : 2])
            for index in 0..<count { y[index] = taken[index &* step] }
          } else {
            Self.row(condition, x, plan.steps[1], z, plan.steps[2], y, count)
          }
        }
      }
    }
  }

  /// A part of a row in which the condition goes on, one loop for each case.
  @inline(__always)
  private static func row<Element: BitwiseCopyable>(
    _ condition: UnsafeMutablePointer<Int64>, _ x: UnsafeMutablePointer<Element>, _ xStep: Int,
    _ z: UnsafeMutablePointer<Element>, _ zStep: Int, _ y: UnsafeMutablePointer<Element>, _ count: Int
  ) {
    switch (xStep, zStep) {
    case (0, 0):
      let (x, z) = (x.pointee, z.pointee)
      for index in 0..<count { y[index] = pick(condition[index], x, z) }
    case (0, _):
      let x = x.pointee
      for index in 0..<count { y[index] = pick(condition[index], x, z[index]) }
    case (_, 0):
      let z = z.pointee
      for index in 0..<count { y[index] = pick(condition[index], x[index], z) }
    default:
      for index in 0..<count { y[index] = pick(condition[index], x[index], z[index]) }
    }
  }

  /// Both are known: no branch.
  @inline(__always)
  private static func pick<Element: BitwiseCopyable>(_ condition: Int64, _ x: Element, _ z: Element)
    -> Element
  {
    condition != 0 ? x : z
  }

  package func backward(_ memory: BackwardMemory) throws -> KernelTask {
    let condition = try memory.inputs.integers(0)
    let dy = try memory.outputGradients.floats(0)
    let step = plan.steps[0]
    let tasks = try differentiableInputs.filter { memory.inputGradients[$0] != nil }.map { operand in
      let takenWhere = operand == 1
      return try gradients[operand - 1].task(
        into: try memory.inputGradients.floats(operand), scratch: memory.scratch, of: nil
      ) { [plan] row, column, count, target in
        let condition = condition + plan.offset(0, row: row, column: column)
        let dy = dy + (row * plan.rowLength + column)
        for index in 0..<count {
          target[index] = choose((condition[index &* step] != 0) == takenWhere, dy[index], 0)
        }
      }
    }
    return { for task in tasks { try task() } }
  }
}
