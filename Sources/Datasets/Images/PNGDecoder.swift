import CPNG

/// PNG to pixels, through libpng's simplified interface, which needs no `setjmp`.
///
/// Numbers come out as they are stored, as Pillow and torchvision have them: transparency is dropped, and chunks about
/// colour (gamma, profiles) are not shown to libpng, which would convert to sRGB.
enum PNGDecoder {
  static let signature: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

  /// - Throws: `dataset-format` for damaged images, and for 16 bits a channel.
  static func decode(_ bytes: [UInt8], _ path: String) throws -> Raster {
    let header = try PNGHeader(bytes, path)
    try Raster.checkSize(header.width, header.height, path)
    if header.bitDepth == 16 {
      throw DatasetError(.format, path, "is a PNG of 16 bits a channel", hint: "convert it to 8 bits")
    }
    let essential = try essentialChunks(bytes, path)

    var image = png_image()
    image.version = UInt32(PNG_IMAGE_VERSION)
    defer { png_image_free(&image) }
    // libpng keeps the address and reads there until the end, so the bytes have to live as long.
    return try essential.withUnsafeBytes { try pixels(of: &image, header, $0, path) }
  }

  private static func pixels(
    of image: inout png_image, _ header: PNGHeader, _ source: UnsafeRawBufferPointer, _ path: String
  ) throws -> Raster {
    guard png_image_begin_read_from_memory(&image, source.baseAddress, source.count) != 0 else {
      throw damaged(path, &image)
    }
    // Alpha is asked for where there is some, as libpng would blend otherwise.
    let hasAlpha = image.format & UInt32(PNG_FORMAT_FLAG_ALPHA) != 0
    let isColour = image.format & UInt32(PNG_FORMAT_FLAG_COLOR) != 0
    image.format = UInt32((hasAlpha ? PNG_FORMAT_FLAG_ALPHA : 0) | (isColour ? PNG_FORMAT_FLAG_COLOR : 0))
    let channels = isColour ? 3 : 1
    let stored = channels + (hasAlpha ? 1 : 0)
    var pixels = [UInt8](repeating: 0, count: header.width * header.height * stored)
    // A warning is damage here: chunks that could be merely odd were left out.
    guard png_image_finish_read(&image, nil, &pixels, 0, nil) != 0, image.warning_or_error == 0 else {
      throw damaged(path, &image)
    }
    if hasAlpha { pixels = dropAlpha(pixels, stored) }
    return Raster(width: header.width, height: header.height, channels: channels, pixels: pixels)
  }

  private static func dropAlpha(_ pixels: [UInt8], _ stored: Int) -> [UInt8] {
    pixels.indices.lazy.filter { $0 % stored != stored - 1 }.map { pixels[$0] }
  }

  /// The image with the chunks alone that its pixels need: header, palette, transparency, data and end.
  private static func essentialChunks(_ bytes: [UInt8], _ path: String) throws -> [UInt8] {
    let names = ["IHDR", "PLTE", "tRNS", "IDAT", "IEND"].map { Array($0.utf8) }
    var result = signature
    result.reserveCapacity(bytes.count)
    var start = signature.count
    while start < bytes.count {
      guard bytes.count - start >= 12 else { break }
      let length = bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
      guard length <= bytes.count - start - 12 else { break }
      let chunk = bytes[start..<start + 12 + length]
      if names.contains(where: chunk.dropFirst(4).starts) { result += chunk }
      if chunk.dropFirst(4).starts(with: names[4]) { return result }
      start += 12 + length
    }
    throw DatasetError(
      .format, path, "is a damaged PNG: it ends too early", hint: "replace or remove the file")
  }

  private static func damaged(_ path: String, _ image: inout png_image) -> DatasetError {
    let message = withUnsafeBytes(of: &image.message) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    return DatasetError(
      .format, path, "is a damaged PNG: \(message)", hint: "replace or remove the file")
  }
}

/// What a PNG says of itself before anything is decompressed.
private struct PNGHeader {
  let width: Int
  let height: Int
  let bitDepth: UInt8

  init(_ bytes: [UInt8], _ path: String) throws {
    // Signature, length, IHDR, width, height, depth.
    guard bytes.count > 24, bytes[12..<16].elementsEqual(Array("IHDR".utf8)) else {
      throw DatasetError(
        .format, path, "is a damaged PNG: it has no header", hint: "replace or remove the file")
    }
    width = bytes[16..<20].reduce(0) { $0 << 8 | Int($1) }
    height = bytes[20..<24].reduce(0) { $0 << 8 | Int($1) }
    bitDepth = bytes[24]
  }
}
