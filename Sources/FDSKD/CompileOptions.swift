/// Everything that decides what ``Compiler`` does to a network. The report repeats it in full.
///
/// The defaults prune 30% of every group of channels by the L2 norm of their filters and leave the rest of
/// the file as it is.
public struct CompileOptions: Sendable, Equatable, Codable {
  /// Fraction of every group's channels to remove, 0 ≤ rate < 1. 0 removes only what is exactly zero already.
  public var rate = 0.3
  /// Rates for single layers; of several that match, the last one decides.
  public var layerRates: [LayerRate] = []
  /// What the multiply-accumulates of one sample are to come down to; replaces ``rate``.
  @Nullable public var targetMACs: Target?
  /// What the number of parameters is to come down to; replaces ``rate``.
  @Nullable public var targetParameters: Target?
  /// Rank the channels of all groups against each other, instead of each group within itself.
  public var isGlobal = false
  public var criterion = Criterion.l2
  public var method = Method.oneShot
  /// Patterns of the layers whose channels all stay.
  public var ignoredLayers: [String] = []
  /// The number of channels kept in a group is rounded up to a multiple of this; 1 rounds nothing.
  public var roundTo = 1
  /// The least number of channels that a group keeps.
  public var minChannels = 1
  /// Lengths for the symbolic dimensions of network inputs, for counting.
  public var inputShapes: [InputShape] = []
  /// Writes the weights to a file of their own beside the model.
  public var saveAsExternalData = false
  /// Folder that the external data of the input is read from; nil is the folder of the model.
  @Nullable public var externalDataDirectory: String?
  /// Bytes that the process may use at most; nil leaves it to the machine.
  @Nullable public var maxMemory: Int?
  /// An output that exists already is an error.
  public var noClobber = false
  /// An operator that is not known, or a request that cannot be met in full, is an error.
  public var isStrict = false
  /// Notes version, rate and method in the model's `metadata_props`, under `fdskd.*`.
  public var writesMetadata = true
  /// Name of the last pass to run; nil runs all.
  @Nullable public var stopAfter: String?
  /// Names of the passes after which the text of the graph is kept in ``CompileResult/dumps``.
  public var dumpAfter: [String] = []
  /// Decides everything and writes no model.
  public var isDryRun = false
  /// Seeded batches on which the result is compared with the input whose removed channels are zero; 0 compares nothing,
  /// nil compares one where the network is small enough.
  @Nullable public var checkBatches: Int?
  /// How far outputs may differ, relative to their largest magnitude; nil: 1e-4, of half-precision networks 5e-3.
  @Nullable public var checkRelativeTolerance: Double?
  public var checkAbsoluteTolerance = 1e-6
  /// How the network is trained; nil removes channels without data.
  @Nullable public var training: TrainingOptions?
  /// Report and plan name input and output by their SHA-256. Off, they leave it empty, and a large model takes half as
  /// long. No part of the report's settings.
  public var computesDigests = true

  public init() {}

  /// Whether the options make a compilation train.
  var trains: Bool { training != nil && !isDryRun }

  /// How a filter is scored, the lowest first to go.
  public enum Criterion: String, Sendable, Codable, CaseIterable {
    /// Sum of absolute weights, [FD-SKD] Eq. 5 with p = 1.
    case l1
    /// Euclidean norm, [FD-SKD] Eq. 5 with p = 2.
    case l2
    /// Sum of the distances to all other filters of the layer, [FD-SKD] Eq. 6.
    case gm
  }

  /// How the network comes to do without the channels that are removed.
  public enum Method: String, Sendable, Codable, CaseIterable {
    /// Scored and removed at once, without data.
    case oneShot = "one-shot"
    /// Filter decay and self-distillation, [FD-SKD].
    case fdskd = "fd-skd"
    /// Filter decay without a teacher.
    case fd
    /// Soft filter pruning.
    case sfp
    /// Filter pruning by geometric median.
    case fpgm
    /// L1 norm, once, and retraining.
    case l1
  }

  /// What a count is to come down to.
  public enum Target: Sendable, Equatable {
    /// Of the count before, 0 < fraction ≤ 1.
    case fraction(Double)
    /// In the figure's own unit, multiply-accumulates or parameters; at least 1.
    case count(Int)
  }

  /// `--layer-rate 'GLOB=0.2'`.
  public struct LayerRate: Sendable, Equatable, Codable {
    /// Shell pattern over names of nodes and of weights: `*`, `?`, `[a-z]`.
    public var pattern: String
    /// Fraction of the channels to remove, 0 ≤ rate < 1.
    public var rate: Double

    public init(pattern: String, rate: Double) {
      self.pattern = pattern
      self.rate = rate
    }
  }

  /// `--input-shape name:1,3,224,224`.
  public struct InputShape: Sendable, Equatable, Codable {
    public var name: String
    /// One length an axis, each at least 1.
    public var dimensions: [Int]

    public init(name: String, dimensions: [Int]) {
      self.name = name
      self.dimensions = dimensions
    }
  }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case rate, criterion, method
    case isGlobal = "global"
    case isStrict = "strict"
    case layerRates = "layer_rates"
    case targetMACs = "target_macs"
    case targetParameters = "target_params"
    case ignoredLayers = "ignore_layers"
    case roundTo = "round_to"
    case minChannels = "min_channels"
    case inputShapes = "input_shapes"
    case saveAsExternalData = "save_as_external_data"
    case externalDataDirectory = "external_data_dir"
    case maxMemory = "max_memory"
    case noClobber = "no_clobber"
    case writesMetadata = "metadata"
    case stopAfter = "stop_after"
    case dumpAfter = "dump_after"
    case isDryRun = "dry_run"
    case training
    case checkBatches = "check"
    case checkRelativeTolerance = "check_rtol"
    case checkAbsoluteTolerance = "check_atol"
  }
}

extension CompileOptions.Target: Codable {
  private enum CodingKeys: String, CodingKey { case fraction, count }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    if let fraction = try container.decodeIfPresent(Double.self, forKey: .fraction) {
      self = .fraction(fraction)
    } else {
      self = .count(try container.decode(Int.self, forKey: .count))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .fraction(let fraction): try container.encode(fraction, forKey: .fraction)
    case .count(let count): try container.encode(count, forKey: .count)
    }
  }
}
