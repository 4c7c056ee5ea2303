import Kernels
import Testing

/// Numbers that a kernel reads or writes.
enum Numbers: Equatable {
  case floats([Float])
  case integers([Int64])

  var doubles: [Double] {
    switch self {
    case .floats(let values): values.map(Double.init)
    case .integers(let values): values.map(Double.init)
    }
  }

  var floats: [Float]? { if case .floats(let values) = self { values } else { nil } }

  /// Bits, so that NaN equals NaN.
  var bits: [UInt64] {
    switch self {
    case .floats(let values): values.map { UInt64($0.bitPattern) }
    case .integers(let values): values.map { UInt64(bitPattern: $0) }
    }
  }
}

/// A kernel run on arrays, in memory that is filled with rubbish first.
struct KernelRun {
  let outputs: [Numbers?]
  /// d loss / d input, for the loss Σ weight · output.
  let gradients: [Numbers?]

  /// - Parameters:
  ///   - overwriting: the input whose memory the first output takes.
  ///   - weights: of the outputs in the loss; nil for a forward run alone.
  init(
    _ kernel: any Kernel, _ inputs: [Numbers?], threads: Int = 1, overwriting: Int? = nil,
    weights: [[Float]]? = nil
  ) throws {
    Parallel.setThreads(threads)
    let memory = Memory()
    let workspace = memory.allocate(kernel.workspaceByteCount)
    let scratch = memory.allocate(kernel.scratchByteCount)
    let inputAddresses = inputs.map { $0.map(memory.fill) }
    var outputAddresses = kernel.outputs.map { $0.map { memory.allocate($0.byteCount) } }
    if let overwriting { outputAddresses[0] = inputAddresses[overwriting] }
    try kernel.forward(
      ForwardMemory(inputs: inputAddresses, outputs: outputAddresses, workspace: workspace, scratch: scratch))()
    outputs = zip(kernel.outputs, outputAddresses).map { Memory.read($1, $0) }
    guard let weights, let kernel = kernel as? any DifferentiableKernel else {
      gradients = []
      return
    }
    // What the backward task does not say that it reads, it does not get.
    let reads = kernel.backwardReads
    let gradientAddresses = kernel.inputs.enumerated().map { index, layout in
      kernel.differentiableInputs.contains(index) ? layout.map { memory.allocate($0.byteCount) } : nil
    }
    try kernel.backward(
      BackwardMemory(
        inputs: inputAddresses.enumerated().map { reads.inputs.contains($0) ? $1 : nil },
        outputs: outputAddresses.enumerated().map { reads.outputs.contains($0) ? $1 : nil },
        outputGradients: kernel.outputs.indices.map {
          $0 < weights.count ? memory.fill(.floats(weights[$0])) : nil
        },
        inputGradients: gradientAddresses, workspace: workspace,
        scratch: memory.allocate(kernel.scratchByteCount)))()
    gradients = zip(kernel.inputs, gradientAddresses).map { Memory.read($1, $0) }
  }

  /// Memory that is given back with the run.
  private final class Memory {
    private var blocks: [UnsafeMutableRawPointer] = []

    func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer {
      let block = UnsafeMutableRawPointer.allocate(byteCount: max(byteCount, 1), alignment: 64)
      block.initializeMemory(as: UInt8.self, repeating: 0xff, count: max(byteCount, 1))
      blocks.append(block)
      return block
    }

    func fill(_ numbers: Numbers) -> UnsafeMutableRawPointer {
      switch numbers {
      case .floats(let values): values.withUnsafeBytes(copy)
      case .integers(let values): values.withUnsafeBytes(copy)
      }
    }

    private func copy(_ bytes: UnsafeRawBufferPointer) -> UnsafeMutableRawPointer {
      let block = allocate(bytes.count)
      if let base = bytes.baseAddress { block.copyMemory(from: base, byteCount: bytes.count) }
      return block
    }

    static func read(_ address: UnsafeMutableRawPointer?, _ layout: TensorLayout?) -> Numbers? {
      guard let address, let layout else { return nil }
      let count = layout.elementCount
      switch layout.scalar {
      case .float:
        return .floats(
          Array(UnsafeBufferPointer(start: address.assumingMemoryBound(to: Float.self), count: count)))
      case .integer:
        return .integers(
          Array(UnsafeBufferPointer(start: address.assumingMemoryBound(to: Int64.self), count: count)))
      }
    }

