import Kernels

/// What operators that take several kernels are made of.
extension KernelChain {
  // MARK: - Numbers

  /// One number.
  mutating func constant(_ value: Double, _ scalar: ScalarType = .float) throws -> Value {
    try run(ConstantFillKernel([], value: value, scalar))
  }

  /// Numbers that are known when the kernel is made.
  mutating func constant(_ values: [Float], dims: [Int]) throws -> Value {
    try run(StoredValuesKernel(values, dims: dims))
  }

  /// f(A, B) of floats, with broadcasting.
  mutating func combine(_ function: BinaryFunction, _ a: Value, _ b: Value) throws -> Value {
    try run(BinaryKernel(function, a.dims, b.dims), a, b)
  }

  mutating func combine(_ function: BinaryFunction, _ a: Value, _ number: Double) throws -> Value {
    try combine(function, a, constant(number))
  }

  /// f(A, B) of integers, with broadcasting.
  mutating func combineIntegers(_ function: IntegerBinaryFunction, _ a: Value, _ b: Value) throws -> Value {
    try run(IntegerBinaryKernel(function, a.dims, b.dims), a, b)
  }

  mutating func apply(_ function: Kernels.UnaryFunction, _ x: Value) throws -> Value {
    try run(UnaryKernel(function, x.dims), x)
  }

  /// The same numbers as another element type holds them.
  mutating func cast(_ x: Value, to format: NumberFormat) throws -> Value {
    if x.scalar == .float, format == .float { return x }
    return try run(CastKernel(x.dims, from: x.scalar, to: format), x)
  }

  mutating func reduce(_ function: ReductionFunction, _ x: Value, axes: [Int], keepsAxes: Bool) throws
    -> Value
  {
    let dims = x.dims.indices.compactMap { axis in
      axes.contains(axis) ? (keepsAxes ? 1 : nil) : x.dims[axis]
    }
    return try run(ReductionKernel(function, x.dims, axes: axes.sorted(), outputDims: dims), x)
  }

  mutating func softmax(_ x: Value, axis: Int, takesLogarithm: Bool = false) throws -> Value {
    try run(SoftmaxKernel(x.dims, axis: axis, takesLogarithm: takesLogarithm), x)
  }

  /// A […, m, k] · B […, k, n].
  mutating func product(_ a: Value, _ b: Value) throws -> Value {
    guard a.rank > 1, b.rank > 1, a.dims[a.rank - 1] == b.dims[b.rank - 2] else {
      throw KernelError("matrices of \(a.dims) and \(b.dims) elements have no product")
    }
    return a.scalar == .float
      ? try run(MatMulKernel(a.dims, b.dims, isReproducible: isReproducible), a, b)
      : try run(IntegerMatMulKernel(a.dims, b.dims), a, b)
  }

  // MARK: - Places

  mutating func reshape(_ x: Value, to dims: [Int]) throws -> Value {
    if x.dims == dims { return x }
    guard x.layout.elementCount == dims.reduce(1, *) else {
      throw KernelError("\(x.dims) elements cannot become \(dims)")
    }
    return try run(ReshapeKernel(x.dims, to: dims, x.scalar), x)
  }

  mutating func transpose(_ x: Value, _ permutation: [Int]) throws -> Value {
    if permutation == Array(x.dims.indices) { return x }
    return try run(TransposeKernel(x.dims, permutation: permutation, x.scalar), x)
  }

  /// The last two axes exchanged.
  mutating func transposeMatrices(_ x: Value) throws -> Value {
    try transpose(x, Array(0..<x.rank - 2) + [x.rank - 1, x.rank - 2])
  }

  mutating func expand(_ x: Value, to dims: [Int]) throws -> Value {
    if x.dims == dims { return x }
    guard x.rank <= dims.count,
      zip(x.dims.reversed(), dims.reversed()).allSatisfy({ $0 == 1 || $0 == $1 })
    else { throw KernelError("\(x.dims) does not broadcast to \(dims)") }
    return try run(ExpandKernel(x.dims, to: dims, x.scalar), x)
  }

  /// The indices `range` of an axis.
  mutating func slice(_ x: Value, axis: Int, _ range: Range<Int>) throws -> Value {
    if range == 0..<x.dims[axis] { return x }
    guard range.lowerBound >= 0, range.upperBound <= x.dims[axis] else {
      throw KernelError("axis \(axis) has \(x.dims[axis]) elements, \(range) are read")
    }
    var (starts, counts) = (x.dims.map { _ in 0 }, x.dims)
    (starts[axis], counts[axis]) = (range.lowerBound, range.count)
    return try run(
      SliceKernel(x.dims, starts: starts, steps: x.dims.map { _ in 1 }, counts: counts, x.scalar), x)
  }

  mutating func concatenate(_ parts: [Value], axis: Int) throws -> Value {
    if parts.count == 1 { return parts[0] }
    guard let first = parts.first,
      let whole = append(ConcatKernel(parts.map(\.dims), axis: axis, first.scalar), parts).first ?? nil
    else { throw KernelError("there is nothing to concatenate") }
    return whole
  }

  /// Parts of an axis, of these lengths.
  mutating func split(_ x: Value, axis: Int, _ lengths: [Int]) throws -> [Value] {
    guard lengths.reduce(0, +) == x.dims[axis] else {
      throw KernelError("axis \(axis) has \(x.dims[axis]) elements, its parts \(lengths)")
    }
    return append(SplitKernel(x.dims, axis: axis, lengths: lengths, x.scalar), [x]).compactMap(\.self)
  }
}
