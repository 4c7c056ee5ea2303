/// The functions of one integer that ONNX has.
package enum IntegerUnaryFunction: Sendable, Hashable {
  case abs
  case neg
  case sign
  case relu
  case clip(min: Int64, max: Int64)
  /// 1 for 0, otherwise 0.
  case not
  /// The bits turned, as far as the element type has them: −1 for a signed type, 255 for uint8.
  case bitwiseNot(mask: Int64)

  @inline(__always)
  fileprivate func callAsFunction(_ x: Int64) -> Int64 {
    switch self {
    case .abs: x < 0 ? 0 &- x : x
    case .neg: 0 &- x
    case .sign: x.signum()
    case .relu: max(x, 0)
    case .clip(let low, let high): min(max(x, low), high)
    case .not: x == 0 ? 1 : 0
    case .bitwiseNot(let mask): ~x & mask
    }
  }
}

/// A function of one integer, applied to every element; what overflows wraps.
///
/// ## Shapes    Y like X
/// - SeeAlso: <https://onnx.ai/onnx/operators/>
package final class IntegerUnaryKernel: Kernel {
  package let inputs: [TensorLayout?]
  package let outputs: [TensorLayout?]
  package let overwritableInputs = [0]

  private let function: IntegerUnaryFunction
  private let count: Int

  package init(_ function: IntegerUnaryFunction, _ dims: [Int]) {
    self.function = function
    inputs = [TensorLayout(dims, .integer)]
    outputs = inputs
    count = dims.reduce(1, *)
  }

  package func forward(_ memory: ForwardMemory) throws -> KernelTask {
    let x = try memory.inputs.integers(0)
    let y = try memory.outputs.integers(0)
    let (function, count) = (function, count)
    return {
      Parallel.run(count, grain: Grain.cheap) { for index in $0 { y[index] = function(x[index]) } }
    }
  }
}

/// A question about every float: ONNX `IsNaN` and `IsInf`.
///
/// ## Shapes    Y like X, integers 0 and 1
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__IsInf.html>
package final class FloatTestKernel: Kernel {
  package enum Question: Sendable, Hashable {
    case isNaN
    case isInfinite(positive: Bool, negative: Bool)

    @inline(__always)
    fileprivate func callAsFunction(_ x: Float) -> Bool {
      switch self {
      case .isNaN: x.isNaN
      case .isInfinite(let positive, let negative): x == .infinity && positive || x == -.infinity && negative
      }
    }
  }

  package let inputs: [TensorLayout?]
  package let outputs: [TensorLayout?]

  private let question: Question
  private let count: Int

  package init(_ question: Question, _ dims: [Int]) {
    self.question = question
    inputs = [TensorLayout(dims)]
    outputs = [TensorLayout(dims, .integer)]
    count = dims.reduce(1, *)
  }

  package func forward(_ memory: ForwardMemory) throws -> KernelTask {
    let x = try memory.inputs.floats(0)
    let y = try memory.outputs.integers(0)
    let (question, count) = (question, count)
    return {
      Parallel.run(count, grain: Grain.cheap) { for index in $0 { y[index] = question(x[index]) ? 1 : 0 } }
    }
  }
}
