/// A decoded image: 8-bit pixels [height, width, channels], grey or RGB.
struct Raster {
  let width: Int
  let height: Int
  /// 1 or 3.
  let channels: Int
  var pixels: [UInt8]

  /// More pixels than any camera's image, and few enough to decode one a thread.
  static let pixelLimit = 1 << 27

  /// The image as grey or as RGB; grey from RGB is ITU-R 601 luma, rounded as Pillow rounds it.
  func converted(channels: Int) -> Raster {
    if channels == self.channels { return self }
    let converted =
      channels == 3
      ? pixels.flatMap { [$0, $0, $0] }
      : stride(from: 0, to: pixels.count, by: 3).map { start in
        let (red, green, blue) = (Int(pixels[start]), Int(pixels[start + 1]), Int(pixels[start + 2]))
        return UInt8((red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16)
      }
    return Raster(width: width, height: height, channels: channels, pixels: converted)
  }

  /// - Throws: `dataset-format` for an image without pixels, or with too many.
  static func checkSize(_ width: Int, _ height: Int, _ path: String) throws {
    guard width > 0, height > 0 else {
      throw DatasetError(
        .format, path, "states no pixels: it is damaged, or was cut off", hint: "replace or remove the file")
    }
    guard let count = ElementCount.of([width, height]), count <= pixelLimit else {
      throw DatasetError(
        .format, path, "states \(width)×\(height) pixels, at most \(pixelLimit) are decoded",
        hint: "scale it down")
    }
  }
}
