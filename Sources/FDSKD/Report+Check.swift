extension Report {
  /// The proof that the result computes what the input with the removed channels at zero computes: both were run.
  public struct Check: Codable, Sendable, Equatable {
    public enum Result: String, Codable, Sendable {
      case passed, failed
      /// ``Check/reason`` says why not.
      case notRun = "not-run"
    }

    public var result: Result
    /// Seeded batches that were compared.
    public var batches: Int
    /// Largest difference of an output, relative to its largest magnitude; null where nothing was run.
    @Nullable public var maxRelativeError: Double?
    /// What that difference may be.
    public var tolerance: Double
    /// Why nothing was run, or which output differs.
    @Nullable public var reason: String?

    public init(
      _ result: Result, batches: Int, maxRelativeError: Double? = nil, tolerance: Double,
      reason: String? = nil
    ) {
      self.result = result
      self.batches = batches
      self.maxRelativeError = maxRelativeError
      self.tolerance = tolerance
      self.reason = reason
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
      case result, batches, tolerance, reason
      case maxRelativeError = "max_relative_error"
    }

    /// `equal to the zeroed input within 1e-4: 3e-7, 1 batch`
    package var sentence: String {
      let count = "\(batches) \(batches == 1 ? "batch" : "batches")"
      let error = maxRelativeError.map { CountText.significant($0, digits: 2) } ?? "?"
      switch result {
      case .passed: return "equal to the input with zeroed channels, \(error) (\(count))"
      case .failed: return "NOT equal to the input with zeroed channels: \(error); \(reason ?? "")"
      case .notRun: return "not run: \(reason ?? "")"
      }
    }
  }
}
