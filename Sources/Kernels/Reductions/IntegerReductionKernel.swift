/// What integers along some axes become; what overflows wraps.
package enum IntegerReductionFunction: Sendable, Hashable, CaseIterable {
  case sum
  /// Without its fraction.
  case mean
  case max
  case min
  case prod
  case l1
  case sumSquare

  fileprivate var start: Int64 {
    switch self {
    case .sum, .mean, .l1, .sumSquare: 0
    case .prod: 1
    case .max: .min
    case .min: .max
    }
  }

  @inline(__always)
  fileprivate func combine(_ total: Int64, _ x: Int64) -> Int64 {
    switch self {
    case .sum, .mean: total &+ x
    case .prod: total &* x
    case .max: Swift.max(total, x)
    case .min: Swift.min(total, x)
    case .l1: total &+ (x < 0 ? 0 &- x : x)
    case .sumSquare: total &+ x &* x
    }
  }
}

/// One integer from all along some axes.
///
/// ## Shapes    Y as the caller says: X's kept axes, with or without axes of length 1 for those reduced
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__ReduceSum.html>
package final class IntegerReductionKernel: Kernel {
  package let inputs: [TensorLayout?]
  package let outputs: [TensorLayout?]

  private let function: IntegerReductionFunction
  private let kept: OffsetGrid
  private let reduced: OffsetGrid

  package init(_ function: IntegerReductionFunction, _ dims: [Int], axes: [Int], outputDims: [Int]) {
    self.function = function
    inputs = [TensorLayout(dims, .integer)]
    outputs = [TensorLayout(outputDims, .integer)]
    let strides = StridedAxes.strides(of: dims, in: dims)
    func grid(_ axes: [Int]) -> OffsetGrid { OffsetGrid(axes.map { dims[$0] }, axes.map { strides[$0] }) }
    kept = grid(dims.indices.filter { !axes.contains($0) })
    reduced = grid(dims.indices.filter(axes.contains))
    precondition(outputDims.reduce(1, *) == kept.count)
  }

  package func forward(_ memory: ForwardMemory) throws -> KernelTask {
    let x = try memory.inputs.integers(0)
    let y = try memory.outputs.integers(0)
    let (function, kept, reduced) = (function, kept, reduced)
    return {
      Parallel.run(kept.count, grain: max(1, Grain.costly / max(reduced.count, 1))) { range in
        for output in range {
          let start = x + kept.offset(output)
          var total = function.start
          for index in 0..<reduced.count { total = function.combine(total, start[reduced.offset(index)]) }
          y[output] = function == .mean && reduced.count > 0 ? total / Int64(reduced.count) : total
        }
      }
    }
  }
}
