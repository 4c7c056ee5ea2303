/// What one element of a tensor is while a network runs: every floating-point type is computed as Float, every integer
/// and boolean as Int64.
package enum ScalarType: Sendable {
  case float
  case integer

  package var byteCount: Int { self == .float ? MemoryLayout<Float>.stride : MemoryLayout<Int64>.stride }
}

/// How a tensor lies in memory: lengths of its axes, element type, and either row-major or in a layout of oneDNN's.
package struct TensorLayout: Sendable, Equatable {
  package let dims: [Int]
  package let scalar: ScalarType
  /// Nil where the tensor is row-major.
  let native: MemoryDescriptor?

  /// A row-major tensor.
  package init(_ dims: [Int], _ scalar: ScalarType = .float) {
    self.dims = dims
    self.scalar = scalar
    native = nil
  }

  /// A tensor of floats as a oneDNN primitive wants it; one that says row-major is taken as such.
  init(_ dims: [Int], native: MemoryDescriptor) {
    self.dims = dims
    scalar = .float
    self.native = native.isRowMajor ? nil : native
  }

  package var isRowMajor: Bool { native == nil }

  /// The same tensor, row-major.
  package var rowMajor: TensorLayout { TensorLayout(dims, scalar) }

  package var elementCount: Int { dims.reduce(1, *) }

  /// Bytes in memory; a blocked layout may take more than its elements do.
  package var byteCount: Int { native?.byteCount ?? elementCount * scalar.byteCount }

  /// What oneDNN calls this.
  var descriptor: MemoryDescriptor { native ?? MemoryDescriptor(rowMajor: dims) }
}
