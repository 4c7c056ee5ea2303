import COneDNN

/// Everything that tells one convolution from another.
struct ConvolutionShape: Hashable {
  let input: [Int]
  let weights: [Int]
  let output: [Int]
  var hasBias: Bool
  let geometry: ConvolutionGeometry
  var activation: Activation?

  var outputChannels: Int { output[1] }

  /// W as oneDNN counts it: [O, I, …], with the groups as an axis in front where there are several.
  private var nativeWeights: [Int] {
    let (groups, kernel) = (geometry.groups, Array(weights[2...]))
    let (o, i) = (output[1] / groups, input[1] / groups)
    return groups == 1 ? [o, i] + kernel : [groups, o, i] + kernel
  }

  /// How ONNX's row-major W looks under ``nativeWeights``.
  private var storedWeights: MemoryDescriptor {
    guard geometry.isTransposed else { return MemoryDescriptor(rowMajor: nativeWeights) }
    // Stored as [G, I, O, …].
    let area = weights[2...].reduce(1, *)
    let (o, i) = (output[1] / geometry.groups, input[1] / geometry.groups)
    var strides = [area, o * area]
    if geometry.groups > 1 { strides.insert(i * o * area, at: 0) }
    var inner = area
    for length in weights[2...] {
      inner /= max(length, 1)
      strides.append(inner)
    }
    return MemoryDescriptor(nativeWeights, strides: strides)
  }

  /// How W, or its gradient, lies for a primitive.
  func weightLayout(_ primitive: Primitive, _ part: shim_part) throws -> WeightLayout {
    guard let native = primitive.descriptor(part, nativeWeights) else {
      throw KernelError("oneDNN: a convolution without weights")
    }
    return WeightLayout(stored: storedWeights, native: native)
  }

  // MARK: - Primitives

  /// - Throws: ``KernelError`` where oneDNN has none.
  func forward(isTraining: Bool, _ algorithm: shim_convolution_algorithm) throws -> Primitive {
    let attributes = try activation.map { try FusedOperations([$0]) }
    return try make(
      isTraining ? shim_forward_training : shim_forward_inference, algorithm,
      source: MemoryDescriptor(any: input), destination: MemoryDescriptor(any: output), attributes, nil)
  }

  func byData(_ algorithm: shim_convolution_algorithm, forward: Primitive) throws -> Primitive {
    try make(shim_backward_data, algorithm, of: forward)
  }

  func byWeights(_ algorithm: shim_convolution_algorithm, forward: Primitive) throws -> Primitive {
    try make(shim_backward_weights, algorithm, of: forward)
  }

  /// A backward pass, with X and Y as the forward pass has them.
  private func make(
    _ direction: shim_direction, _ algorithm: shim_convolution_algorithm, of forward: Primitive
  )
    throws -> Primitive
  {
    guard let source = forward.descriptor(shim_source, input),
      let destination = forward.descriptor(shim_destination, output)
    else { throw KernelError("oneDNN: a convolution without operands") }
    return try make(direction, algorithm, source: source, destination: destination, nil, forward)
  }

  private func make(
    _ direction: shim_direction, _ algorithm: shim_convolution_algorithm, source: MemoryDescriptor,
    destination: MemoryDescriptor, _ attributes: FusedOperations?, _ forward: Primitive?
  ) throws -> Primitive {
    let weights = MemoryDescriptor(any: nativeWeights)
    let bias = hasBias && direction != shim_backward_data ? MemoryDescriptor(rowMajor: [outputChannels]) : nil
    return try withExtendedLifetime((attributes, forward, bias)) {
      try Primitive(
        shim_convolution(
          direction, geometry.isTransposed, algorithm, source.handle, weights.handle, bias?.handle,
          destination.handle, geometry.strides.wide, geometry.dilations.map { Int64($0 - 1) },
          geometry.padsBegin.wide, geometry.padsEnd.wide, attributes?.handle, forward?.handle))
    }
  }
}

/// The two forms of W: as the model stores it, and as a primitive reads it.
struct WeightLayout {
  let stored: MemoryDescriptor
  let native: MemoryDescriptor

  /// Bytes for the primitive's form; 0 where the stored form serves.
  var byteCount: Int { stored == native ? 0 : native.byteCount }

  /// W where a primitive finds it, and what brings it there.
  struct Arranged {
    let descriptor: MemoryDescriptor
    let address: UnsafeMutableRawPointer?
    let reorder: PrimitiveCall?

    func operand(_ argument: shim_argument) throws -> PrimitiveCall.Operand {
      try PrimitiveCall.Operand(argument, descriptor, address)
    }

    func run() throws { try reorder?.run() }
  }

  /// From the model's form into the primitive's.
  func arrange(from source: UnsafeMutableRawPointer?, into target: UnsafeMutableRawPointer?) throws
    -> Arranged
  {
    guard byteCount > 0 else { return Arranged(descriptor: stored, address: source, reorder: nil) }
    return Arranged(
      descriptor: native, address: target, reorder: try Reorder.call(stored, source, to: native, target))
  }

  /// From the primitive's form into the model's: for a gradient.
  func arrange(into target: UnsafeMutableRawPointer?, from source: UnsafeMutableRawPointer?) throws
    -> Arranged
  {
    guard byteCount > 0 else { return Arranged(descriptor: stored, address: target, reorder: nil) }
    return Arranged(
      descriptor: native, address: source, reorder: try Reorder.call(native, source, to: stored, target))
  }
}
