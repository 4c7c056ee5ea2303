/// What a compilation did: the JSON of `--json` and `--report FILE.json`, `schemas/report.schema.json`.
///
/// Deterministic for the same input, options and version, except ``timing``.
public struct Report: Codable, Sendable, Equatable {
  public static let currentSchemaVersion = 1

  public var schemaVersion = Report.currentSchemaVersion
  public var tool = Tool()
  public var command: Command
  public var input: File
  /// The model written; null where none was (`inspect`, `--dry-run`, a gate that failed).
  @Nullable public var output: File?
  public var settings: CompileOptions
  public var totals: Totals
  /// The nodes that cost something, in the order of the input's graph.
  public var layers: [Layer]
  /// One sentence a figure.
  public var definitions = Definitions()
  public var groups: [Group]
  /// Every weight's axis whose channels stay, all or some, with the node that pins it.
  public var whyNot: [Obstacle]
  public var passes: [PassRecord]
  /// How the network was trained; null where it was not.
  @Nullable public var training: Training?
  /// Result of the equality check; null where none was made.
  @Nullable public var check: Check?
  public var warnings: [String]
  public var timing: Timing

  public init(
    command: Command, input: File, output: File? = nil, settings: CompileOptions, totals: Totals,
    layers: [Layer] = [], groups: [Group] = [], whyNot: [Obstacle] = [], passes: [PassRecord] = [],
    warnings: [String] = [], timing: Timing = Timing(totalSeconds: 0)
  ) {
    self.command = command
    self.input = input
    self.output = output
    self.settings = settings
    self.totals = totals
    self.layers = layers
    self.groups = groups
    self.whyNot = whyNot
    self.passes = passes
    self.training = nil
    self.check = nil
    self.warnings = warnings
    self.timing = timing
  }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case schemaVersion = "schema_version"
    case tool, command, input, output, settings, totals, layers, definitions, groups
    case whyNot = "why_not"
    case passes, training, check, warnings, timing
  }

  /// What was asked for.
  public enum Command: String, Codable, Sendable { case compile, inspect, apply }

  /// The program that wrote the report.
  public struct Tool: Codable, Sendable, Equatable {
    public var name = "fdskd-compile"
    public var version = Tool.currentVersion

    public static let currentVersion = "0.1.0"

    public init() {}
  }

  /// A model file, its external data not included.
  public struct File: Codable, Sendable, Equatable {
    /// As given on the command line; `-` is a standard stream.
    public var path: String
    /// Length of the file, in bytes.
    public var bytes: Int
    /// SHA-256 of those bytes, lowercase hexadecimal; empty where ``CompileOptions/computesDigests`` is off.
    public var sha256: String

    public init(path: String, bytes: Int, sha256: String) {
      self.path = path
      self.bytes = bytes
      self.sha256 = sha256
    }
  }

  /// How long it took: the only part of a report that differs between two runs.
  public struct Timing: Codable, Sendable, Equatable {
    /// Wall time from reading to publishing, in seconds.
    public var totalSeconds: Double
    /// In the order of ``Report/passes``.
    public var passes: [Step]

    public init(totalSeconds: Double, passes: [Step] = []) {
      self.totalSeconds = totalSeconds
      self.passes = passes
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
      case totalSeconds = "total_seconds"
      case passes
    }

    /// A pass, or another step of the way: `read`, `write`.
    public struct Step: Codable, Sendable, Equatable {
      public var name: String
      /// Wall time, in seconds.
      public var seconds: Double

      public init(name: String, seconds: Double) {
        self.name = name
        self.seconds = seconds
      }
    }
  }
}
