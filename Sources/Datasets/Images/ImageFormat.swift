/// Which images are read, and by whom.
enum ImageFormat {
  /// A file larger than this is no image that somebody trains with.
  private static let byteLimit = 1 << 28
  private static let readable = [".jpg", ".jpeg", ".png"]
  private static let others = [
    ".bmp", ".gif", ".heic", ".avif", ".tif", ".tiff", ".webp", ".jp2", ".jxl", ".ppm",
  ]

  /// Whether a name is an image's, be it of a format that is read or not.
  static func isImageName(_ name: String) -> Bool { has(name, readable + others) }

  static func isReadableName(_ name: String) -> Bool { has(name, readable) }

  private static func has(_ name: String, _ endings: [String]) -> Bool {
    let name = name.lowercased()
    return endings.contains { name.hasSuffix($0) }
  }

  /// Decodes a JPEG or PNG; what it is, its first bytes tell, as names are often wrong.
  ///
  /// - Throws: `dataset-open`, `dataset-format`, naming the file.
  static func decode(_ path: String) throws -> Raster {
    let bytes = try DataFile.contents(path, limit: byteLimit)
    if bytes.starts(with: [0xff, 0xd8, 0xff]) { return try JPEGDecoder.decode(bytes, path) }
    if bytes.starts(with: PNGDecoder.signature) { return try PNGDecoder.decode(bytes, path) }
    throw DatasetError(
      .format, path, bytes.isEmpty ? "is empty" : "is neither JPEG nor PNG, whatever its name says")
  }
}
