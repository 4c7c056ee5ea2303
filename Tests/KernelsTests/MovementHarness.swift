import Kernels
import Testing

/// What goes into a kernel, or comes out of it.
enum Operand: Equatable {
  case floats([Float])
  case integers([Int64])

  init(_ tensor: NaiveTensor<Float>) { self = .floats(tensor.values) }

  init(_ tensor: NaiveTensor<Int64>) { self = .integers(tensor.values) }

  var floats: [Float] {
    if case .floats(let values) = self { return values }
    Issue.record("integers where floats were expected")
    return []
  }

  var integers: [Int64] {
    if case .integers(let values) = self { return values }
    Issue.record("floats where integers were expected")
    return []
  }

  /// The first place where two operands differ, or that they do in length; nil where they are the same.
  func difference(from other: Operand) -> String? {
    switch (self, other) {
    case (.floats(let a), .floats(let b)) where a.count == b.count:
      guard a != b else { return nil }
      let place = zip(a, b).enumerated().first { $0.element.0.bitPattern != $0.element.1.bitPattern }
      return place.map { "element \($0.offset) is \($0.element.0), not \($0.element.1)" }
    case (.integers(let a), .integers(let b)) where a.count == b.count:
      guard a != b else { return nil }
      let place = zip(a, b).enumerated().first { $0.element.0 != $0.element.1 }
      return place.map { "element \($0.offset) is \($0.element.0), not \($0.element.1)" }
    default: return "another type, or another number of elements"
    }
  }
}

/// A kernel with memory of its own for everything it touches.
///
/// Memory is filled with a pattern before it is written, so that what a kernel forgets to write shows.
final class BoundKernel {
  private let kernel: any Kernel
  private let inputs: [UnsafeMutableRawPointer?]
  private let outputs: [UnsafeMutableRawPointer?]
  private let workspace: UnsafeMutableRawPointer
  private let scratch: UnsafeMutableRawPointer

  init(_ kernel: any Kernel, _ operands: [Operand?]) {
    self.kernel = kernel
    inputs = kernel.inputs.indices.map { index in
      guard index < operands.count, let operand = operands[index] else { return nil }
      switch operand {
      case .floats(let values): return Self.memory(holding: values)
      case .integers(let values): return Self.memory(holding: values)
      }
    }
    outputs = kernel.outputs.map { $0.map { Self.memory($0.byteCount) } }
    workspace = Self.memory(kernel.workspaceByteCount)
    scratch = Self.memory(kernel.scratchByteCount)
  }

  deinit {
    for memory in inputs + outputs + [workspace, scratch] { memory?.deallocate() }
  }

  func forward() throws -> [Operand] {
    let memory = ForwardMemory(inputs: inputs, outputs: outputs, workspace: workspace, scratch: scratch)
    try kernel.forward(memory)()
    return zip(outputs, kernel.outputs).compactMap { memory, layout in
      memory.flatMap { memory in layout.map { Self.operand(memory, $0) } }
    }
  }

  /// Gradients of the inputs that have one, after ``forward()``. Inputs and outputs that the kernel does not ask for
  /// are withheld.
  func backward(_ gradients: [Operand?]) throws -> [Int: [Float]] {
    guard let kernel = kernel as? any DifferentiableKernel else { return [:] }
    let given = gradients.map { $0.map { Self.memory(holding: $0.floats) } }
    let wanted = kernel.inputs.indices.map { index -> UnsafeMutableRawPointer? in
      kernel.differentiableInputs.contains(index)
        ? kernel.inputs[index].map { Self.memory($0.byteCount) } : nil
    }
    defer { for memory in given + wanted { memory?.deallocate() } }
    let reads = kernel.backwardReads
    let memory = BackwardMemory(
      inputs: inputs.indices.map { reads.inputs.contains($0) ? inputs[$0] : nil },
      outputs: outputs.indices.map { reads.outputs.contains($0) ? outputs[$0] : nil },
      outputGradients: given, inputGradients: wanted, workspace: workspace, scratch: scratch)
    try kernel.backward(memory)()
    var result: [Int: [Float]] = [:]
    for index in kernel.differentiableInputs {
      guard let memory = wanted[index], let layout = kernel.inputs[index] else { continue }
      result[index] = Self.operand(memory, layout).floats
    }
    return result
  }

