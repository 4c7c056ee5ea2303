import CTurboJPEG

/// JPEG to pixels, with the accurate transform and smooth chroma, as Pillow decodes.
enum JPEGDecoder {
  /// - Throws: `dataset-format` for damaged images, and for CMYK, whose conversion depends on the press.
  static func decode(_ bytes: [UInt8], _ path: String) throws -> Raster {
    guard let decoder = tjInitDecompress() else {
      throw DatasetError(.memory, path, "cannot be decoded: out of memory")
    }
    defer { tjDestroy(decoder) }
    func damaged() -> DatasetError {
      DatasetError(
        .format, path, "is a damaged JPEG: \(String(cString: tjGetErrorStr2(decoder)))",
        hint: "replace or remove the file")
    }

    var (width, height, subsampling, space) = (Int32(), Int32(), Int32(), Int32())
    guard
      tjDecompressHeader3(decoder, bytes, UInt(bytes.count), &width, &height, &subsampling, &space) == 0
    else { throw damaged() }
    if space == TJCS_CMYK.rawValue || space == TJCS_YCCK.rawValue {
      throw DatasetError(.format, path, "is a CMYK JPEG", hint: "convert it to RGB")
    }
    try Raster.checkSize(Int(width), Int(height), path)

    let isGrey = space == TJCS_GRAY.rawValue
    let channels = isGrey ? 1 : 3
    let format = isGrey ? TJPF_GRAY : TJPF_RGB
    // A warning is damage: the rest of the image would be grey. Scans are limited against images that decode for hours.
    let flags = TJFLAG_ACCURATEDCT | TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS
    let count = Int(width) * Int(height) * channels
    let pixels = try [UInt8](unsafeUninitializedCapacity: count) { target, filled in
      guard
        tjDecompress2(
          decoder, bytes, UInt(bytes.count), target.baseAddress, width, 0, height, format.rawValue, flags)
          == 0
      else { throw damaged() }
      filled = count
    }
    return Raster(width: Int(width), height: Int(height), channels: channels, pixels: pixels)
  }
}
