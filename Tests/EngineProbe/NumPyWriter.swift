#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Arrays of floats as NumPy stores them, format version 1.0.
enum NumPyWriter {
  static func write(_ numbers: UnsafeMutableBufferPointer<Float>, _ dims: [Int], to path: String) {
    let shape = dims.map(String.init).joined(separator: ", ") + (dims.count == 1 ? "," : "")
    var header = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(shape)), }"
    header += String(repeating: " ", count: 63 - (10 + header.utf8.count) % 64) + "\n"
    let length = header.utf8.count
    let head: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 0xff), UInt8(length >> 8)]
    write([head, Array(header.utf8), Array(UnsafeRawBufferPointer(numbers))], to: path)
  }

  static func writeText(_ text: String, to path: String) { write([Array(text.utf8)], to: path) }

  private static func write(_ parts: [[UInt8]], to path: String) {
    guard let file = fopen(path, "wb") else {
      print("engine-probe: cannot write \(path)")
      exit(1)
    }
    for part in parts { fwrite(part, 1, part.count, file) }
    fclose(file)
  }
}
