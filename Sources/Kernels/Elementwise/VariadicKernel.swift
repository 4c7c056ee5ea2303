/// The functions of any number of floats.
package enum VariadicFunction: Sendable, Hashable, CaseIterable {
  case sum
  case mean
  case max
  case min

  fileprivate var loop: any BinaryLoop.Type {
    switch self {
    case .sum, .mean: Addition.self
    case .max: Maximum.self
    case .min: Minimum.self
    }
  }
}

/// A function of any number of floats, applied element by element with broadcasting: ONNX `Sum`, `Mean`, `Max`, `Min`.
///
///     Y[…] = f(X₀[…], X₁[…], …)
///
/// The gradient of a maximum goes to the operand that is taken, in equal parts where there are several.
///
/// ## Shapes    Y is what the operands broadcast to
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__Max.html>
package final class VariadicKernel: DifferentiableKernel {
  package let inputs: [TensorLayout?]
  package let outputs: [TensorLayout?]
  package let overwritableInputs: [Int]
  package let differentiableInputs: [Int]
  package let backwardReads: BackwardReads
  package let scratchByteCount: Int

  private let function: VariadicFunction
  private let plan: BroadcastPlan
  private let gradients: [BroadcastGradient]

  package init(_ function: VariadicFunction, _ operands: [[Int]]) {
    precondition(!operands.isEmpty)
    self.function = function
    plan = BroadcastPlan(operands)
    inputs = operands.map { TensorLayout($0) }
    outputs = [TensorLayout(plan.dims)]
    overwritableInputs = operands.indices.filter(plan.isWhole)
    differentiableInputs = Array(operands.indices)
    backwardReads =
      function == .max || function == .min
      ? BackwardReads(inputs: Array(operands.indices), outputs: [0]) : BackwardReads()
    gradients = operands.indices.map { [plan] in BroadcastGradient(plan, operand: $0) }
    scratchByteCount = gradients.map(\.scratchByteCount).max() ?? 0
  }

  package func forward(_ memory: ForwardMemory) throws -> KernelTask {
    let operands = try inputs.indices.map { try memory.inputs.floats($0) }
    let y = try memory.outputs.floats(0)
    let scale: Float? = function == .mean ? 1 / Float(operands.count) : nil
    let loop = function.loop
    return { [plan] in
      Parallel.run(plan.count, grain: Grain.cheap) { range in
        withUnsafeTemporaryAllocation(of: Float.self, capacity: Self.blockLength) { block in
          guard let block = block.baseAddress else { return }
          plan.forEachRow(in: range) { row, column, count in
            var start = 0
            while start < count {
              let length = min(count - start, Self.blockLength)
              Self.fold(loop, operands, plan, row, column + start, length, block)
              if let scale { for index in 0..<length { block[index] *= scale } }
              // Only now, since the result may lie where an operand lies.
              (y + (row * plan.rowLength + column + start)).update(from: block, count: length)
              start += length
            }
          }
        }
      }
    }
  }

  private static let blockLength = 512

  /// f of a part of a row, in `block`.
  private static func fold(
    _ loop: any BinaryLoop.Type, _ operands: [UnsafeMutablePointer<Float>], _ plan: BroadcastPlan, _ row: Int,
    _ column: Int, _ count: Int, _ block: UnsafeMutablePointer<Float>
  ) {
    for (operand, base) in operands.enumerated() {
      let x = base + plan.offset(operand, row: row, column: column)
      let step = plan.steps[operand]
      if operand > 0 {
        loop.row(block, step: 1, x, step: step, block, count)
      } else if step == 0 {
        block.update(repeating: x.pointee, count: count)
      } else {
        block.update(from: x, count: count)
      }
    }
  }

  package func backward(_ memory: BackwardMemory) throws -> KernelTask {
    let dy = try memory.outputGradients.floats(0)
    let tasks = try inputs.indices.filter { memory.inputGradients[$0] != nil }.map { operand in
      try gradients[operand].task(
        into: try memory.inputGradients.floats(operand), scratch: memory.scratch,
        of: function == .sum ? dy : nil, row: try row(operand, dy, memory))
    }
    return { for task in tasks { try task() } }
  }

  /// Writes an operand's gradients in a part of a row.
  private func row(_ operand: Int, _ dy: UnsafeMutablePointer<Float>, _ memory: BackwardMemory) throws
    -> (Int, Int, Int, UnsafeMutablePointer<Float>) -> Void
  {
    let plan = plan
    guard !backwardReads.inputs.isEmpty else {
      let scale = 1 / Float(inputs.count)
      return { row, column, count, target in
        let dy = dy + (row * plan.rowLength + column)
        for index in 0..<count { target[index] = scale * dy[index] }
      }
    }
    let operands = try inputs.indices.map { try memory.inputs.floats($0) }
    let y = try memory.outputs.floats(0)
    return { row, column, count, target in
      let start = row * plan.rowLength + column
      // How many operands are taken, then this one's part.
      target.update(repeating: 0, count: count)
      for (other, base) in operands.enumerated() {
        let x = base + plan.offset(other, row: row, column: column)
        let step = plan.steps[other]
        for index in 0..<count { target[index] += choose(x[index &* step] == y[start + index], 1, 0) }
      }
      let x = operands[operand] + plan.offset(operand, row: row, column: column)
      let step = plan.steps[operand]
      for index in 0..<count {
        let part = dy[start + index] / target[index]
        target[index] = choose(x[index &* step] == y[start + index], part, 0)
      }
    }
  }
}
