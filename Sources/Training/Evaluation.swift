import Analysis
import Datasets
import GraphIR
import Kernels
import Operators

/// How well a classifier does on a data set.
package struct Evaluation: Sendable {
  package var accuracy = Accuracy()
  /// Mean cross-entropy, in nats.
  package var loss = 0.0
  package var durationInSeconds = 0.0

  /// Runs the network over every sample.
  ///
  /// A classifier gives logits or, after a last Softmax, probabilities: both are understood.
  ///
  /// - Parameters:
  ///   - inputShape: of the network's one input, with the batch in front.
  ///   - memoryLimit: as for ``ProgramSettings``.
  ///   - progress: is told how many samples are done, after each batch.
  /// - Throws: `not-a-classifier`, what ``Program`` throws, and a `DatasetError`.
  package init(
    of model: Model, on dataset: any Dataset, inputShape: [Int], preprocessing: Preprocessing, threads: Int?,
    memoryLimit: Int?, progress: (Int) throws -> Void
  ) throws {
    let graph = model.graph
    Parallel.setThreads(threads ?? Parallel.threadCount)
    let input = try Self.input(of: graph)
    let facts = try GraphFacts(
      of: model, registry: .standard, inputShapes: [graph[input].name: inputShape])
    let program = try Program(
      model, facts, ParameterStore(model, facts, mode: .inference), outputs: [Self.logits(of: graph)],
      ProgramSettings(mode: .inference, algorithms: .measured(), memoryLimit: memoryLimit))
    let output = program.outputs[0]
    guard output.dims.count == 2, output.dims[0] == inputShape[0], output.scalar == .float else {
      throw CompileError(
        "not-a-classifier",
        "the output '\(output.name)' has shape \(output.dims), a classifier's is [batch, classes]")
    }
    let loader = try BatchLoader(
      dataset, batchSize: inputShape[0], shuffles: false, seed: 0, preprocessing: preprocessing)
    guard output.dims[1] > (dataset.labels?.max()).map(Int.init) ?? 0 else {
      throw CompileError(
        "dataset-label",
        "the data has a label \(dataset.labels?.max() ?? 0), the model \(output.dims[1]) classes")
    }
    let clock = ContinuousClock()
    let start = clock.now
    let score = try ClassifierScore(of: program, output: 0, on: loader, progress: progress)
    (accuracy, loss) = (score.accuracy, score.loss)
    durationInSeconds = (clock.now - start) / .seconds(1)
  }

  /// The input that takes the samples.
  ///
  /// - Throws: `not-a-classifier` unless there is exactly one.
  package static func input(of graph: Graph) throws -> ValueID {
    let inputs = graph.inputs.map(\.value).filter { graph[$0].initializer == nil }
    guard inputs.count == 1, let input = inputs.first else {
      throw CompileError(
        "not-a-classifier", "has \(inputs.count) inputs; a data set feeds a network with one",
        hint: inputs.isEmpty ? nil : "they are \(inputs.map { graph[$0].name }.joined(separator: ", "))")
    }
    return input
  }

  /// The first output or, where that is a Softmax's, what goes into it.
  private static func logits(of graph: Graph) throws -> ValueID {
    guard let output = graph.outputs.first?.value else {
      throw CompileError("not-a-classifier", "has no output")
    }
    return ClassScores.logits(of: output, in: graph)
  }
}
