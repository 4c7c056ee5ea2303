/// The same numbers as another element type holds them, ONNX `Cast`.
///
/// From floats to integers the fraction is dropped; what is out of range, which ONNX leaves undefined, becomes the
/// nearest integer, and what is no number 0. Between integers the low bits are kept, as in C. A boolean is whether a
/// number differs from 0. Floats of fewer bits are rounded to the nearest, ties to even.
///
/// ## Shapes    X and Y alike
/// ## Gradient  dX = dY between floats: rounding is passed over
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__Cast.html>
package final class CastKernel: DifferentiableKernel {
  package let inputs: [TensorLayout?]
  package let outputs: [TensorLayout?]
  private let source: ScalarType
  private let target: NumberFormat
  private let count: Int
  private let copy: StridedCopy

  package init(_ dims: [Int], from source: ScalarType, to target: NumberFormat) {
    let input = TensorLayout(dims, source)
    inputs = [input]
    outputs = [TensorLayout(dims, target.scalar)]
    self.source = source
    self.target = target
    count = input.elementCount
    copy = StridedCopy(elements: count)
  }

  package var alias: Int? { source == .float && target == .float ? 0 : nil }
  package var overwritableInputs: [Int] { source == target.scalar ? [0] : [] }
  package var differentiableInputs: [Int] { source == .float && target.scalar == .float ? [0] : [] }
  package var backwardReads: BackwardReads { BackwardReads() }

  package func forward(_ memory: ForwardMemory) throws -> KernelTask {
    guard count > 0 else { return {} }
    let (x, y) = (try memory.inputs.bound(0), try memory.outputs.bound(0))
    switch source {
    case .float: return fromFloats(x.assumingMemoryBound(to: Float.self), y)
    case .integer: return fromIntegers(x.assumingMemoryBound(to: Int64.self), y)
    }
  }

  private func fromFloats(_ x: UnsafeMutablePointer<Float>, _ y: UnsafeMutableRawPointer) -> KernelTask {
    let floats = y.assumingMemoryBound(to: Float.self)
    let integers = y.assumingMemoryBound(to: Int64.self)
    switch target {
    case .float:
      return { [copy] in if x != floats { copy.run(from: x, to: y, .float) } }
    case .float16: return map(x, floats) { $0.roundedToFloat16 }
    case .bfloat16: return map(x, floats) { $0.roundedToBFloat16 }
    case .boolean: return map(x, integers) { $0 != 0 ? 1 : 0 }
    case .integer(let range):
      // ONNX's tests keep the low bits where there are four or fewer.
      if range.bitWidth < 8 { return map(x, integers) { range.wrapping(Int64(clamping: Double($0))) } }
      let (low, high) = (range.lowest, range.highest)
      return map(x, integers) { min(max(Int64(clamping: Double($0)), low), high) }
    }
  }

  private func fromIntegers(_ x: UnsafeMutablePointer<Int64>, _ y: UnsafeMutableRawPointer) -> KernelTask {
    let floats = y.assumingMemoryBound(to: Float.self)
    let integers = y.assumingMemoryBound(to: Int64.self)
    switch target {
    case .float: return map(x, floats) { Float($0) }
    case .float16: return map(x, floats) { Float($0).roundedToFloat16 }
    case .bfloat16: return map(x, floats) { Float($0).roundedToBFloat16 }
    case .boolean: return map(x, integers) { $0 != 0 ? 1 : 0 }
    case .integer(let range): return map(x, integers) { range.wrapping($0) }
    }
  }

  /// Inlined, so that `convert` is part of the loop.
  @inline(__always)
  private func map<Source, Target>(
    _ x: UnsafeMutablePointer<Source>, _ y: UnsafeMutablePointer<Target>,
    _ convert: @escaping (Source) -> Target
  ) -> KernelTask {
    { [count] in
      Parallel.run(count, grain: 1 << 14) { range in
        for index in range { y[index] = convert(x[index]) }
      }
    }
  }

  package func backward(_ memory: BackwardMemory) throws -> KernelTask {
    guard count > 0, let target = memory.inputGradients.element(0) else { return {} }
    let gradient = try memory.outputGradients.bound(0)
    return { [copy] in if target != gradient { copy.run(from: gradient, to: target, .float) } }
  }
}
