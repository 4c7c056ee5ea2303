import GraphIR
import Kernels

/// The inverse of a maximum pooling, ONNX `MaxUnpool` (opset 9 and later).
///
///     Y = 0, but Y.flat[I] = X        I counts the elements of the whole tensor
///
/// ## Shapes    X and I [N, C, H, W], Y [N, C, s·(H − 1) + k − p, …] or `output_shape`
/// ## Channels  all stay: the indices count every channel
/// ## Cost      none
/// - Throws: `shape-mismatch` if an attribute has another rank than X.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__MaxUnpool.html>
package struct MaxUnpool: ComposedOperator {
  package static let identifiers = [OperatorIdentifier("MaxUnpool")]

  private let window: SlidingWindow

  package init(_ node: OperatorNode) throws { window = try SlidingWindow(node) }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    var fact = ValueFact(elementType: inputs[0]?.elementType)
    guard let shape = inputs[0]?.shape, let kernel = window.kernelShape else { return [fact] }
    guard shape.count == kernel.count + 2 else {
      throw CompileError(
        "shape-mismatch", "X has rank \(shape.count), attribute 'kernel_shape' has \(kernel.count) entries")
    }
    try window.check(spatialRank: kernel.count)
    if inputs[2] != nil {
      let stated = inputs[2]?.content?.map(\.value)
      fact.shape = stated?.count == shape.count ? stated : inputs.freshShape(rank: shape.count)
      return [fact]
    }
    fact.shape =
      shape[..<2]
      + kernel.indices.map { axis in
        guard let length = shape[axis + 2].known, (0..<1 << 30).contains(length) else {
          return inputs.freshDimension(axis + 2)
        }
        return Dimension(max((length - 1) * window.stride(axis) + kernel[axis] - window.pad(axis), 0))
      }
    return [fact]
  }

  package func tieChannels(_ ties: inout ChannelTies) {}

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? { nil }

  package func cost(_ signature: Signature) -> Cost { .free }

  /// X scattered into zeros of the shape that the pooling had; what `output_shape` adds lies at the ends.
  package func compose(_ chain: inout KernelChain, _ call: KernelCall) throws -> [KernelChain.Value?] {
    let (x, indices, dims) = (try chain.input(0), try chain.input(1), try call.outputDims())
    guard let kernel = window.kernelShape, x.dims == indices.dims, indices.scalar == .integer else {
      throw KernelError("there is not one index for each element")
    }
    let pooled =
      Array(x.dims[..<2])
      + kernel.indices.map { axis in
        max((x.dims[axis + 2] - 1) * window.stride(axis) + kernel[axis] - window.pad(axis), 0)
      }
    let (count, total) = (x.layout.elementCount, pooled.reduce(1, *))
    guard zip(dims, pooled).allSatisfy({ $0 >= $1 }) else {
      throw KernelError("its output is smaller than its input was")
    }
    let zeros = try chain.run(ConstantFillKernel([total], value: 0))
    let scattered = try chain.run(
      ScatterElementsKernel([total], indices: [count], axis: 0, reduction: .replace), zeros,
      chain.reshape(indices, to: [count]), chain.reshape(x, to: [count]))
    let result = try chain.reshape(scattered, to: pooled)
    guard pooled != dims else { return [result] }
    let ends = zip(dims, pooled).map { $0 - $1 }
    return [
      try chain.run(
        PadKernel(pooled, begins: dims.map { _ in 0 }, ends: ends, mode: .constant(0)), result)
    ]
  }

  package func refit(_ edit: inout NodeEdit) throws {}
}
