/// The gradient of an operand that was broadcast: the gradients of all its copies, added up.
///
/// An operand of the result's own shape gets them directly; for another they are written to scratch memory first, and
/// then summed as any tensor is.
struct BroadcastGradient {
  let scratchByteCount: Int

  private let plan: BroadcastPlan
  private let sum: ReductionPlan?

  init(_ plan: BroadcastPlan, operand: Int) {
    self.plan = plan
    sum = plan.isWhole(operand) ? nil : ReductionPlan(plan.dims, axes: plan.repeatedAxes[operand])
    scratchByteCount = (sum.map { plan.count + $0.partialCount } ?? 0) * MemoryLayout<Float>.stride
  }

  /// - Parameters:
  ///   - source: the gradients of all copies, where they are there already.
  ///   - row: writes the gradients of the copies in a part of a row.
  func task(
    into target: UnsafeMutablePointer<Float>, scratch: UnsafeMutableRawPointer?,
    of source: UnsafeMutablePointer<Float>?,
    row: @escaping (_ row: Int, _ column: Int, _ count: Int, _ target: UnsafeMutablePointer<Float>) -> Void
  ) throws -> KernelTask {
    guard let sum else {
      if let source { return { target.update(from: source, count: plan.count) } }
      return fill(target, row)
    }
    let scratch = try scratch.floats()
    let copies = source ?? scratch
    let fill = source == nil ? fill(scratch, row) : {}
    return {
      try fill()
      sum.evaluate(Sum.self, copies, into: target, partials: scratch + plan.count)
    }
  }

  private func fill(
    _ target: UnsafeMutablePointer<Float>,
    _ row: @escaping (_ row: Int, _ column: Int, _ count: Int, _ target: UnsafeMutablePointer<Float>) -> Void
  ) -> KernelTask {
    {
      Parallel.run(plan.count, grain: Grain.cheap) { range in
        plan.forEachRow(in: range) { index, column, count in
          row(index, column, count, target + (index * plan.rowLength + column))
        }
      }
    }
  }
}