    deinit {
      for block in blocks { block.deallocate() }
    }
  }
}

/// Numbers that are the same in every run.
struct RandomNumbers {
  private var state: UInt64

  init(seed: UInt64 = 1) { state = seed }

  /// SplitMix64.
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  mutating func floats(_ count: Int, in range: ClosedRange<Float> = -2...2) -> [Float] {
    (0..<count).map { _ in
      range.lowerBound + (range.upperBound - range.lowerBound) * Float(next() >> 40) / Float(1 << 24)
    }
  }

  mutating func integers(_ count: Int, in range: ClosedRange<Int64>) -> [Int64] {
    (0..<count).map { _ in
      range.lowerBound + Int64(next() % UInt64(range.upperBound - range.lowerBound + 1))
    }
  }
}

/// Expects that a kernel gives what a plain computation in Double gives: the first output, in place and out of place,
/// the same bits for one thread and for two.
func expectForward(
  _ kernel: any Kernel, _ inputs: [Numbers?], _ expected: [Double], tolerance: Double = 1e-5,
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let run = try KernelRun(kernel, inputs)
  let actual = try #require(run.outputs[0], sourceLocation: sourceLocation)
  expectClose(actual.doubles, expected, tolerance, sourceLocation)
  let twice = try KernelRun(kernel, inputs, threads: 2)
  #expect(twice.outputs.map { $0?.bits } == run.outputs.map { $0?.bits }, sourceLocation: sourceLocation)
  for input in kernel.overwritableInputs {
    let inPlace = try KernelRun(kernel, inputs, overwriting: input)
    #expect(inPlace.outputs[0]?.bits == actual.bits, "in place of \(input)", sourceLocation: sourceLocation)
  }
}

/// Expects that a kernel's gradients are the central differences of a plain computation in Double, the same bits for one
/// thread and for two.
func expectGradients(
  _ kernel: any DifferentiableKernel, _ inputs: [Numbers?], tolerance: Double = 1e-4,
  sourceLocation: SourceLocation = #_sourceLocation, _ function: ([[Double]]) -> [Double]
) throws {
  var random = RandomNumbers(seed: 99)
  let count = try #require(kernel.outputs[0]).elementCount
  let weights = random.floats(count, in: -1...1)
  let run = try KernelRun(kernel, inputs, weights: [weights])
  let twice = try KernelRun(kernel, inputs, threads: 2, weights: [weights])
  #expect(twice.gradients.map { $0?.bits } == run.gradients.map { $0?.bits }, sourceLocation: sourceLocation)
  let values = inputs.map { $0?.doubles ?? [] }
  func loss(_ values: [[Double]]) -> Double {
    zip(function(values), weights).reduce(0) { $0 + $1.0 * Double($1.1) }
  }
  for input in kernel.differentiableInputs {
    let expected = values[input].indices.map { index in
      let step = 1e-5 * max(1, abs(values[input][index]))
      var (above, below) = (values, values)
      above[input][index] += step
      below[input][index] -= step
      return (loss(above) - loss(below)) / (2 * step)
    }
    let actual = try #require(run.gradients[input], sourceLocation: sourceLocation)
    expectClose(actual.doubles, expected, tolerance, sourceLocation)
  }
}

/// Errors relative to the number itself, or to a typical one where it is small.
func expectClose(
  _ actual: [Double], _ expected: [Double], _ tolerance: Double,
  _ sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(actual.count == expected.count, sourceLocation: sourceLocation)
  let finite = expected.filter(\.isFinite)
  let typical = (finite.reduce(0) { $0 + $1 * $1 } / Double(max(finite.count, 1))).squareRoot()
  for (index, (a, e)) in zip(actual, expected).enumerated() {
    let isClose = a == e || a.isNaN && e.isNaN || abs(a - e) <= tolerance * max(abs(e), typical)
    guard !isClose else { continue }
    Issue.record("element \(index) is \(a), not \(e)", sourceLocation: sourceLocation)
    return
  }
}
