import Foundation

/// Arrays as NumPy stores them, for data sets of tests.
package enum NumPyFile {
  /// Writes little-endian floats in row-major order, format version 1.0.
  package static func write(_ floats: [Float], shape: [Int], to path: String) throws {
    precondition(floats.count == shape.reduce(1, *))
    let dims = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
    var header = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(dims)), }"
    header += String(repeating: " ", count: 63 - (10 + header.utf8.count) % 64) + "\n"
    var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0]
    bytes += [UInt8(header.utf8.count & 0xff), UInt8(header.utf8.count >> 8)] + Array(header.utf8)
    floats.withUnsafeBytes { bytes += $0 }
    try Data(bytes).write(to: URL(filePath: path))
  }
}
