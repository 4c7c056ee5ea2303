import GraphIR

/// Recognises files of other kinds, which people take for ONNX models.
enum ForeignFormat {
  /// What the file is, if it begins like a well-known other format; certain from its first bytes.
  static func name(of bytes: UnsafeRawBufferPointer) -> String? {
    func starts(_ signature: StaticString, at offset: Int = 0) -> Bool {
      signature.withUTF8Buffer { signature in
        bytes.count >= offset + signature.count
          && zip(bytes[offset...], signature).allSatisfy { $0 == $1 }
      }
    }
    func starts(_ signature: [UInt8]) -> Bool { bytes.starts(with: signature) }
    if starts("version https://git-lfs") {
      return "a Git LFS pointer, not the file that it stands for (run `git lfs pull`)"
    }
    if starts("PK\u{3}\u{4}") {
      return "a zip archive, such as a PyTorch .pt/.pth file, a Keras model or an .npz"
    }
    if starts([0x1f, 0x8b]) { return "gzip-compressed (decompress it first)" }
    if starts([0x28, 0xb5, 0x2f, 0xfd]) { return "zstd-compressed (decompress it first)" }
    if starts([0xfd, 0x37, 0x7a, 0x58, 0x5a]) { return "xz-compressed (decompress it first)" }
    if starts("ORTM", at: 4) {
      return "an ONNX Runtime .ort flatbuffer (use the .onnx file that it was made from)"
    }
    if starts("TFL3", at: 4) { return "a TensorFlow Lite flatbuffer" }
    if starts([0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a]) { return "an HDF5 file, such as a Keras .h5 model" }
    if starts("GGUF") { return "a GGUF file" }
    // Protocols 2 to 5, from PROTO to STOP.
    let isWhole =
      bytes.count >= 4 && bytes[0] == 0x80 && (2...5).contains(bytes[1]) && bytes.last == UInt8(ascii: ".")
    if isWhole || starts([0x80, 0x02, 0x8a, 0x0a]) || starts([0x80, 0x02, 0x63])
      || starts([0x80, 0x04, 0x95])
    {
      return "a Python pickle, such as an old PyTorch .pth file"
    }
    if starts([0x93]) && starts("NUMPY", at: 1) { return "a NumPy .npy array" }
    if starts([0x89]) && starts("PNG", at: 1) { return "a PNG image" }
    if starts([0xff, 0xd8, 0xff]) { return "a JPEG image" }
    if starts([0x7f]) && starts("ELF", at: 1) { return "an ELF program or library" }
    if starts("%PDF") { return "a PDF document" }
    if isSafetensors(bytes) { return "a safetensors file, which has weights and no graph" }
    return nil
  }

  /// A 64-bit length of a JSON object, and the object.
  private static func isSafetensors(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard bytes.count >= 10, bytes[8] == UInt8(ascii: "{"), bytes[9] == UInt8(ascii: "\"") else {
      return false
    }
    return bytes.loadUnaligned(as: UInt64.self).littleEndian < UInt64(bytes.count)
  }

  /// Whether the file is text, as far as its first bytes show; asked when it turned out to be no model.
  static func isText(_ bytes: UnsafeRawBufferPointer) -> Bool {
    let head = bytes.prefix(512)
    guard head.count >= 4 else { return false }
    return head.allSatisfy { $0 >= 0x20 && $0 != 0x7f || $0 == 0x0a || $0 == 0x0d || $0 == 0x09 }
      && head.count { $0 >= 0x80 } < head.count / 2
  }

  static func error(_ name: String) -> CompileError {
    CompileError("not-onnx", "this is not an ONNX model but \(name)")
  }
}
