/// A map sampled at places that a grid names, ONNX `GridSample` of two spatial axes.
///
///     Y[n, c, i, j] = X[n, c, y, x], interpolated, at (x, y) = places of grid[n, i, j, :] in −1…1
///
/// With `alignCorners` −1 and 1 are the middles of the first and the last element, else their outer edges.
///
/// ## Shapes    X [N, C, H, W], grid [N, H′, W′, 2], Y [N, C, H′, W′]
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__GridSample.html>
package final class GridSampleKernel: Kernel {
  package enum Interpolation: Sendable {
    case bilinear
    /// Ties to even.
    case nearest
    /// Keys' cubic convolution with coefficient −0.75.
    case bicubic
  }

  /// What lies outside of X.
  package enum Padding: Sendable {
    case zeros
    case border
    case reflection
  }

  package let inputs: [TensorLayout?]
  package let outputs: [TensorLayout?]
  private let interpolation: Interpolation
  private let sampler: Sampler
  private let (batch, channels, points): (Int, Int, Int)

  /// - Parameter size: H′ and W′.
  package init(
    _ dims: [Int], size: (height: Int, width: Int), _ interpolation: Interpolation, _ padding: Padding,
    alignCorners: Bool
  ) {
    inputs = [TensorLayout(dims), TensorLayout([dims[0], size.height, size.width, 2])]
    outputs = [TensorLayout([dims[0], dims[1], size.height, size.width])]
    (batch, channels, points) = (dims[0], dims[1], size.height * size.width)
    self.interpolation = interpolation
    sampler = Sampler(height: dims[2], width: dims[3], padding: padding, alignCorners: alignCorners)
  }

  package func forward(_ memory: ForwardMemory) throws -> KernelTask {
    guard batch * channels * points > 0 else { return {} }
    let source = try memory.inputs.bound(0, Float.self)
    let grid = try memory.inputs.bound(1, Float.self)
    let target = try memory.outputs.bound(0, Float.self)
    let (channels, points, sampler, interpolation) = (channels, points, sampler, interpolation)
    let plane = sampler.height * sampler.width
    return { [batch] in
      Parallel.run(batch * points, grain: max(1, (1 << 10) / channels)) { range in
        for index in range {
          let (n, point) = index.quotientAndRemainder(dividingBy: points)
          let isCubic = interpolation == .bicubic
          let x = sampler.place(grid[2 &* index], sampler.width, staysOutside: isCubic)
          let y = sampler.place(grid[2 &* index &+ 1], sampler.height, staysOutside: isCubic)
          var from = source + n &* channels &* plane
          var to = target + (n &* channels &* points &+ point)
          for _ in 0..<channels {
            switch interpolation {
            case .nearest: to.pointee = sampler.nearest(from, x, y)
            case .bilinear: to.pointee = sampler.bilinear(from, x, y)
            case .bicubic: to.pointee = sampler.bicubic(from, x, y)
            }
            from += plane
            to += points
          }
        }
      }
    }
  }

  /// One map, and what lies around it.
  private struct Sampler {
    let height: Int
    let width: Int
    let padding: Padding
    let alignCorners: Bool

    /// A number of the grid as an index, brought back into the map as the padding has it, unless it stays outside.
    @inline(__always)
    func place(_ value: Float, _ length: Int, staysOutside: Bool) -> Float {
      let size = Float(length)
      let place = alignCorners ? (value + 1) / 2 * (size - 1) : ((value + 1) * size - 1) / 2
      // Farther away than this nothing changes, and indices fit.
      if staysOutside { return place.isNaN ? -8 : min(max(place, -0x1p20), 0x1p20) }
      return padded(place, size)
    }

    @inline(__always)
    private func padded(_ place: Float, _ size: Float) -> Float {
      switch padding {
      case .zeros: return place.isFinite ? min(max(place, -2), size + 1) : -2
      case .border: return place.isNaN ? 0 : min(max(place, 0), size - 1)
      case .reflection:
        let edge: Float = alignCorners ? 0 : 0.5
        let (low, high) = (-edge, size - 1 + edge)
        guard place.isFinite, high > low else { return 0 }
        let span = high - low
        let distance = abs(place - low)
        let rest = distance.truncatingRemainder(dividingBy: 2 * span)
        let reflected = low + min(rest, 2 * span - rest)
        return min(max(reflected, 0), size - 1)
      }
    }

    /// An element; 0 outside.
    @inline(__always)
    private func element(_ map: UnsafePointer<Float>, _ x: Int, _ y: Int) -> Float {
      x >= 0 && x < width && y >= 0 && y < height ? map[y &* width &+ x] : 0
    }

    @inline(__always)
    func nearest(_ map: UnsafePointer<Float>, _ x: Float, _ y: Float) -> Float {
      element(map, Int(x.rounded(.toNearestOrEven)), Int(y.rounded(.toNearestOrEven)))
    }

    /// The sixteen neighbours, each brought back into the map by itself.
    @inline(__always)
    func bicubic(_ map: UnsafePointer<Float>, _ x: Float, _ y: Float) -> Float {
      let (left, top) = (x.rounded(.down), y.rounded(.down))
      let (across, down) = (Self.cubicWeights(x - left), Self.cubicWeights(y - top))
      var sum: Float = 0
      for i in 0..<4 {
        let row = Int(padded(top + Float(i - 1), Float(height)))
        var line: Float = 0
        for j in 0..<4 {
          line += across[j] * element(map, Int(padded(left + Float(j - 1), Float(width))), row)
        }
        sum += down[i] * line
      }
      return sum
    }

    /// Of the neighbours before, at, after and behind a place that lies `t` after the second.
    @inline(__always)
    private static func cubicWeights(_ t: Float) -> SIMD4<Float> {
      let a: Float = -0.75
      func near(_ d: Float) -> Float { ((a + 2) * d - (a + 3)) * d * d + 1 }
      func far(_ d: Float) -> Float { ((a * d - 5 * a) * d + 8 * a) * d - 4 * a }
      return SIMD4(far(1 + t), near(t), near(1 - t), far(2 - t))
    }

    @inline(__always)
    func bilinear(_ map: UnsafePointer<Float>, _ x: Float, _ y: Float) -> Float {
      let (left, top) = (x.rounded(.down), y.rounded(.down))
      let (right, below) = (x - left, y - top)
      let (column, row) = (Int(left), Int(top))
      let upper = element(map, column, row) * (1 - right) + element(map, column + 1, row) * right
      let lower = element(map, column, row + 1) * (1 - right) + element(map, column + 1, row + 1) * right
      return upper * (1 - below) + lower * below
    }
  }
}
