import Analysis
import Datasets
import Foundation
import GraphIR
import Kernels
import ONNXFormat
import Operators
import TestSupport
import Testing
import Training

/// A network, and what PyTorch computes when it trains it: a pair of files of `Tests/Fixtures`.
///
/// The loss is the mean of ½·(output − target)²; see `training/generate.py` there.
final class PyTorchCase {
  let store: ParameterStore
  private let expected: [String: NumPyArchive.Array]
  private let program: Program

  init(_ name: String) throws {
    let own = Golden.fixture("training/\(name)")
    expected = try NumPyArchive(String(own.dropLast(5)) + ".npz").arrays
    let path = FileManager.default.fileExists(atPath: own) ? own : Golden.fixture(name)
    let model = try ONNXImporter.load(path).model
    let graph = model.graph
    let input = try #require(graph.inputs.map(\.value).first { graph[$0].initializer == nil })
    let samples = try #require(expected["input"])
    let facts = try GraphFacts(
      of: model, registry: .standard, inputShapes: [graph[input].name: samples.shape])
    store = try ParameterStore(model, facts)
    program = try Program(model, facts, store, ProgramSettings(mode: .training))
    for (index, value) in samples.floats.enumerated() { program.inputs[0].floats[index] = value }
  }

  /// What is expected under a name such as `gradient/fc.weight`.
  func array(_ name: String) throws -> [Float] {
    try #require(expected[name], "PyTorch computed no \(name)").floats
  }

  /// The rest of the names that begin so.
  func names(under prefix: String) -> [String] {
    expected.keys.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }.sorted()
  }

  /// The largest magnitude of all gradients that are expected.
  var largestGradient: Float {
    names(under: "gradient/").flatMap { expected["gradient/" + $0]?.floats ?? [] }.reduce(0) {
      max($0, abs($1))
    }
  }

  var output: [Float] { Array(program.outputs[0].floats) }

  /// Forward, loss and backward.
  func pass() throws -> Double {
    program.parametersChanged()
    try program.forward()
    let (output, gradient) = (program.outputs[0].floats, program.outputGradients[0].floats)
    let target = try array("target")
    try #require(target.count == output.count)
    var loss = 0.0
    for index in target.indices {
      let difference = output[index] - target[index]
      loss += 0.5 * Double(difference) * Double(difference)
      gradient[index] = difference / Float(target.count)
    }
    try program.backward()
    return loss / Double(target.count)
  }

  /// Steps of SGD, with the settings of `generate.py`; the loss before each.
  func train(steps: Int) throws -> [Double] {
    let momenta = UnsafeMutablePointer<Float>.allocate(capacity: store.trainableCount)
    momenta.initialize(repeating: 0, count: store.trainableCount)
    defer { momenta.deallocate() }
    let update = MomentumUpdate(
      count: store.trainableCount, decayed: [0..<store.trainableCount], weightDecay: 0.01, momentum: 0.9)
    let values = try #require(store.values.baseAddress)
    let gradients = try #require(store.gradients.baseAddress)
    return try (0..<steps).map { _ in
      let loss = try pass()
      update.run(parameters: values, gradients: gradients, momenta: momenta, learningRate: 0.05)
      return loss
    }
  }
}

/// The largest difference, relative to the largest magnitude that is expected; infinite where the counts differ or a
/// number is none.
///
/// - Parameter least: what is taken for the magnitude at least. Where a bias enters a normalisation its gradient is 0,
///   but for the rounding of sums that cancel, to which it must not be compared.
func relativeError(_ found: some Collection<Float>, _ expected: [Float], least: Float = 0) -> Float {
  guard found.count == expected.count else { return .infinity }
  var (difference, magnitude) = (Float(0), least)
  for (a, b) in zip(found, expected) {
    guard a.isFinite else { return .infinity }
    difference = max(difference, abs(a - b))
    magnitude = max(magnitude, abs(b))
  }
  return difference == 0 ? 0 : difference / magnitude
}
