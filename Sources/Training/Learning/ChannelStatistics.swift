import Analysis
import Datasets
import GraphIR

/// Mean and variance of every channel of a value, over a few batches.
package struct ChannelStatistics: Sendable {
  package var mean: [Float]
  /// Biased, as batch normalisation has it.
  package var variance: [Float]
}

extension TrainingSession {
  /// Measures values [N, C, …] of a network in use on the first batches of the training samples.
  ///
  /// A program gives out as many of them at a time as fit into `memoryLimit` bytes, or one.
  ///
  /// - Throws: what ``Program`` throws, and what reading samples throws.
  package func statistics(
    of values: [ValueID], in model: Model, batches: Int = 4, memoryLimit: Int = 1 << 30
  ) throws -> [ValueID: ChannelStatistics] {
    let facts = try input.facts(of: model, shape: inputShape)
    let store = try ParameterStore(model, facts, mode: .inference)
    var result: [ValueID: ChannelStatistics] = [:]
    var rest = values[...]
    while !rest.isEmpty {
      var (part, bytes) = ([ValueID](), 0)
      while let next = rest.first {
        bytes += (facts[next].knownShape ?? []).reduce(MemoryLayout<Float>.stride, *)
        if bytes > memoryLimit, !part.isEmpty { break }
        part.append(next)
        rest.removeFirst()
      }
      let program = try Program(model, facts, store, outputs: part, ProgramSettings(mode: .inference))
      for (value, found) in zip(part, try statistics(program, batches: batches)) { result[value] = found }
    }
    return result
  }

  private func statistics(_ program: Program, batches: Int) throws -> [ChannelStatistics] {
    var sums = program.outputs.map { [(sum: Double, square: Double)](repeating: (0, 0), count: $0.dims[1]) }
    var counts = [Int](repeating: 0, count: sums.count)
    try forEachBatch(atMost: batches) { batch in
      guard let source = batch.samples.baseAddress else { return }
      program.inputs[0].floats.baseAddress?.update(from: source, count: batch.samples.count)
      try program.forward()
      for (index, output) in program.outputs.enumerated() {
        let area = output.dims[2...].reduce(1, *)
        counts[index] += output.dims[0] * area
        let numbers = output.floats
        for line in 0..<output.dims[0] * output.dims[1] {
          var (sum, square) = (0.0, 0.0)
          for position in line * area..<(line + 1) * area {
            let number = Double(numbers[position])
            sum += number
            square += number * number
          }
          sums[index][line % output.dims[1]].sum += sum
          sums[index][line % output.dims[1]].square += square
        }
      }
    }
    return zip(sums, counts).map { channels, count in
      let means = channels.map { $0.sum / Double(max(count, 1)) }
      return ChannelStatistics(
        mean: means.map { Float($0) },
        variance: zip(channels, means).map { Float(max(0, $0.square / Double(max(count, 1)) - $1 * $1)) })
    }
  }
}
