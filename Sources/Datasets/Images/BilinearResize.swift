/// Resizing as Pillow's `Image.resize(size, Image.Resampling.BILINEAR)` does it, to the last bit.
///
/// Each target pixel is the mean of the source under a triangle around its centre. The triangle is as wide as two source
/// pixels, or, where the image shrinks, as two target pixels, which is the antialiasing. Rows first, then columns, each
/// with weights of 22 fractional bits and a result of 8 bits.
enum BilinearResize {
  private static let fractionBits = 22

  static func resize(_ image: Raster, width: Int, height: Int) -> Raster {
    var result = image
    if width != image.width {
      // [height, width, channels]
      let pixels = resample(
        result.pixels, outer: image.height, from: image.width, to: width, inner: image.channels)
      result = Raster(width: width, height: image.height, channels: image.channels, pixels: pixels)
    }
    if height != image.height {
      let pixels = resample(
        result.pixels, outer: 1, from: image.height, to: height, inner: width * image.channels)
      result = Raster(width: width, height: height, channels: image.channels, pixels: pixels)
    }
    return result
  }

  /// [outer, from, inner] to [outer, to, inner].
  private static func resample(
    _ pixels: [UInt8], outer: Int, from: Int, to: Int, inner: Int
  ) -> [UInt8] {
    let windows = (0..<to).map { window(at: $0, from: from, to: to) }
    return [UInt8](unsafeUninitializedCapacity: outer * to * inner) { target, filled in
      pixels.withUnsafeBufferPointer { pixels in
        for row in 0..<outer {
          for (index, window) in windows.enumerated() {
            let source = (row * from + window.start) * inner
            let start = (row * to + index) * inner
            for element in 0..<inner {
              var sum = 1 << (fractionBits - 1)
              for (tap, weight) in window.weights.enumerated() {
                sum += Int(pixels[source + tap * inner + element]) * weight
              }
              target[start + element] = UInt8(clamping: sum >> fractionBits)
            }
          }
        }
      }
      filled = outer * to * inner
    }
  }

  /// The source pixels under the triangle of a target pixel, and their weights.
  private static func window(at index: Int, from: Int, to: Int) -> (start: Int, weights: [Int]) {
    let scale = Double(from) / Double(to)
    let reach = max(scale, 1)
    let centre = (Double(index) + 0.5) * scale
    let start = max(Int(centre - reach + 0.5), 0)
    let end = min(Int(centre + reach + 0.5), from)
    let weights = (start..<end).map { max(1 - abs((Double($0) - centre + 0.5) * (1 / reach)), 0) }
    let sum = weights.reduce(0, +)
    return (start, weights.map { Int($0 / sum * Double(1 << fractionBits) + 0.5) })
  }
}
