/// Vectors of indices that name slices of a tensor: what `GatherND` and `ScatterND` have in common.
///
///     slice(t) = Σ k  t[k] · stride[k]      in slices, from the start of a batch
struct IndexTuples {
  /// Numbers in a vector.
  let width: Int
  /// Vectors in all.
  let count: Int
  /// Slices that can be named.
  let sliceCount: Int
  /// Elements of a slice.
  let sliceLength: Int
  private let lengths: [Int]
  private let strides: [Int]
  private let firstAxis: Int

  /// - Parameters:
  ///   - indexed: the axes of `dims` that vectors go through; those after them are a slice.
  init(_ dims: [Int], indexed: Range<Int>, count: Int) {
    width = indexed.count
    self.count = count
    lengths = Array(dims[indexed])
    strides = TensorLayout(lengths).rowMajorStrides
    sliceCount = lengths.reduce(1, *)
    sliceLength = dims[indexed.upperBound...].reduce(1, *)
    firstAxis = indexed.lowerBound
  }

  /// - Throws: ``KernelError`` that names the first index out of range.
  func check(_ indices: UnsafePointer<Int64>) throws {
    for tuple in 0..<count {
      for k in 0..<width {
        let index = indices[tuple &* width &+ k]
        guard index < -Int64(lengths[k]) || index >= Int64(lengths[k]) else { continue }
        throw KernelError(
          "index \(index) (vector \(tuple)) is out of range: axis \(firstAxis + k) has \(lengths[k])")
      }
    }
  }

  /// The slice that a vector names.
  @inline(__always)
  func slice(_ tuple: Int, _ indices: UnsafePointer<Int64>) -> Int {
    var slice = 0
    for k in 0..<width { slice &+= fromFront(indices[tuple &* width &+ k], lengths[k]) &* strides[k] }
    return slice
  }
}
