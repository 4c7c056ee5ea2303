import ArgumentParser
import Kernels

/// Runs the execution engine alone, so that scripts can compare it with other ones: `gradients`, `steps`, `bench`.
@main
struct EngineProbe: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "engine-probe", abstract: "Run the execution engine on an ONNX model.",
    subcommands: [GradientsCommand.self, StepsCommand.self, BenchCommand.self])
}

/// What is run, and on what.
struct NetworkOptions: ParsableArguments {
  @Argument(help: "The ONNX model; one input of floats, class scores as first output.")
  var model: String

  @Option(help: .init("Samples: whatever --data of fdskd-compile takes.", valueName: "path"))
  var data: String?

  @Option(help: .init("Labels, where --data is one .npy array.", valueName: "path"))
  var labels: String?

  @Option(help: .init("Samples at a time.", valueName: "n"))
  var batchSize = 128

  @Option(help: .init("Threads to compute on.", valueName: "n"))
  var threads = 2

  @Flag(help: "Choose the algorithms of convolutions by measuring them.")
  var measured = false

  func validate() throws {
    guard (1...65536).contains(batchSize) else { throw ValidationError("--batch-size has to be 1 to 65536") }
    guard (1...1024).contains(threads) else { throw ValidationError("--threads has to be 1 to 1024") }
  }

  /// - Throws: whatever reading the model or building the program throws.
  func network(_ mode: KernelMode) throws -> ProbedNetwork {
    Parallel.setThreads(threads)
    return try ProbedNetwork(
      model, mode, batch: batchSize, algorithms: measured ? .measured() : .direct)
  }

  /// The first samples of `--data`, or seeded numbers without.
  func samples(for network: borrowing ProbedNetwork) throws -> SampleSource {
    guard let data else { return SampleSource(randomFor: network) }
    return try SampleSource(data, labels: labels, for: network)
  }
}

/// Stochastic gradient descent, as PyTorch's `SGD` takes it.
struct DescentOptions: ParsableArguments {
  @Option(name: .customLong("lr"), help: .init("Learning rate.", valueName: "x")) var learningRate: Float =
    0.01
  @Option(help: .init("Momentum.", valueName: "x")) var momentum: Float = 0.9
  @Option(help: .init("Weight decay.", valueName: "x")) var weightDecay: Float = 1e-4
}
