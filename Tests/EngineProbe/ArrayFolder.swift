import Foundation

/// Writes `.npy` arrays of floats into one folder.
struct ArrayFolder {
  private let folder: URL

  /// Makes the folder if there is none.
  init(_ path: String) throws {
    folder = URL(fileURLWithPath: path, isDirectory: true)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  /// Writes `name.npy`, with `/` and `%` of the name as in a URL.
  ///
  /// - SeeAlso: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>
  func write(_ name: String, _ dims: [Int], _ elements: UnsafeMutableBufferPointer<Float>) throws {
    let shape = dims.map { "\($0)," }.joined(separator: " ")
    var header = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(shape)), }"
    // Magic, version and length take 10 bytes; all of it a multiple of 64.
    header += String(repeating: " ", count: 63 - (header.utf8.count + 10) % 64) + "\n"
    var bytes = Data([0x93] + Array("NUMPY".utf8) + [1, 0])
    bytes.append(UInt8(header.utf8.count & 0xff))
    bytes.append(UInt8(header.utf8.count >> 8))
    bytes.append(contentsOf: header.utf8)
    bytes.append(contentsOf: UnsafeRawBufferPointer(elements))
    let file = name.replacingOccurrences(of: "%", with: "%25").replacingOccurrences(of: "/", with: "%2F")
    try bytes.write(to: folder.appendingPathComponent(file + ".npy"))
  }
}
