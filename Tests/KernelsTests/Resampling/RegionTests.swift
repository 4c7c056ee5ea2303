import Kernels
import Testing

@Suite("Maps sampled at given places")
struct RegionTests {
  /// The element at a whole place outside of a row, or nil where there is 0.
  private func inside(_ index: Int, _ length: Int, _ padding: GridSampleKernel.Padding, _ align: Bool) -> Int?
  {
    if (0..<length).contains(index) { return index }
    switch padding {
    case .zeros: return nil
    case .border: return min(max(index, 0), length - 1)
    case .reflection:
      // Mirrors about middles of the outermost elements, or about their outer edges.
      var index = index
      while !(0..<length).contains(index) {
        if length == 1 { return 0 }
        if index < 0 {
          index = align ? -index : -1 - index
        } else {
          index = (align ? 2 * length - 2 : 2 * length - 1) - index
        }
      }
      return index
    }
  }

  /// Neighbours of a place with their weights.
  private func taps(_ place: Double, _ interpolation: GridSampleKernel.Interpolation) -> [(Int, Double)] {
    if interpolation == .nearest { return [(Int(place.rounded(.toNearestOrEven)), 1)] }
    let left = place.rounded(.down)
    return [(Int(left), 1 - (place - left)), (Int(left) + 1, place - left)]
  }

  @Test(
    "GridSample interpolates between neighbours",
    arguments: [.bilinear, .nearest] as [GridSampleKernel.Interpolation],
    [.zeros, .border, .reflection] as [GridSampleKernel.Padding])
  func gridSample(interpolation: GridSampleKernel.Interpolation, padding: GridSampleKernel.Padding) throws {
    for (dims, align) in [([2, 3, 5, 4], true), ([2, 3, 5, 4], false), ([1, 2, 1, 6], false)]
      as [([Int], Bool)]
    {
      let x = NaiveTensor<Float>.random(dims)
      let size = (height: 19, width: 33)
      var grid = NaiveTensor<Float>.random([dims[0], size.height, size.width, 2], seed: 2)
      grid.values = grid.values.map { $0 * 2.7 }
      let kernel = GridSampleKernel(dims, size: size, interpolation, padding, alignCorners: align)
      let expected = NaiveTensor<Double>([dims[0], dims[1], size.height, size.width]) { position in
        func place(_ k: Int, _ length: Int) -> Double {
          let value = Double(grid[[position[0], position[2], position[3], k]])
          return align ? (value + 1) / 2 * Double(length - 1) : ((value + 1) * Double(length) - 1) / 2
        }
        var sum = 0.0
        for (row, below) in taps(place(1, dims[2]), interpolation) {
          for (column, right) in taps(place(0, dims[3]), interpolation) {
            guard let y = inside(row, dims[2], padding, align),
              let x0 = inside(column, dims[3], padding, align)
            else { continue }
            sum += below * right * Double(x[[position[0], position[1], y, x0]])
          }
        }
        return sum
      }
      let output = try KernelLaw.outputs(kernel, [Operand(x), Operand(grid)])[0]
      expectClose(output.floats, expected.values)
    }
  }

  @Test("places that are no numbers are outside")
  func gridOfNoNumbers() throws {
    let kernel = GridSampleKernel([1, 1, 2, 2], size: (1, 2), .bilinear, .zeros, alignCorners: false)
    let grid: [Float] = [.nan, 0, .infinity, 0]
    #expect(try KernelLaw.outputs(kernel, [.floats([1, 2, 3, 4]), .floats(grid)]) == [.floats([0, 0])])
  }

  @Test(
    "RoiAlign pools samples of cells",
    arguments: [RoiAlignKernel.Pooling.average, .maximum], [(0, true), (0, false), (2, true), (3, false)])
  func roiAlign(pooling: RoiAlignKernel.Pooling, form: (ratio: Int, halfPixel: Bool)) throws {
    let dims = [2, 3, 11, 9]
    let x = NaiveTensor<Float>.random(dims)
    let regions: [[Float]] = [[1, 2, 14, 17], [-5, -3, 4, 6], [3, 3, 3.5, 3.25], [0, 0, 40, 60]]
    let batch: [Int64] = [0, 1, 1, 0]
    let size = (height: 3, width: 2)
    let kernel = RoiAlignKernel(
      dims, regions: 4, size: size, pooling, spatialScale: 0.5, samplingRatio: form.ratio,
      halfPixel: form.halfPixel)
    let expected = NaiveTensor<Double>([4, 3, size.height, size.width]) { position in
      let offset = form.halfPixel ? 0.5 : 0
      let r = regions[position[0]].map { Double($0) * 0.5 - offset }
      var (width, height) = (r[2] - r[0], r[3] - r[1])
      if !form.halfPixel { (width, height) = (max(width, 1), max(height, 1)) }
      (width, height) = (width / Double(size.width), height / Double(size.height))
      let rows = form.ratio > 0 ? form.ratio : Int(height.rounded(.up))
      let columns = form.ratio > 0 ? form.ratio : Int(width.rounded(.up))
      var samples: [[Double]] = []
      for row in 0..<rows {
        for column in 0..<columns {
          let y = r[1] + height * (Double(position[2]) + (Double(row) + 0.5) / Double(rows))
          let x0 = r[0] + width * (Double(position[3]) + (Double(column) + 0.5) / Double(columns))
          guard (-1...11).contains(y), (-1...9).contains(x0) else {
            samples.append([0])
            continue
          }
          let (yIn, xIn) = (min(max(y, 0), 10), min(max(x0, 0), 8))
          var parts: [Double] = []
          for (i, below) in taps(yIn, .bilinear) {
            for (j, right) in taps(xIn, .bilinear) {
              let value = x[[Int(batch[position[0]]), position[1], min(i, 10), min(j, 8)]]
              parts.append(Double(value) * below * right)
            }
          }
          samples.append(parts)
        }
      }
      if pooling == .maximum { return samples.joined().max() ?? 0 }
      return samples.joined().reduce(0, +) / Double(rows * columns)
    }
    let operands: [Operand?] = [Operand(x), .floats(regions.flatMap { $0 }), .integers(batch)]
    expectClose(try KernelLaw.outputs(kernel, operands)[0].floats, expected.values)
  }

  @Test("RoiAlign refuses a sample that the batch does not have")
  func roiAlignOutOfRange() {
    let kernel = RoiAlignKernel(
      [1, 1, 2, 2], regions: 1, size: (1, 1), .average, spatialScale: 1, samplingRatio: 1, halfPixel: true)
    #expect(throws: KernelError("region 0 is of sample 1, there are 1")) {
      try KernelLaw.outputs(kernel, [.floats([1, 2, 3, 4]), .floats([0, 0, 1, 1]), .integers([1])])
    }
  }
}
