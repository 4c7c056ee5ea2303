import Analysis
import GraphIR
import Kernels
import ONNXFormat
import Operators
import Training

/// A model with its numbers and one program, and what a step of training needs beside them.
final class ProbedNetwork {
  let program: Program
  let store: ParameterStore
  /// [N, …] of the one input.
  let inputDims: [Int]
  /// [N, K] of the first output.
  let outputDims: [Int]
  private let loss: CrossEntropy
  private let momenta: UnsafeMutableBufferPointer<Float>

  /// - Throws: `probe` where the model does not have the form that ``NetworkOptions`` states.
  init(_ path: String, _ mode: KernelMode, batch: Int, algorithms: ConvolutionAlgorithms) throws {
    let model = try ONNXImporter.load(path).model
    let open = try GraphFacts(of: model, registry: .standard)
    let fed = model.graph.inputs.map(\.value).filter { model.graph[$0].initializer == nil }
    guard fed.count == 1, let shape = open[fed[0]].shape else {
      throw CompileError("probe", "\(path) has \(fed.count) inputs that are not initializers, not one")
    }
    let dims = [batch] + shape.dropFirst().map { $0.known ?? 1 }
    let facts = try GraphFacts(
      of: model, registry: .standard, inputShapes: [model.graph[fed[0]].name: dims])
    store = try ParameterStore(model, facts)
    program = try Program(model, facts, store, ProgramSettings(mode: mode, algorithms: algorithms))
    inputDims = program.inputs[0].dims
    outputDims = program.outputs[0].dims
    guard outputDims.count == 2 else {
      throw CompileError("probe", "the first output of \(path) has the shape \(outputDims), not [N, K]")
    }
    loss = CrossEntropy(capacity: batch)
    momenta = .allocate(capacity: max(store.trainableCount, 1))
    momenta.initialize(repeating: 0)
  }

  deinit { momenta.deallocate() }

  /// Forward, cross-entropy and backward; the loss.
  func differentiate(_ batch: SampleSource.Batch) throws -> Double {
    program.inputs[0].floats.baseAddress?.update(from: batch.samples, count: inputDims.reduce(1, *))
    try program.forward()
    guard let logits = program.outputs[0].floats.baseAddress,
      let gradient = program.outputGradients[0].floats.baseAddress
    else { return 0 }
    let value = try loss.evaluate(
      LossBatch(count: outputDims[0], classCount: outputDims[1], student: logits, labels: batch.labels),
      gradient: gradient)
    for port in program.outputGradients.dropFirst() { port.floats.update(repeating: 0) }
    try program.backward()
    return value
  }

  /// The optimizer of ``step(_:_:learningRate:)``.
  func update(_ descent: DescentOptions) -> MomentumUpdate {
    MomentumUpdate(
      count: store.trainableCount, decayed: [0..<store.trainableCount], weightDecay: descent.weightDecay,
      momentum: descent.momentum)
  }

  /// One step of training; the loss before it.
  func step(_ batch: SampleSource.Batch, _ update: MomentumUpdate, learningRate: Float) throws -> Double {
    let value = try differentiate(batch)
    guard let values = store.values.baseAddress, let gradients = store.gradients.baseAddress,
      let momenta = momenta.baseAddress
    else { return value }
    update.run(parameters: values, gradients: gradients, momenta: momenta, learningRate: learningRate)
    program.parametersChanged()
    return value
  }

  /// FNV-1a of the bits of every number of the store, without the room between tensors.
  var digest: UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for entry in store.entries {
      for value in store.elements(of: entry) {
        for shift in stride(from: 0, to: 32, by: 8) {
          hash = (hash ^ UInt64(value.bitPattern >> UInt32(shift) & 0xff)) &* 0x100_0000_01b3
        }
      }
    }
    return hash
  }
}
