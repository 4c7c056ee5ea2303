/// A tensor resampled along some of its axes, ONNX `Resize` and `Upsample`.
///
/// Every axis is one pass over the tensor with a table of its own, since all interpolations are products of one along
/// each axis: first those that shrink, then those that grow, the last axis before others. The gradient is the same
/// passes backwards, with transposed tables.
///
/// ## Shapes    Y like X, but for the resampled axes; X and Y floats
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__Resize.html>
package final class ResizeKernel: DifferentiableKernel {
  package let inputs: [TensorLayout?]
  package let outputs: [TensorLayout?]
  private let passes: [Pass]
  private let output: TensorLayout
  private let count: Int
  private let copy: StridedCopy
  /// Rows of the output that look outside the input.
  private let outside: [(axis: Int, rows: [Int])]
  private let extrapolationValue: Float

  private struct Pass {
    let table: ResamplingTable
    let transposed: ResamplingTable
    /// Lengths before and after the axis.
    let (outer, inner): (Int, Int)

    /// Elements that the pass makes.
    var count: Int { outer * table.rowCount * inner }
  }

  package init(_ dims: [Int], _ axes: [ResizedAxis], _ rule: ResizeRule) {
    let tables = axes.map { (axis: $0.axis, table: ResamplingTable(rule, $0, from: dims[$0.axis])) }
    let shrinking = tables.filter { $0.table.rowCount < $0.table.columnCount }.sorted { $0.axis < $1.axis }
    let growing = tables.filter { $0.table.rowCount >= $0.table.columnCount }.sorted { $0.axis > $1.axis }
    var current = dims
    passes = (shrinking + growing).compactMap { axis, table in
      if table.isIdentity { return nil }
      let pass = Pass(
        table: table, transposed: table.transposed, outer: current[..<axis].reduce(1, *),
        inner: current[(axis + 1)...].reduce(1, *))
      current[axis] = table.rowCount
      return pass
    }
    outside = tables.filter { !$0.table.outside.isEmpty }.map { ($0.axis, $0.table.outside) }
    extrapolationValue = rule.extrapolationValue
    let input = TensorLayout(dims)
    output = TensorLayout(current)
    inputs = [input]
    outputs = [output]
    count = input.elementCount
    copy = StridedCopy(elements: count)
  }

  package var alias: Int? { passes.isEmpty ? 0 : nil }
  package var scratchByteCount: Int {
    passes.dropLast().reduce(0) { $0 + $1.count } * MemoryLayout<Float>.stride
  }
  package var differentiableInputs: [Int] { [0] }
  package var backwardReads: BackwardReads { BackwardReads() }

  /// Where each pass reads, and where the last one writes.
  private func stations(
    _ first: UnsafeMutablePointer<Float>, _ last: UnsafeMutablePointer<Float>,
    _ scratch: UnsafeMutableRawPointer?
  ) throws -> [UnsafeMutablePointer<Float>] {
    guard passes.count > 1 else { return [first, last] }
    guard var next = scratch?.assumingMemoryBound(to: Float.self) else {
      throw KernelError("the passes have no memory between them")
    }
    var stations = [first]
    for pass in passes.dropLast() {
      stations.append(next)
      next += pass.count
    }
    return stations + [last]
  }

  package func forward(_ memory: ForwardMemory) throws -> KernelTask {
    guard count > 0 || output.elementCount > 0 else { return {} }
    let source = try memory.inputs.bound(0, Float.self)
    let target = try memory.outputs.bound(0, Float.self)
    let (passes, copy) = (passes, copy)
    guard !passes.isEmpty else {
      return { if source != target { copy.run(from: source, to: target, .float) } }
    }
    let stations = try stations(source, target, memory.scratch)
    return { [self] in
      for (index, pass) in passes.enumerated() {
        pass.table.apply(stations[index], stations[index + 1], outer: pass.outer, inner: pass.inner)
      }
      extrapolate(target)
    }
  }

  private func extrapolate(_ target: UnsafeMutablePointer<Float>) {
    for (axis, rows) in outside {
      let outer = output.dims[..<axis].reduce(1, *)
      let inner = output.dims[(axis + 1)...].reduce(1, *)
      for block in 0..<outer {
        for row in rows {
          let start = (block &* output.dims[axis] &+ row) &* inner
          (target + start).update(repeating: extrapolationValue, count: inner)
        }
      }
    }
  }

  package func backward(_ memory: BackwardMemory) throws -> KernelTask {
    guard count > 0, let target = memory.inputGradients.element(0)?.assumingMemoryBound(to: Float.self) else {
      return {}
    }
    let gradient = try memory.outputGradients.bound(0, Float.self)
    let (passes, copy) = (passes, copy)
    guard !passes.isEmpty else {
      return { if gradient != target { copy.run(from: gradient, to: target, .float) } }
    }
    let stations = try stations(target, gradient, memory.scratch)
    return {
      for index in passes.indices.reversed() {
        let pass = passes[index]
        pass.transposed.apply(stations[index + 1], stations[index], outer: pass.outer, inner: pass.inner)
      }
    }
  }
}
