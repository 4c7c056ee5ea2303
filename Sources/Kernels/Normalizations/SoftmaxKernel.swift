/// Shares of one, ONNX `Softmax` and `LogSoftmax` along an axis.
///
///     Y = e^(X − m) / s        dX = Y·(dY − Σ dY·Y)           with m = max X and s = Σ e^(X − m)
///     Y = X − m − log s        dX = dY − e^Y·Σ dY             for the logarithm
///
/// ## Shapes    X and Y [outer, n, inner]
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__Softmax.html>
package final class SoftmaxKernel: DifferentiableKernel {
  package let inputs: [TensorLayout?]
  package let outputs: [TensorLayout?]
  package let overwritableInputs = [0]
  package let differentiableInputs = [0]
  package let backwardReads = BackwardReads(outputs: [0])

  private let axis: SplitAxis
  private let takesLogarithm: Bool

  package init(_ dims: [Int], axis: Int, takesLogarithm: Bool) {
    self.axis = SplitAxis(dims, axis)
    self.takesLogarithm = takesLogarithm
    inputs = [TensorLayout(dims)]
    outputs = inputs
  }

  package func forward(_ memory: ForwardMemory) throws -> KernelTask {
    let x = try memory.inputs.floats(0)
    let y = try memory.outputs.floats(0)
    let (length, inner, takesLogarithm) = (axis.length, axis.inner, takesLogarithm)
    return { [axis] in
      axis.forEachLine(
        line: { SoftmaxLine.forward(x + $0, y + $0, length, takesLogarithm) },
        columns: { SoftmaxColumns.forward(x + $0, y + $0, length, inner, $1, takesLogarithm) })
    }
  }

  package func backward(_ memory: BackwardMemory) throws -> KernelTask {
    guard memory.inputGradients[0] != nil else { return {} }
    let y = try memory.outputs.floats(0)
    let dy = try memory.outputGradients.floats(0)
    let dx = try memory.inputGradients.floats(0)
    let (length, inner, takesLogarithm) = (axis.length, axis.inner, takesLogarithm)
    return { [axis] in
      axis.forEachLine(
        line: { SoftmaxLine.backward(y + $0, dy + $0, dx + $0, length, takesLogarithm) },
        columns: { SoftmaxColumns.backward(y + $0, dy + $0, dx + $0, length, inner, $1, takesLogarithm) })
    }
  }
}

/// One line whose elements are neighbours.
private enum SoftmaxLine {
  static func forward(
    _ x: UnsafeMutablePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ count: Int, _ takesLogarithm: Bool
  ) {
    let largest = Largest.reduce(x, count)
    if takesLogarithm {
      // One after the other: their sum would lose what is small beside a large number.
      let logarithm = FloatMath.log(sumOfPowers(x, largest, count))
      for index in 0..<count { y[index] = (x[index] - largest) - logarithm }
    } else {
      if x != y { y.update(from: x, count: count) }
      for index in 0..<count { y[index] = FloatMath.exp(y[index] - largest) }
      let scale = 1 / Sum.total(y, count)
      for index in 0..<count { y[index] *= scale }
    }
  }

  /// Σ e^(x − m), in blocks that need no memory but the stack's.
  private static func sumOfPowers(_ x: UnsafeMutablePointer<Float>, _ shift: Float, _ count: Int) -> Float {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 512) { powers in
      guard let powers = powers.baseAddress else { return 0 }
      var total: Float = 0
      var start = 0
      while start < count {
        let length = min(count - start, 512)
        for index in 0..<length { powers[index] = FloatMath.exp(x[start &+ index] - shift) }
        total += Sum.reduce(powers, length)
        start += length
      }
      return total
    }
  }

  static func backward(
    _ y: UnsafeMutablePointer<Float>, _ dy: UnsafeMutablePointer<Float>, _ dx: UnsafeMutablePointer<Float>,
    _ count: Int, _ takesLogarithm: Bool
  ) {
    if takesLogarithm {
      let total = Sum.total(dy, count)
      for index in 0..<count { dx[index] = dy[index] - FloatMath.exp(y[index]) * total }
    } else {
      let total = ShiftedProduct.sum(dy, y, shift: 0, count)
      for index in 0..<count { dx[index] = y[index] * (dy[index] - total) }
    }
  }
}

/// Neighbouring lines, whose elements lie `inner` apart: up to ``SplitAxis/columnCount`` at once.
private enum SoftmaxColumns {
  static func forward(
    _ x: UnsafeMutablePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ length: Int, _ inner: Int,
    _ width: Int, _ takesLogarithm: Bool
  ) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * SplitAxis.columnCount) { memory in
      guard let largest = memory.baseAddress else { return }
      let totals = largest + SplitAxis.columnCount
      largest.update(repeating: Largest.start, count: width)
      totals.update(repeating: 0, count: width)
      for row in 0..<length { Largest.reduce(x + row * inner, into: largest, width) }
      for row in 0..<length {
        let (x, y) = (x + row * inner, y + row * inner)
        if takesLogarithm {
          for index in 0..<width { totals[index] += FloatMath.exp(x[index] - largest[index]) }
        } else {
          for index in 0..<width { y[index] = FloatMath.exp(x[index] - largest[index]) }
          Sum.reduce(y, into: totals, width)
        }
      }
      if takesLogarithm {
        for index in 0..<width { totals[index] = FloatMath.log(totals[index]) }
        for row in 0..<length {
          let (x, y) = (x + row * inner, y + row * inner)
          for index in 0..<width { y[index] = (x[index] - largest[index]) - totals[index] }
        }
      } else {
        for index in 0..<width { totals[index] = 1 / totals[index] }
        for row in 0..<length {
          let y = y + row * inner
          for index in 0..<width { y[index] *= totals[index] }
        }
      }
    }
  }

  static func backward(
    _ y: UnsafeMutablePointer<Float>, _ dy: UnsafeMutablePointer<Float>, _ dx: UnsafeMutablePointer<Float>,
    _ length: Int, _ inner: Int, _ width: Int, _ takesLogarithm: Bool
  ) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: SplitAxis.columnCount) { memory in
      guard let totals = memory.baseAddress else { return }
      totals.update(repeating: 0, count: width)
      for row in 0..<length {
        let (y, dy) = (y + row * inner, dy + row * inner)
        if takesLogarithm {
          Sum.reduce(dy, into: totals, width)
        } else {
          for index in 0..<width { totals[index] += dy[index] * y[index] }
        }
      }
      for row in 0..<length {
        let (y, dy, dx) = (y + row * inner, dy + row * inner, dx + row * inner)
        if takesLogarithm {
          for index in 0..<width { dx[index] = dy[index] - FloatMath.exp(y[index]) * totals[index] }
        } else {
          for index in 0..<width { dx[index] = y[index] * (dy[index] - totals[index]) }
        }
      }
    }
  }
}
