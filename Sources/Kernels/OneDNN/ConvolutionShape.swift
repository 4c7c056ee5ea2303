import COneDNN

/// Everything that tells one convolution from another.
struct ConvolutionShape: Hashable {
  let input: [Int]
  let weights: [Int]
  let output: [Int]
  var hasBias: Bool
  let geometry: ConvolutionGeometry
  var activation: Activation?
  /// How X and Y lie.
  private var arrangement = Arrangement.free

  private enum Arrangement: Hashable {
    /// As the primitive wants them.
    case free
    case rowMajor
    /// X's channels in blocks of this length, the last filled up with zeros, and counted so.
    case blocks(Int)
  }

  private var block: Int? {
    if case .blocks(let length) = arrangement { length } else { nil }
  }

  init(
    input: [Int], weights: [Int], output: [Int], hasBias: Bool, geometry: ConvolutionGeometry,
    activation: Activation?
  ) {
    (self.input, self.weights, self.output) = (input, weights, output)
    (self.hasBias, self.geometry, self.activation) = (hasBias, geometry, activation)
  }

  /// The same convolution on whole blocks of channels. For fewer channels than a block oneDNN's forward pass wants
  /// them as those of an image, which no fast backward pass can read.
  ///
  /// - Returns: nil where X has whole blocks already, or cannot lie so.
  func filled(upTo block: Int) -> ConvolutionShape? {
    guard geometry.groups == 1, !geometry.isTransposed, (3...5).contains(input.count), input[1] % block != 0
    else { return nil }
    var result = self
    result.arrangement = .blocks(block)
    return result
  }

  var rowMajor: ConvolutionShape {
    var result = self
    result.arrangement = .rowMajor
    return result
  }

  var outputChannels: Int { output[1] }

  /// X as oneDNN counts it.
  private var nativeInput: [Int] {
    guard let block else { return input }
    return [input[0], (input[1] + block - 1) / block * block] + input[2...]
  }

  /// How X lies for a primitive.
  func sourceLayout(_ forward: Primitive) -> TensorLayout? {
    guard let block else { return forward.layout(shim_source, input) }
    return MemoryDescriptor(input, block: block).map { TensorLayout(input, native: $0) }
  }

  /// W as oneDNN counts it: [O, I, …], with the groups as an axis in front where there are several.
  private var nativeWeights: [Int] { weights(on: nativeInput) }

  private func weights(on input: [Int]) -> [Int] {
    let (groups, kernel) = (geometry.groups, Array(weights[2...]))
    let (o, i) = (output[1] / groups, input[1] / groups)
    return groups == 1 ? [o, i] + kernel : [groups, o, i] + kernel
  }

  /// How ONNX's row-major W looks under ``nativeWeights``.
  private var storedWeights: MemoryDescriptor {
    guard geometry.isTransposed else { return MemoryDescriptor(rowMajor: weights(on: input)) }
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
    return WeightLayout(
      stored: storedWeights, native: native,
      filled: block.map { _ in .init(weights(on: input), within: nativeWeights) })
  }

  // MARK: - Primitives

  /// - Throws: ``KernelError`` where oneDNN has none.
  func forward(isTraining: Bool, _ algorithm: shim_convolution_algorithm) throws -> Primitive {
    let attributes = try activation.map { try FusedOperations([$0]) }
    var (source, destination) = (MemoryDescriptor(any: input), MemoryDescriptor(any: output))
    switch arrangement {
    case .free: break
    case .rowMajor:
      (source, destination) = (MemoryDescriptor(rowMajor: input), MemoryDescriptor(rowMajor: output))
    case .blocks(let length):
      guard let blocked = MemoryDescriptor(nativeInput, block: length) else {
        throw KernelError("oneDNN: no blocks of \(length) channels for a tensor of rank \(input.count)")
      }
      source = blocked
    }
    return try make(
      isTraining ? shim_forward_training : shim_forward_inference, algorithm, source: source,
      destination: destination, attributes, nil)
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
    guard let source = forward.descriptor(shim_source, nativeInput),
      let destination = forward.descriptor(shim_destination, output)
    else { throw KernelError("oneDNN: a convolution: out of memory") }
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
