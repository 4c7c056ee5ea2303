/// Every array of an `.npz` archive, by name, as floats: not a data set, but numbers to compare with.
package struct NumPyArchive {
  /// One array, in C order.
  package struct Array: Sendable {
    package let shape: [Int]
    package let floats: [Float]
  }

  package let arrays: [String: Array]

  /// Reads all of it; bytes become the numbers that they are.
  ///
  /// - Parameter memoryLimit: how many bytes the arrays in memory may take.
  /// - Throws: `dataset-open`, `dataset-format`, `dataset-memory`.
  package init(_ path: String, memoryLimit: Int = 16 << 30) throws {
    let archive = try ZipArchive(path)
    var arrays: [String: Array] = [:]
    var left = memoryLimit
    for member in archive.names where member.hasSuffix(".npy") {
      guard let source = try archive.member(member) else { continue }
      let array = try NPYArray(source, limit: left)
      left -= array.memory
      let floats =
        switch array.content {
        case .bytes(let bytes): bytes.map { Float($0) }
        case .floats(let floats): floats
        }
      arrays[String(member.dropLast(4))] = Array(shape: array.shape, floats: floats)
    }
    self.arrays = arrays
  }
}
