/// Floats as integers of 0 to 255 on a scale that fits them, ONNX `DynamicQuantizeLinear`.
///
///     scale = (max(x, 0) − min(x, 0)) / 255      zero = saturate(round(−min(x, 0) / scale))
///     y = saturate(round(x / scale) + zero)      ties to even
///
/// Where all of x is 0 the scale is 1.
///
/// ## Shapes    x and y alike; scale and zero are scalars
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__DynamicQuantizeLinear.html>
package final class DynamicQuantizeLinearKernel: Kernel {
  package let inputs: [TensorLayout?]
  package let outputs: [TensorLayout?]
  private let count: Int

  package init(_ dims: [Int]) {
    let layout = TensorLayout(dims)
    inputs = [layout]
    outputs = [TensorLayout(dims, .integer), TensorLayout([]), TensorLayout([], .integer)]
    count = layout.elementCount
  }

  package func forward(_ memory: ForwardMemory) throws -> KernelTask {
    let x = try memory.inputs.bound(0, Float.self)
    let y = try memory.outputs.bound(0, Int64.self)
    let scaleOutput = memory.outputs.element(1)?.assumingMemoryBound(to: Float.self)
    let zeroOutput = memory.outputs.element(2)?.assumingMemoryBound(to: Int64.self)
    return { [count] in
      var (low, high) = (Float(0), Float(0))
      for index in 0..<count {
        low = min(low, x[index])
        high = max(high, x[index])
      }
      let scale = low == high ? 1 : (high - low) / 255
      let zero = Int64(clamping: Double(min(max((-low / scale).rounded(.toNearestOrEven), 0), 255)))
      let rule = Quantizer(scale: scale, zero: zero, .uint8)
      Parallel.run(count, grain: 1 << 13) { range in
        for index in range { y[index] = rule(x[index]) }
      }
      scaleOutput?.pointee = scale
      zeroOutput?.pointee = zero
    }
  }
}
