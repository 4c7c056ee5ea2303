import Analysis
import Datasets
import GraphIR
import Kernels
import ONNXFormat
import Operators
import Training

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A network with one batch of samples in its input.
final class ProbedNetwork {
  let program: Program
  private let store: ParameterStore
  private let labels: [Int64]
  private let loss: CrossEntropy
  private let update: MomentumUpdate
  private var momenta: [Float]
  private let batch: Int

  init(_ path: String, _ samples: String, _ mode: KernelMode) throws {
    let model = try ONNXImporter.load(path).model
    let input = try TrainingInput(of: model)
    let data = try Datasets.open(samples, split: .train, expecting: SampleExpectation(shape: input.sampleShape))
    batch = data.count
    let facts = try input.facts(of: model, shape: [batch] + data.sampleShape)
    let output = ClassScores.logits(of: model.graph.outputs[0].value, in: model.graph)
    store = try ParameterStore(model, facts)
    program = try Program(
      model, facts, store, outputs: [output],
      ProgramSettings(mode: mode, algorithms: mode == .inference ? .measured() : .direct))
    labels = (data.labels ?? []).map(Int64.init)
    let size = data.sampleSize
    for index in 0..<batch {
      try data.read(
        index, into: UnsafeMutableBufferPointer(rebasing: program.inputs[0].floats[index * size..<(index + 1) * size]))
    }
    loss = CrossEntropy(capacity: batch)
    let count = store.trainableCount
    update = MomentumUpdate(
      count: count, decayed: [0..<count], weightDecay: Float(Probe.setting("DECAY", 1e-4)),
      momentum: Float(Probe.setting("MOMENTUM", 0.9)))
    momenta = [Float](repeating: 0, count: count)
  }

  /// Forward, loss and backward; the loss.
  private func differentiate() throws -> Double {
    try program.forward()
    guard let logits = program.outputs[0].floats.baseAddress else { return .nan }
    let value = try labels.withUnsafeBufferPointer {
      try loss.evaluate(
        LossBatch(
          count: batch, classCount: program.outputs[0].dims[1], student: logits, labels: $0.baseAddress),
        gradient: program.outputGradients[0].floats.baseAddress)
    }
    try program.backward()
    return value
  }

  /// One step of stochastic gradient descent; the loss before it.
  func step() throws -> Double {
    let value = try differentiate()
    guard let parameters = store.values.baseAddress, let gradients = store.gradients.baseAddress else { return value }
    momenta.withUnsafeMutableBufferPointer { momenta in
      guard let momenta = momenta.baseAddress else { return }
      update.run(
        parameters: parameters, gradients: gradients, momenta: momenta,
        learningRate: Float(Probe.setting("LR", 0.01)))
    }
    program.parametersChanged()
    return value
  }

  /// FNV-1a of all numbers of the store.
  var digest: String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in UnsafeRawBufferPointer(store.values) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return String(hash, radix: 16)
  }

  // MARK: - Gradients

  func writeGradients(to folder: String) throws {
    print("loss \(try differentiate())")
    mkdir(folder, 0o755)
    var index = ""
    func write(_ kind: String, _ name: String, _ dims: [Int], _ numbers: UnsafeMutableBufferPointer<Float>) {
      let file = "\(index.split(separator: "\n").count).npy"
      index += "\(file)\t\(kind)\t\(name)\n"
      NumPyWriter.write(numbers, dims, to: folder + "/" + file)
    }
    for output in program.outputs { write("output", output.name, output.dims, output.floats) }
    for entry in store.entries {
      if let gradient = store.gradient(of: entry) {
        write("gradient", entry.name, entry.dims, gradient)
      } else {
        write("constant", entry.name, entry.dims, store.elements(of: entry))
      }
    }
    NumPyWriter.writeText(index, to: folder + "/index.tsv")
  }

  // MARK: - Speed

  func bench(_ count: Int, _ body: () throws -> Void) throws {
    for _ in 0..<2 { try body() }
    let clock = ContinuousClock()
    let processor = Self.processorSeconds
    let elapsed = try clock.measure { for _ in 0..<count { try body() } } / .seconds(1)
    let images = Double(count * batch)
    print("images/s \(images / elapsed)")
    print("ms/image \(1000 * (Self.processorSeconds - processor) / images)")
    print("peak MiB \(Double(Self.usage.ru_maxrss) / 1024)")
    print("arena MiB \(Double(program.arenaByteCount) / 1_048_576)")
    for (kind, seconds) in try program.profile() where seconds > 1e-4 {
      print("\(kind): \((seconds * 1e5).rounded() / 100) ms")
    }
  }

  private static var usage: rusage {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage
  }

  private static var processorSeconds: Double {
    let time = usage.ru_utime
    return Double(time.tv_sec) + Double(time.tv_usec) / 1e6
  }
}
