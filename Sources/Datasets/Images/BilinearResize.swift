/// Resizing as Pillow's `Image.resize(size, Image.Resampling.BILINEAR)` does it, to the last bit.
///
/// Each target pixel is the mean of the source under a triangle around its centre. The triangle is as wide as two
/// source pixels, or, where the image shrinks, as two target pixels, which is the antialiasing. Rows first, then
/// columns, each with weights of 22 fractional bits and a result of 8 bits.
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
    let windows = (0..<to).map { Window(at: $0, from: from, to: to) }
    var sums = [Int32](repeating: 0, count: inner)
    return [UInt8](unsafeUninitializedCapacity: outer * to * inner) { target, filled in
      pixels.withUnsafeBufferPointer { pixels in
        sums.withUnsafeMutableBufferPointer { sums in
          for row in 0..<outer {
            for (index, window) in windows.enumerated() {
              let source = UnsafeBufferPointer(rebasing: pixels[((row * from + window.start) * inner)...])
              let start = (row * to + index) * inner
              add(source, window, sums)
              for element in 0..<inner {
                target[start + element] = UInt8(clamping: sums[element] >> fractionBits)
              }
            }
          }
        }
      }
      filled = outer * to * inner
    }
  }

  /// The weighted sums of a window, and a half to round by; at most 255·2²² and a little, which 32 bits hold.
  @inline(__always)
  private static func add(
    _ source: UnsafeBufferPointer<UInt8>, _ window: Window, _ sums: UnsafeMutableBufferPointer<Int32>
  ) {
    let inner = sums.count
    sums.update(repeating: 1 << (fractionBits - 1))
    window.weights.withUnsafeBufferPointer { weights in
      for tap in weights.indices {
        let weight = weights[tap]
        for element in 0..<inner { sums[element] &+= Int32(source[tap * inner + element]) &* weight }
      }
    }
  }

  /// The source pixels under the triangle of a target pixel, and their weights.
  private struct Window {
    let start: Int
    let weights: [Int32]

    init(at index: Int, from: Int, to: Int) {
      let scale = Double(from) / Double(to)
      let reach = max(scale, 1)
      let centre = (Double(index) + 0.5) * scale
      let first = max(Int(centre - reach + 0.5), 0)
      let end = min(Int(centre + reach + 0.5), from)
      let shares = (first..<end).map { max(1 - abs((Double($0) - centre + 0.5) * (1 / reach)), 0) }
      let sum = shares.reduce(0, +)
      start = first
      weights = shares.map { Int32($0 / sum * Double(1 << fractionBits) + 0.5) }
    }
  }
}
