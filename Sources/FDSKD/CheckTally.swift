import Training

/// What several comparisons found.
struct CheckTally {
  let model: String
  let reference: String
  private var batches = 0
  private var outputs: [CheckResult.Output] = []

  init(model: String, reference: String) {
    self.model = model
    self.reference = reference
  }

  mutating func add(_ differences: [OutputDifference]) {
    if outputs.isEmpty {
      outputs = differences.map {
        .init(name: $0.name, maxAbsoluteError: 0, maxRelativeError: 0, largest: 0, mismatch: nil)
      }
    }
    for (index, difference) in differences.enumerated() where outputs.indices.contains(index) {
      outputs[index].maxAbsoluteError = max(outputs[index].maxAbsoluteError, difference.maxAbsolute)
      outputs[index].maxRelativeError = max(outputs[index].maxRelativeError, difference.maxRelative)
      outputs[index].largest = max(outputs[index].largest, difference.largest)
      guard outputs[index].mismatch == nil, let reason = difference.reason else { continue }
      outputs[index].mismatch = "\(reason), in batch \(batches)"
    }
    batches += 1
  }

  var result: CheckResult {
    CheckResult(
      model: model, reference: reference, batches: batches, equal: outputs.allSatisfy { $0.mismatch == nil },
      maxRelativeError: outputs.map(\.maxRelativeError).max() ?? 0, outputs: outputs)
  }
}
