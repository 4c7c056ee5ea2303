import Datasets
import GraphIR
import Operators
import Passes
import Training

/// What an evaluation reads, and how.
public struct EvaluationOptions: Sendable {
  /// Samples with labels: `.npz`, `.npy` arrays, CIFAR's or MNIST's files, or a folder of class folders.
  public var data: String
  /// `test` or `train`, where the data has two halves.
  public var split = Split.test
  public var batchSize = 128
  /// Subtracted from each channel, after bytes were divided by 255; as many as there are channels, or one, or none.
  public var mean: [Float] = []
  /// Each channel is divided by it.
  public var standardDeviation: [Float] = []
  /// Threads to compute on; nil for one a processor core.
  public var threads: Int?

  public enum Split: String, CaseIterable, Sendable { case test, train }

  public init(data: String) { self.data = data }
}

/// How well a classifier does on a data set.
public struct EvaluationResult: Sendable, Equatable, Encodable {
  public let model: String
  public let data: String
  public let samples: Int
  /// Fractions of the samples whose label is the network's first choice, or among its first five.
  public let top1: Double
  public let top5: Double
  /// Mean cross-entropy, in nats.
  public let loss: Double
  public let samplesPerSecond: Double

  enum CodingKeys: String, CodingKey {
    case model, data, samples, top1, top5, loss
    case samplesPerSecond = "samples_per_second"
  }

  public func json() throws -> String { try JSONText.encode(self) }

  /// The figures for a terminal.
  public func text() -> String {
    var table = TextTable([.left, .right])
    table.add(["samples", CountText.full(samples)])
    table.add(["top-1", Self.percent(top1)])
    table.add(["top-5", Self.percent(top5)])
    table.add(["loss", Self.rounded(loss, 4)])
    table.add(["samples/s", Self.rounded(samplesPerSecond, 0)])
    return "\(model.printable) on \(data.printable)\n\n" + table.lines().joined(separator: "\n") + "\n"
  }

  private static func percent(_ fraction: Double) -> String { rounded(100 * fraction, 2) + "%" }

  private static func rounded(_ value: Double, _ digits: Int) -> String {
    var factor = 1.0
    for _ in 0..<digits { factor *= 10 }
    let scaled = (value * factor).rounded()
    guard scaled.magnitude < 1e15 else { return "\(value)" }
    let whole = Int(scaled.magnitude)
    let (units, rest) = (whole / Int(factor), whole % Int(factor))
    let sign = scaled < 0 ? "-" : ""
    guard digits > 0 else { return "\(sign)\(units)" }
    let fraction = String(rest)
    return "\(sign)\(units)." + String(repeating: "0", count: digits - fraction.count) + fraction
  }
}

extension Compiler {
  /// Runs a classifier over a data set.
  ///
  /// - Parameter progress: is told how many samples of how many are done.
  public func evaluate(
    input: String, _ evaluation: EvaluationOptions, progress: (Int, Int) throws -> Void = { _, _ in }
  ) throws -> EvaluationResult {
    let source = try SourceModel(input, options, logger)
    return try naming(input) {
      var state = Compilation(source.model, registry: .standard, inputShapes: [:])
      try Pipeline([InlineFunctions(), OpenBodies(), InferShapes()]).run(on: &state)
      let graph = state.model.graph
      let value = try Evaluation.input(of: graph)
      guard let shape = try state.inferred()[value].shape, shape.count >= 2 else {
        throw CompileError("not-a-classifier", "the input '\(graph[value].name)' takes no batch of samples")
      }
      let batch = shape[0].known ?? evaluation.batchSize
      do {
        let dataset = try Datasets.open(
          evaluation.data, split: evaluation.split == .test ? .test : .train,
          expecting: SampleExpectation(shape: shape.dropFirst().map(\.known)),
          memoryLimit: options.maxMemory)
        guard dataset.labels != nil else {
          throw DatasetError(.label, evaluation.data, "has no labels to compare with")
        }
        let result = try Evaluation(
          of: state.model, on: dataset, inputShape: [batch] + dataset.sampleShape,
          preprocessing: Preprocessing(
            mean: evaluation.mean, standardDeviation: evaluation.standardDeviation),
          threads: evaluation.threads, memoryLimit: options.maxMemory
        ) { try progress($0, dataset.count) }
        let count = Double(max(result.accuracy.count, 1))
        return EvaluationResult(
          model: input, data: evaluation.data, samples: result.accuracy.count,
          top1: Double(result.accuracy.topOne) / count, top5: Double(result.accuracy.topFive) / count,
          loss: result.loss, samplesPerSecond: count / max(result.durationInSeconds, 1e-9))
      } catch let error as DatasetError {
        throw CompileError(error)
      }
    }
  }
}
