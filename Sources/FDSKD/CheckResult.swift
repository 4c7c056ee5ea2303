/// Whether outputs are what they should be: of two models, or of a model and the outputs that a data set expects.
public struct CheckResult: Sendable, Equatable, Encodable {
  /// The model, and the other one or the data set.
  public let model: String
  public let reference: String
  /// Batches, or test cases, that were compared.
  public let batches: Int
  public let equal: Bool
  /// The largest over all outputs and batches.
  public let maxRelativeError: Double
  public let outputs: [Output]

  /// One output, over all batches.
  public struct Output: Sendable, Equatable, Encodable {
    public let name: String
    public var maxAbsoluteError: Double
    /// Relative to the largest magnitude expected of the output.
    public var maxRelativeError: Double
    /// That magnitude.
    public var largest: Double
    /// The first element beyond the tolerance, in words; null where there is none.
    @Nullable public var mismatch: String?

    enum CodingKeys: String, CodingKey {
      case name, largest, mismatch
      case maxAbsoluteError = "max_absolute_error"
      case maxRelativeError = "max_relative_error"
    }
  }

  enum CodingKeys: String, CodingKey {
    case model, reference, batches, equal, outputs
    case maxRelativeError = "max_relative_error"
  }

  public func json() throws -> String { try JSONText.encode(self) }

  /// For a terminal.
  public func text() -> String {
    var table = TextTable([.left, .right, .right])
    table.add(["output", "largest", "error"])
    for output in outputs {
      table.add([
        output.name.printable, CountText.significant(output.largest),
        CountText.significant(output.maxRelativeError),
      ])
    }
    let verdict = equal ? "equal" : "different"
    let unequal = outputs.compactMap { output in output.mismatch.map { "\(output.name.printable): \($0)\n" } }
    return
      "\(model.printable) against \(reference.printable), \(batches) \(batches == 1 ? "batch" : "batches"): \(verdict)\n\n"
      + table.lines().joined(separator: "\n") + "\n" + (unequal.isEmpty ? "" : "\n" + unequal.joined())
  }
}

/// How two sets of outputs are compared.
public struct CheckOptions: Sendable, Equatable {
  /// Relative to the largest magnitude of an output.
  public var relativeTolerance = 1e-4
  public var absoluteTolerance = 1e-6
  /// Seeded batches, each with a seed of its own.
  public var batches = 3
  /// Lengths of inputs that the model leaves open: of the first axis, and of any other.
  public var batchSize = 2
  public var length = 32

  public init() {}
}
