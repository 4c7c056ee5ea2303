import ArgumentParser
import Foundation
import Kernels

/// `engine-probe bench model.onnx --steps 10`
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure steps of training, or inference; the figures are one line of JSON.",
    discussion: """
      step_seconds is the wall clock's, one a step; user_seconds what both the process and its threads computed in all \
      steps together; peak_bytes the largest resident set of the process.
      """)

  @OptionGroup var options: NetworkOptions
  @OptionGroup var descent: DescentOptions
  @Option(help: .init("Steps that are measured.", valueName: "n")) var steps = 10
  @Option(help: .init("Steps before.", valueName: "n")) var warmUp = 2
  @Flag(help: "Run for inference, without learning.") var inference = false
  @Flag(help: "Print the seconds by kind of kernel, the median of the steps, instead.") var profile = false

  func validate() throws {
    guard steps > 0, warmUp >= 0 else { throw ValidationError("--steps has to be positive") }
  }

  private struct Figures: Encodable {
    let batch: Int
    let threads: Int
    let stepSeconds: [Double]
    let userSeconds: Double
    let peakBytes: Int
    let arenaBytes: Int
  }

  func run() throws {
    let network = try options.network(inference ? .inference : .training)
    let samples = try options.samples(for: network)
    let update = network.update(descent)
    func step(_ number: Int) throws {
      if inference {
        network.program.inputs[0].floats.baseAddress?.update(
          from: samples[number].samples, count: network.inputDims.reduce(1, *))
        try network.program.forward()
      } else {
        _ = try network.step(samples[number], update, learningRate: descent.learningRate)
      }
    }
    for number in 0..<warmUp { try step(number) }
    guard !profile else { return try printProfile(network) }
    let clock = ContinuousClock()
    let before = Usage()
    var seconds: [Double] = []
    for number in 0..<steps {
      seconds.append(try clock.measure { try step(warmUp + number) } / .seconds(1))
    }
    let after = Usage()
    let figures = Figures(
      batch: options.batchSize, threads: Parallel.threadCount, stepSeconds: seconds,
      userSeconds: after.userSeconds - before.userSeconds, peakBytes: after.peakBytes,
      arenaBytes: network.program.arenaByteCount)
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = .sortedKeys
    print(String(decoding: try encoder.encode(figures), as: UTF8.self))
  }

  private func printProfile(_ network: ProbedNetwork) throws {
    var measured: [String: [Double]] = [:]
    for _ in 0..<steps {
      for (kind, seconds) in try network.program.profile() { measured[kind, default: []].append(seconds) }
    }
    let medians = measured.mapValues { $0.sorted()[$0.count / 2] }
    for (kind, seconds) in medians.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
      print(String(format: "%9.3f ms  ", seconds * 1e3) + kind)
    }
    print(String(format: "%9.3f ms  ", medians.values.sorted().reduce(0, +) * 1e3) + "all")
  }
}

/// What the operating system counts of this process.
private struct Usage {
  let userSeconds: Double
  let peakBytes: Int

  init() {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    userSeconds = Double(usage.ru_utime.tv_sec) + Double(usage.ru_utime.tv_usec) / 1e6
    // Linux counts in KiB.
    peakBytes = usage.ru_maxrss * 1024
  }
}