  private static func memory(_ byteCount: Int) -> UnsafeMutableRawPointer {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: max(byteCount, 64), alignment: 64)
    memory.initializeMemory(as: UInt8.self, repeating: 0xff, count: max(byteCount, 64))
    return memory
  }

  private static func memory<Element: BitwiseCopyable>(holding values: [Element]) -> UnsafeMutableRawPointer {
    let memory = memory(values.count * MemoryLayout<Element>.stride)
    values.withUnsafeBytes {
      if let base = $0.baseAddress { memory.copyMemory(from: base, byteCount: $0.count) }
    }
    return memory
  }

  private static func operand(_ memory: UnsafeMutableRawPointer, _ layout: TensorLayout) -> Operand {
    let count = layout.elementCount
    switch layout.scalar {
    case .float:
      return .floats(
        Array(UnsafeBufferPointer(start: memory.assumingMemoryBound(to: Float.self), count: count)))
    case .integer:
      return .integers(
        Array(UnsafeBufferPointer(start: memory.assumingMemoryBound(to: Int64.self), count: count)))
    }
  }
}

/// Laws that kernels are held to.
enum KernelLaw {
  /// What a kernel makes of its operands, on two threads, after it was seen to make the same bits on one.
  static func outputs(_ kernel: any Kernel, _ operands: [Operand?]) throws -> [Operand] {
    defer { Parallel.setThreads(1) }
    let results = try [1, 2].map { count in
      Parallel.setThreads(count)
      return try BoundKernel(kernel, operands).forward()
    }
    for (one, two) in zip(results[0], results[1]) {
      #expect(two.difference(from: one) == nil, "the number of threads shows")
    }
    return results[1]
  }

  /// Gradients, seen to be the same on one thread and on two.
  static func gradients(_ kernel: any Kernel, _ operands: [Operand?], _ given: [Operand?]) throws -> [Int:
    [Float]]
  {
    defer { Parallel.setThreads(1) }
    let results = try [1, 2].map { count in
      Parallel.setThreads(count)
      let bound = BoundKernel(kernel, operands)
      _ = try bound.forward()
      return try bound.backward(given)
    }
    for (index, gradient) in results[0] {
      let other = results[1][index].map(Operand.floats)
      #expect(
        other?.difference(from: .floats(gradient)) == nil, "the number of threads shows in the gradients")
    }
    return results[1]
  }

  /// ⟨A x, y⟩ = ⟨x, Aᵀ y⟩ for a kernel that is linear in its differentiable inputs together.
  static func checkAdjoint(
    _ kernel: any DifferentiableKernel, _ operands: [Operand?],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let outputs = try outputs(kernel, operands)
    var numbers = TestNumbers(77)
    let given = outputs.map { Operand.floats($0.floats.map { _ in numbers.float() }) }
    let gradients = try gradients(kernel, operands, given)
    #expect(Array(gradients.keys).sorted() == kernel.differentiableInputs, sourceLocation: sourceLocation)
    // What the outputs are for inputs of 0 is not linear, and goes.
    let zeroes = operands.enumerated().map { index, operand in
      gradients[index].map { .floats([Float](repeating: 0, count: $0.count)) } ?? operand
    }
    let constant = try BoundKernel(kernel, zeroes).forward()
    var (left, right, size) = (0.0, 0.0, 0.0)
    for (index, output) in outputs.enumerated() {
      for ((a, b), y) in zip(zip(output.floats, constant[index].floats), given[index].floats) {
        left += (Double(a) - Double(b)) * Double(y)
        size += abs((Double(a) - Double(b)) * Double(y))
      }
    }
    for (index, gradient) in gradients {
      for (x, g) in zip(operands[index]?.floats ?? [], gradient) { right += Double(x) * Double(g) }
    }
    #expect(abs(left - right) <= 1e-5 * size + 1e-12, "\(left) ≠ \(right)", sourceLocation: sourceLocation)
  }

  /// Checks what a kernel does to floats and to integers, and that gradients are its adjoint.
  static func checkMovement(
    _ make: (ScalarType) throws -> any DifferentiableKernel, _ inputs: [[Int]],
    _ element: ([NaiveTensor<Float>], [Int]) -> Float,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let tensors = inputs.enumerated().map {
      NaiveTensor<Float>.random($0.element, seed: UInt64($0.offset + 1))
    }
    let kernel = try make(.float)
    let outputs = try KernelLaw.outputs(kernel, tensors.map { Operand($0) })
    let dims = try #require(kernel.outputs[0]?.dims)
    let expected = NaiveTensor<Float>(dims) { element(tensors, $0) }
    #expect(outputs[0].difference(from: Operand(expected)) == nil, sourceLocation: sourceLocation)
    try KernelLaw.checkAdjoint(kernel, tensors.map { Operand($0) }, sourceLocation: sourceLocation)

    // Integers move just as floats of the same values do.
    func whole(_ value: Float) -> Int64 { Int64(value * 1e6) }
    let integers = try KernelLaw.outputs(make(.integer), tensors.map { .integers($0.values.map(whole)) })
    #expect(
      integers[0].difference(from: .integers(expected.values.map(whole))) == nil,
      sourceLocation: sourceLocation)
  }
}
