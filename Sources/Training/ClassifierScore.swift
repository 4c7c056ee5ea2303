import Datasets
import Kernels

/// How well a program classifies samples.
package struct ClassifierScore: Sendable {
  package var accuracy = Accuracy()
  /// Mean cross-entropy, in nats.
  package var loss = 0.0

  /// Runs the program over every sample of the loader.
  ///
  /// - Parameters:
  ///   - output: which of the program's outputs has the logits, [N, K].
  ///   - progress: is told how many samples are done, after each batch.
  /// - Throws: what the loader throws, and a `KernelError` where a label is no class.
  package init(
    of program: Program, output: Int, on loader: BatchLoader, progress: (Int) throws -> Void = { _ in }
  ) throws {
    let port = program.outputs[output]
    let crossEntropy = CrossEntropy(capacity: port.dims[0])
    var labels = [Int64](repeating: 0, count: port.dims[0])
    loader.begin(epoch: 0)
    while let batch = try loader.next() {
      guard let source = batch.samples.baseAddress, let target = program.inputs[0].floats.baseAddress,
        let logits = port.floats.baseAddress
      else { break }
      target.update(from: source, count: batch.samples.count)
      for index in 0..<batch.count { labels[index] = Int64(batch.labels[index]) }
      try program.forward()
      try labels.withUnsafeBufferPointer {
        let rows = LossBatch(
          count: batch.count, classCount: port.dims[1], student: logits, labels: $0.baseAddress)
        loss += try crossEntropy.evaluate(rows) * Double(batch.count)
        try accuracy.add(rows)
      }
      try progress(accuracy.count)
    }
    loss /= Double(max(accuracy.count, 1))
  }
}
