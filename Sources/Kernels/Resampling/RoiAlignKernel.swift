/// Regions of maps pooled to one size, ONNX `RoiAlign`.
///
///     Y[r, c, i, j] = mean or maximum of samples of X[batch_indices[r], c] in cell i, j of region r
///
/// A cell has samplingRatio² samples at even distances, or ⌈cell⌉ a side where the ratio is 0; each is interpolated
/// between its four neighbours. A sample more than one element outside the map counts as 0. The maximum is that of the
/// weighted neighbours of all samples, as ONNX Runtime has it.
///
/// ## Shapes    X [N, C, H, W], rois [R, 4] of x₁, y₁, x₂, y₂, batch_indices [R], Y [R, C, H′, W′]
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__RoiAlign.html>; He et al., "Mask R-CNN", section 3.
package final class RoiAlignKernel: Kernel {
  package enum Pooling: Sendable {
    case average
    case maximum
  }

  package let inputs: [TensorLayout?]
  package let outputs: [TensorLayout?]
  private let dims: [Int]
  private let regionCount: Int
  private let size: (height: Int, width: Int)
  private let pooling: Pooling
  private let spatialScale: Float
  private let samplingRatio: Int
  private let halfPixel: Bool

  /// - Parameters:
  ///   - spatialScale: elements of X for one unit of the regions.
  ///   - halfPixel: whether regions are shifted by half an element, `coordinate_transformation_mode` half_pixel.
  package init(
    _ dims: [Int], regions: Int, size: (height: Int, width: Int), _ pooling: Pooling, spatialScale: Float,
    samplingRatio: Int, halfPixel: Bool
  ) {
    self.dims = dims
    regionCount = regions
    self.size = size
    self.pooling = pooling
    self.spatialScale = spatialScale
    self.samplingRatio = samplingRatio
    self.halfPixel = halfPixel
    inputs = [TensorLayout(dims), TensorLayout([regions, 4]), TensorLayout([regions], .integer)]
    outputs = [TensorLayout([regions, dims[1], size.height, size.width])]
  }

  /// - Throws: when run, ``KernelError`` for a batch index that X does not have.
  package func forward(_ memory: ForwardMemory) throws -> KernelTask {
    let channels = dims[1]
    guard regionCount * channels * size.height * size.width > 0 else { return {} }
    let maps = try memory.inputs.bound(0, Float.self)
    let regions = try memory.inputs.bound(1, Float.self)
    let batch = try memory.inputs.bound(2, Int64.self)
    let target = try memory.outputs.bound(0, Float.self)
    let plane = dims[2] * dims[3]
    let cells = size.height * size.width
    return { [self] in
      for region in 0..<regionCount where batch[region] < 0 || batch[region] >= dims[0] {
        throw KernelError("region \(region) is of sample \(batch[region]), there are \(dims[0])")
      }
      Parallel.run(regionCount * channels, grain: 1) { range in
        for row in range {
          let (region, channel) = row.quotientAndRemainder(dividingBy: channels)
          let map = maps + (Int(batch[region]) &* channels &+ channel) &* plane
          pool(map, regions + 4 &* region, target + row &* cells)
        }
      }
    }
  }

  /// One region of one map.
  private func pool(
    _ map: UnsafePointer<Float>, _ region: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>
  ) {
    let offset: Float = halfPixel ? 0.5 : 0
    let (left, top) = (region[0] * spatialScale - offset, region[1] * spatialScale - offset)
    var (width, height) = (
      region[2] * spatialScale - offset - left, region[3] * spatialScale - offset - top
    )
    if !halfPixel { (width, height) = (max(width, 1), max(height, 1)) }
    let cell = (height: height / Float(size.height), width: width / Float(size.width))
    let rows = sampleCount(cell.height)
    let columns = sampleCount(cell.width)
    for i in 0..<size.height {
      for j in 0..<size.width {
        var result = pooling == .average ? 0 : -Float.infinity
        for row in 0..<rows {
          let y = top + (Float(i) + (Float(row) + 0.5) / Float(rows)) * cell.height
          for column in 0..<columns {
            let x = left + (Float(j) + (Float(column) + 0.5) / Float(columns)) * cell.width
            let sample = neighbours(map, x, y)
            result = pooling == .average ? result + sample.sum() : max(result, sample.max())
          }
        }
        let count = Float(rows * columns)
        target[i &* size.width &+ j] = rows * columns == 0 ? 0 : pooling == .average ? result / count : result
      }
    }
  }

  /// Samples along one side of a cell.
  private func sampleCount(_ side: Float) -> Int {
    if samplingRatio > 0 { return samplingRatio }
    // A region far larger than its map has no more samples than the map could tell apart.
    return side.isFinite ? Int(min(max(side.rounded(.up), 0), Float(4 * (dims[2] + dims[3])))) : 0
  }

  /// The four neighbours of a place, each with its weight.
  @inline(__always)
  private func neighbours(_ map: UnsafePointer<Float>, _ x: Float, _ y: Float) -> SIMD4<Float> {
    let (height, width) = (dims[2], dims[3])
    guard y >= -1, y <= Float(height), x >= -1, x <= Float(width) else { return .zero }
    let (y, x) = (min(max(y, 0), Float(height - 1)), min(max(x, 0), Float(width - 1)))
    let (row, column) = (Int(y), Int(x))
    let (below, right) = (min(row + 1, height - 1), min(column + 1, width - 1))
    let (dy, dx) = (y - Float(row), x - Float(column))
    let values = SIMD4(
      map[row &* width &+ column], map[row &* width &+ right], map[below &* width &+ column],
      map[below &* width &+ right])
    return values * SIMD4((1 - dy) * (1 - dx), (1 - dy) * dx, dy * (1 - dx), dy * dx)
  }
}
