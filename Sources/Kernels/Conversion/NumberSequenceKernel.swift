/// Evenly spaced numbers, ONNX `Range`.
///
///     Y[i] = start + i · delta
///
/// ## Shapes    start and delta scalars, Y [count]; ONNX's operands are start, limit, delta
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__Range.html>
package final class NumberSequenceKernel: Kernel {
  package let inputs: [TensorLayout?]
  package let outputs: [TensorLayout?]
  private let count: Int
  private let scalar: ScalarType

  package init(count: Int, _ scalar: ScalarType = .float) {
    inputs = [TensorLayout([], scalar), nil, TensorLayout([], scalar)]
    outputs = [TensorLayout([count], scalar)]
    self.count = count
    self.scalar = scalar
  }

  package func forward(_ memory: ForwardMemory) throws -> KernelTask {
    guard count > 0 else { return {} }
    let (start, delta) = (try memory.inputs.bound(0), try memory.inputs.bound(2))
    let output = try memory.outputs.bound(0)
    switch scalar {
    case .float:
      let target = output.assumingMemoryBound(to: Float.self)
      return { [count] in
        let (start, delta) = (Double(start.load(as: Float.self)), Double(delta.load(as: Float.self)))
        for index in 0..<count { target[index] = Float(start + Double(index) * delta) }
      }
    case .integer:
      let target = output.assumingMemoryBound(to: Int64.self)
      return { [count] in
        let (start, delta) = (start.load(as: Int64.self), delta.load(as: Int64.self))
        for index in 0..<count { target[index] = start &+ Int64(truncatingIfNeeded: index) &* delta }
      }
    }
  }
}

/// One number everywhere, ONNX `ConstantOfShape`.
///
/// ## Shapes    Y [dims…]; the operand that ONNX has, the shape, is known
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__ConstantOfShape.html>
package final class ConstantFillKernel: Kernel {
  package let inputs: [TensorLayout?] = [nil]
  package let outputs: [TensorLayout?]
  private let layout: TensorLayout
  private let value: Double

  package init(_ dims: [Int], value: Double, _ scalar: ScalarType = .float) {
    layout = TensorLayout(dims, scalar)
    outputs = [layout]
    self.value = value
  }

  package func forward(_ memory: ForwardMemory) throws -> KernelTask {
    guard layout.elementCount > 0 else { return {} }
    let target = try memory.outputs.bound(0)
    return { [layout, value] in Filler.fill(target, layout.elementCount, with: value, layout.scalar) }
  }
}
