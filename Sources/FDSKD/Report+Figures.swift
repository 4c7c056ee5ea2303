extension Report {
  /// What a node or a network costs, for one run in which symbolic batch dimensions count as 1.
  ///
  /// Each figure is nil where it is not known, or does not apply; ``Definitions`` says what each one counts.
  public struct Figures: Codable, Sendable, Equatable {
    /// Eq. 16, of convolutions only.
    @Nullable public var paperParameters: Int?
    /// Eq. 17, of convolutions only.
    @Nullable public var paperFLOPs: Int?
    /// Elements of weights and biases.
    @Nullable public var parameters: Int?
    /// Multiply-accumulates.
    @Nullable public var macs: Int?
    /// Floating-point operations: twice the multiply-accumulates.
    @Nullable public var flops: Int?
    /// Stored size of the parameters, in bytes.
    @Nullable public var bytes: Int?

    public init(
      parameters: Int?, macs: Int?, bytes: Int?, paperParameters: Int? = nil, paperFLOPs: Int? = nil
    ) {
      self.paperParameters = paperParameters
      self.paperFLOPs = paperFLOPs
      self.parameters = parameters
      self.macs = macs
      self.flops = macs.flatMap {
        let (flops, overflow) = $0.multipliedReportingOverflow(by: 2)
        return overflow ? nil : flops
      }
      self.bytes = bytes
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
      case paperParameters = "paper_params"
      case paperFLOPs = "paper_flops"
      case parameters, macs, flops, bytes
    }
  }

  /// The whole network's figures.
  public struct Totals: Codable, Sendable, Equatable {
    public var before: Figures
    public var after: Figures
    /// Nodes whose multiply-accumulates are not known; where there are any, neither is the total.
    public var uncountedNodes: Int

    public init(before: Figures, after: Figures, uncountedNodes: Int = 0) {
      self.before = before
      self.after = after
      self.uncountedNodes = uncountedNodes
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
      case before, after
      case uncountedNodes = "uncounted_nodes"
    }
  }

  /// A node that multiplies or has parameters.
  public struct Layer: Codable, Sendable, Equatable {
    /// The node's name; that of its first output where it has none.
    public var name: String
    /// The operator, with its domain unless that is ONNX's own.
    public var op: String
    /// Name of the first weight that is a constant; null where there is none.
    @Nullable public var weight: String?
    public var before: Figures
    /// Null where the node is no longer there.
    @Nullable public var after: Figures?
    /// Of ``weight``.
    @Nullable public var weightShape: ShapeChange?
    /// Of the first output.
    @Nullable public var outputShape: ShapeChange?

    public init(
      name: String, op: String, weight: String? = nil, before: Figures, after: Figures?,
      weightShape: ShapeChange? = nil, outputShape: ShapeChange? = nil
    ) {
      self.name = name
      self.op = op
      self.weight = weight
      self.before = before
      self.after = after
      self.weightShape = weightShape
      self.outputShape = outputShape
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
      case name, op, weight, before, after
      case weightShape = "weight_shape"
      case outputShape = "output_shape"
    }
  }

  /// A shape before and after; nil where the rank is not known, or the node is gone.
  public struct ShapeChange: Codable, Sendable, Equatable {
    @Nullable public var before: [Dimension]?
    @Nullable public var after: [Dimension]?

    public init(before: [Dimension]?, after: [Dimension]?) {
      self.before = before
      self.after = after
    }

    enum CodingKeys: String, CodingKey, CaseIterable { case before, after }
  }

  /// A length, or the name of one that the file leaves open; written as a JSON integer or string.
  public enum Dimension: Sendable, Equatable, Codable, ExpressibleByIntegerLiteral {
    case length(Int)
    case symbol(String)

    public init(integerLiteral value: Int) { self = .length(value) }

    public init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let length = try? container.decode(Int.self) {
        self = .length(length)
      } else {
        self = .symbol(try container.decode(String.self))
      }
    }

    public func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .length(let length): try container.encode(length)
      case .symbol(let symbol): try container.encode(symbol)
      }
    }
  }

  /// What the figures count, one sentence each; part of every report.
  public struct Definitions: Codable, Sendable, Equatable {
    public var paperParameters =
      "Eq. 16 of the FD-SKD paper as printed, for convolutions: (2*Cin*K^2 + 1)*Cout, with Cin per group and "
      + "K^2 = kH*kW; about twice the exact parameters."
    public var paperFLOPs =
      "Eq. 17 of the FD-SKD paper as printed, for convolutions: H*W*(2*Cin*K^2 - 1)*Cout, with H, W of the "
      + "output map, for one sample."
    public var parameters =
      "Exact count: elements of learned constants (weights, biases, scales; no running statistics), a shared one "
      + "counted once in the totals."
    public var macs =
      "Exact count: multiply-accumulates of products; a symbolic batch counts as 1, operators that the compiler does "
      + "not know count none."
    public var flops = "Twice the multiply-accumulates."
    public var bytes = "Stored size of the parameters in their own element type."

    public init() {}

    enum CodingKeys: String, CodingKey, CaseIterable {
      case paperParameters = "paper_params"
      case paperFLOPs = "paper_flops"
      case parameters, macs, flops, bytes
    }
  }
}
