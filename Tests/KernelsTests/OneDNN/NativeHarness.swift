import Kernels
import Testing

/// A tensor in whatever layout a kernel asks for; in and out it is row-major.
///
/// Memory is filled with a pattern before it is written, so that what a kernel forgets to write shows.
final class NativeTensor {
  let layout: TensorLayout
  let address: UnsafeMutableRawPointer

  init(_ layout: TensorLayout, _ values: [Float]? = nil) throws {
    self.layout = layout
    address = Self.memory(layout.byteCount)
    if let values { try write(values) }
  }

  deinit { address.deallocate() }

  func write(_ values: [Float]) throws {
    try #require(values.count == layout.elementCount)
    let plain = Self.memory(layout.elementCount * 4)
    defer { plain.deallocate() }
    values.withUnsafeBytes {
      if let base = $0.baseAddress { plain.copyMemory(from: base, byteCount: $0.count) }
    }
    try withExtendedLifetime(self) { try Self.copy(plain, layout.rowMajor, to: address, layout) }
  }

  func read() throws -> [Float] {
    let plain = Self.memory(layout.elementCount * 4)
    defer { plain.deallocate() }
    try withExtendedLifetime(self) { try Self.copy(address, layout, to: plain, layout.rowMajor) }
    let floats = plain.assumingMemoryBound(to: Float.self)
    return Array(UnsafeBufferPointer(start: floats, count: layout.elementCount))
  }

  static func memory(_ byteCount: Int) -> UnsafeMutableRawPointer {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: max(byteCount, 64), alignment: 64)
    memory.initializeMemory(as: UInt8.self, repeating: 0xff, count: max(byteCount, 64))
    return memory
  }

  private static func copy(
    _ source: UnsafeMutableRawPointer, _ from: TensorLayout, to target: UnsafeMutableRawPointer,
    _ to: TensorLayout
  ) throws {
    guard from != to else { return target.copyMemory(from: source, byteCount: from.byteCount) }
    try Reorder(from: from, to: to).forward(ForwardMemory(inputs: [source], outputs: [target]))()
  }
}

/// A kernel of any layouts with memory of its own; what goes in and comes out is row-major.
final class NativeKernel {
  let kernel: any Kernel
  let inputs: [NativeTensor?]
  let outputs: [NativeTensor?]
  private let workspace: UnsafeMutableRawPointer
  private let scratch: UnsafeMutableRawPointer

  convenience init(_ kernel: any Kernel, _ operands: [[Float]?]) throws {
    let inputs = try kernel.inputs.enumerated().map { index, layout -> NativeTensor? in
      guard let layout, index < operands.count, let values = operands[index] else { return nil }
      return try NativeTensor(layout, values)
    }
    try self.init(kernel, on: inputs)
  }

  /// On tensors that lie as the kernel asks.
  init(_ kernel: any Kernel, on inputs: [NativeTensor?]) throws {
    self.kernel = kernel
    self.inputs = inputs
    outputs = try kernel.outputs.map { try $0.map { try NativeTensor($0) } }
    workspace = NativeTensor.memory(kernel.workspaceByteCount)
    scratch = NativeTensor.memory(kernel.scratchByteCount)
  }

  deinit {
    workspace.deallocate()
    scratch.deallocate()
  }

  /// The task, bound, which keeps its memory. With `inPlaceOf`, output 0 takes that input's memory.
  func bind(inPlaceOf input: Int? = nil) throws -> KernelTask {
    var targets = outputs.map { $0?.address }
    if let input { targets[0] = inputs[input]?.address }
    let task = try kernel.forward(
      ForwardMemory(
        inputs: inputs.map { $0?.address }, outputs: targets, workspace: workspace, scratch: scratch))
    return { try withExtendedLifetime(self) { try task() } }
  }

  /// Output 0.
  func forward(inPlaceOf input: Int? = nil) throws -> [Float] {
    try bind(inPlaceOf: input)()
    return try input.map { try inputs[$0]?.read() ?? [] } ?? outputs[0]?.read() ?? []
  }

  /// Gradients of the inputs, after ``forward()``, for a gradient of output 0.
  ///
  /// Inputs and outputs that the kernel does not ask for are withheld.
  ///
  /// - Parameters:
  ///   - wanted: inputs whose gradients are asked for; nil for all.
  ///   - inPlace: the gradient of input 0 takes the place of that of output 0.
  func backward(_ gradient: [Float], wanted: [Int]? = nil, inPlace: Bool = false) throws -> [Int: [Float]] {
    let kernel = try #require(kernel as? any DifferentiableKernel)
    let given = try NativeTensor(try #require(kernel.outputs[0]), gradient)
    var targets: [NativeTensor?] = try kernel.inputs.enumerated().map { index, layout in
      guard let layout, (wanted ?? kernel.differentiableInputs).contains(index) else { return nil }
      return try NativeTensor(layout)
    }
    if inPlace { targets[0] = given }
    let reads = kernel.backwardReads
    try withExtendedLifetime((self, given, targets)) {
      try kernel.backward(
        BackwardMemory(
          inputs: inputs.indices.map { reads.inputs.contains($0) ? inputs[$0]?.address : nil },
          outputs: outputs.indices.map { reads.outputs.contains($0) ? outputs[$0]?.address : nil },
          outputGradients: [given.address], inputGradients: targets.map { $0?.address },
          workspace: workspace, scratch: scratch))()
    }
    var result: [Int: [Float]] = [:]
    for (index, target) in targets.enumerated() { result[index] = try target?.read() }
    return result
  }
}

/// Numbers in −1…1, the same in every run.
func randomFloats(_ count: Int, seed: UInt64) -> [Float] {
  // Neighbouring seeds continue one another.
  var numbers = TestNumbers(seed << 32)
  return (0..<count).map { _ in numbers.float() }
}

extension [Float] {
  var wide: [Double] { map(Double.init) }
  var bits: [UInt32] { map(\.bitPattern) }
}

extension Sequence<Int> {
  var product: Int { reduce(1, *) }
}
