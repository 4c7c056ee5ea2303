extension Report {
  /// The proof that the result computes what the input with the removed channels at zero computes: both were run.
  public struct Check: Codable, Sendable, Equatable {
    public enum Result: String, Codable, Sendable {
      case passed, failed
      /// ``Check/reason`` says why not.
      case notRun = "not-run"
    }

    /// The input of a network, as it was run.
    public struct Input: Codable, Sendable, Equatable {
      public var name: String
      public var shape: [Int]
    }

    /// Nodes that were left out for the same reason: what they read was compared, and what they give made up.
    public struct Omission: Codable, Sendable, Equatable {
      public var reason: String
      /// How many nodes, and the first of them.
      public var nodes: Int
      public var first: String
    }

    public var result: Result
    /// Seeded batches that were compared.
    public var batches: Int
    /// Largest difference of a value, relative to its largest magnitude; null where nothing was run.
    @Nullable public var maxRelativeError: Double?
    /// What that difference may be.
    public var tolerance: Double
    /// Why nothing was run, or which value differs.
    @Nullable public var reason: String?
    /// Outputs of the network that were compared.
    public var outputs = 0
    /// Other values that were compared: what is chosen by, and what nodes read that were left out.
    public var values = 0
    /// Nodes that were run, of those that the outputs depend on.
    public var nodesRun = 0
    public var nodesTotal = 0
    public var inputs: [Input] = []
    public var omissions: [Omission] = []

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
      case result, batches, tolerance, reason, outputs, values, inputs, omissions
      case maxRelativeError = "max_relative_error"
      case nodesRun = "nodes_run"
      case nodesTotal = "nodes_total"
    }

    /// `equal to the input with zeroed channels, 3e-7 (1 batch)`
    package var sentence: String {
      let error = maxRelativeError.map { CountText.significant($0, digits: 2) } ?? "?"
      switch result {
      case .passed: return "equal to the input with zeroed channels, \(error) (\(extent))"
      case .failed: return "NOT equal to the input with zeroed channels: \(error); \(reason ?? "")"
      case .notRun: return "not run: \(reason ?? "")"
      }
    }

    /// `1 batch; 30 of 34 nodes, not 'lstm1' and 3 others: LSTM cannot be run`
    private var extent: String {
      var text = "\(batches) \(batches == 1 ? "batch" : "batches")"
      guard nodesRun < nodesTotal else { return text }
      text += "; \(nodesRun) of \(nodesTotal) nodes"
      guard let omission = omissions.first else { return text }
      let others = nodesTotal - nodesRun - 1
      return text + ", not '\(omission.first)'"
        + (others > 0 ? " and \(CountText.counted(others, "other"))" : "")
        + ": \(omission.reason)"
    }
  }
}
