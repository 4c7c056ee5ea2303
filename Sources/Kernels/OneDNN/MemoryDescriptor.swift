import COneDNN

/// How a tensor of floats lies in memory, in oneDNN's words.
final class MemoryDescriptor: Equatable, @unchecked Sendable {
  /// Never changed after it was made.
  let handle: OpaquePointer
  let isRowMajor: Bool

  init(rowMajor dims: [Int]) {
    handle = Self.rowMajor(dims)
    isRowMajor = true
  }

  /// The layout is the primitive's choice.
  init(any dims: [Int]) {
    guard let handle = shim_descriptor_any(Int32(dims.count), dims.map(Int64.init)) else {
      preconditionFailure("a tensor of rank \(dims.count) has no descriptor")
    }
    self.handle = handle
    isRowMajor = false
  }

  /// Rows of a matrix or axes of a tensor that lie `strides` elements apart.
  init(_ dims: [Int], strides: [Int]) {
    guard
      let handle = shim_descriptor_strided(Int32(dims.count), dims.map(Int64.init), strides.map(Int64.init))
    else { preconditionFailure("no descriptor for \(dims) with strides \(strides)") }
    self.handle = handle
    isRowMajor = false
  }

  /// A tensor [N, C, …] with its channels in blocks, innermost, the last filled up; nil where there is no such layout.
  init?(_ dims: [Int], block: Int) {
    guard let handle = shim_descriptor_blocked(Int32(dims.count), dims.wide, Int32(block)) else { return nil }
    self.handle = handle
    isRowMajor = false
  }

  /// What a primitive chose for a tensor of these lengths.
  init(taking handle: OpaquePointer, dims: [Int]) {
    self.handle = handle
    let plain = Self.rowMajor(dims)
    isRowMajor = shim_descriptor_equal(handle, plain)
    shim_descriptor_free(plain)
  }

  deinit { shim_descriptor_free(handle) }

  var byteCount: Int { shim_descriptor_bytes(handle) }

  static func == (a: MemoryDescriptor, b: MemoryDescriptor) -> Bool {
    shim_descriptor_equal(a.handle, b.handle)
  }

  private static func rowMajor(_ dims: [Int]) -> OpaquePointer {
    // A scalar is a vector of one element here.
    let lengths = dims.isEmpty ? [1] : dims.map(Int64.init)
    guard let handle = shim_descriptor_strided(Int32(lengths.count), lengths, nil) else {
      preconditionFailure("a tensor of rank \(dims.count) has no descriptor")
    }
    return handle
  }
}
