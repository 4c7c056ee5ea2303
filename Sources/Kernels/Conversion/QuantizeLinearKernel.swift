/// Numbers of a scale and a zero point for a whole tensor, or for every index of an axis.
struct QuantizationGrid {
  /// Lengths before the axis, of it, and after it; all is one row where there is one scale.
  let (outer, channels, inner): (Int, Int, Int)
  let parameters: [Int]

  /// - Parameter axis: nil for one scale.
  init(_ dims: [Int], axis: Int?) {
    if let axis {
      outer = dims[..<axis].reduce(1, *)
      channels = dims[axis]
      inner = dims[(axis + 1)...].reduce(1, *)
      parameters = [channels]
    } else {
      (outer, channels, inner) = (1, 1, dims.reduce(1, *))
      parameters = []
    }
  }

  /// Calls `body` with stretches of elements of one scale, and with the scale's index.
  @inline(__always)
  func run(_ body: (_ elements: Range<Int>, _ channel: Int) -> Void) {
    let (channels, inner) = (channels, inner)
    Parallel.run(outer * channels * inner, grain: 1 << 13) { range in
      var start = range.lowerBound
      while start < range.upperBound {
        let row = start / inner
        let end = min(range.upperBound, (row + 1) * inner)
        body(start..<end, row % channels)
        start = end
      }
    }
  }
}

/// Floats as small integers, ONNX `QuantizeLinear`.
///
///     y = saturate(round(x / scale) + zero)      ties to even
///
/// ## Shapes    x and y alike; scale and zero, which may be missing, have one element, or one an index of `axis`
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__QuantizeLinear.html>
package final class QuantizeLinearKernel: Kernel {
  package let inputs: [TensorLayout?]
  package let outputs: [TensorLayout?]
  private let grid: QuantizationGrid
  private let range: IntegerRange
  private let hasZero: Bool

  package init(_ dims: [Int], axis: Int?, to range: IntegerRange, hasZero: Bool) {
    grid = QuantizationGrid(dims, axis: axis)
    inputs = [
      TensorLayout(dims), TensorLayout(grid.parameters),
      hasZero ? TensorLayout(grid.parameters, .integer) : nil,
    ]
    outputs = [TensorLayout(dims, .integer)]
    self.range = range
    self.hasZero = hasZero
  }

  package func forward(_ memory: ForwardMemory) throws -> KernelTask {
    guard grid.outer * grid.channels * grid.inner > 0 else { return {} }
    let x = try memory.inputs.bound(0, Float.self)
    let scale = try memory.inputs.bound(1, Float.self)
    let zero = try hasZero ? memory.inputs.bound(2, Int64.self) : nil
    let y = try memory.outputs.bound(0, Int64.self)
    return { [grid, range] in
      grid.run { elements, channel in
        let rule = Quantizer(scale: scale[channel], zero: zero?[channel] ?? 0, range)
        for index in elements { y[index] = rule(x[index]) }
      }
    }
  }
}

/// What becomes of one float.
struct Quantizer {
  private let scale: Float
  private let zero: Int64
  /// Levels before the zero point is added.
  private let (low, high): (Double, Double)

  /// The zero point has 32 bits at most.
  init(scale: Float, zero: Int64, _ range: IntegerRange) {
    self.scale = scale
    self.zero = zero
    let limit = Int64(1) << 40
    (low, high) = (
      Double(max(range.lowest, -limit) &- zero), Double(min(range.highest, limit) &- zero)
    )
  }

  @inline(__always)
  func callAsFunction(_ x: Float) -> Int64 {
    let level = min(max(Double(x / scale), low), high)
    // The sum has no place for a fraction, and rounds to even.
    let shift = 0x1.8p52
    return Int64(clamping: (level + shift) - shift) &+ zero
  }
}

/// Small integers as floats, ONNX `DequantizeLinear`.
///
///     y = (x − zero) · scale
///
/// ## Shapes    x and y alike; scale and zero, which may be missing, have one element, or one an index of `axis`
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__DequantizeLinear.html>
package final class DequantizeLinearKernel: Kernel {
  package let inputs: [TensorLayout?]
  package let outputs: [TensorLayout?]
  private let grid: QuantizationGrid
  private let hasZero: Bool

  package init(_ dims: [Int], axis: Int?, hasZero: Bool) {
    grid = QuantizationGrid(dims, axis: axis)
    inputs = [
      TensorLayout(dims, .integer), TensorLayout(grid.parameters),
      hasZero ? TensorLayout(grid.parameters, .integer) : nil,
    ]
    outputs = [TensorLayout(dims)]
    self.hasZero = hasZero
  }

  package func forward(_ memory: ForwardMemory) throws -> KernelTask {
    guard grid.outer * grid.channels * grid.inner > 0 else { return {} }
    let x = try memory.inputs.bound(0, Int64.self)
    let scale = try memory.inputs.bound(1, Float.self)
    let zero = try hasZero ? memory.inputs.bound(2, Int64.self) : nil
    let y = try memory.outputs.bound(0, Float.self)
    return { [grid] in
      grid.run { elements, channel in
        let (scale, zero) = (scale[channel], zero?[channel] ?? 0)
        for index in elements { y[index] = Float(x[index] &- zero) * scale }
      }
    }
  }
}
