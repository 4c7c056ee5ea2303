extension Report {
  /// Channels that are tied to each other across layers: member i of every axis lives and dies with the
  /// others.
  public struct Group: Codable, Sendable, Equatable {
    /// The layer, or else the tensor, that makes the channels first; unique in the model.
    public var id: String
    /// Channels before.
    public var size: Int
    /// Fraction of the channels that was to go.
    public var requestedRate: Double
    /// Fraction of the channels that went: removed / size.
    public var achievedRate: Double
    /// Ascending.
    public var kept: [Int]
    /// Ascending.
    public var removed: [Int]
    /// One a channel, the lowest first to go; empty where no weight of the group can be ranked.
    public var scores: [Double]
    public var members: [Member]
    /// Why nothing was removed, or less than requested; null where the request was met.
    @Nullable public var reason: String?

    public init(
      id: String, size: Int, requestedRate: Double, kept: [Int], removed: [Int], scores: [Double],
      members: [Member], reason: String? = nil
    ) {
      self.id = id
      self.size = size
      self.requestedRate = requestedRate
      self.achievedRate = size == 0 ? 0 : Double(removed.count) / Double(size)
      self.kept = kept
      self.removed = removed
      self.scores = scores
      self.members = members
      self.reason = reason
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
      case id, size, kept, removed, scores, members, reason
      case requestedRate = "requested_rate"
      case achievedRate = "achieved_rate"
    }
  }

  /// One axis of one constant that belongs to a group.
  public struct Member: Codable, Sendable, Equatable {
    /// Name in the input model, of an initializer or of a Constant node's output.
    public var tensor: String
    public var axis: Int
    public var role: Plan.Role
    /// Name of the node that reads the tensor.
    public var layer: String

    public init(tensor: String, axis: Int, role: Plan.Role, layer: String) {
      self.tensor = tensor
      self.axis = axis
      self.role = role
      self.layer = layer
    }

    enum CodingKeys: String, CodingKey, CaseIterable { case tensor, axis, role, layer }
  }

  /// An axis whose channels stay, all or some, and why.
  public struct Obstacle: Codable, Sendable, Equatable {
    /// Name of the node whose channels these are.
    public var layer: String
    /// Its weight.
    public var tensor: String
    public var axis: Int
    /// Name of the node that pins the axis; the layer itself, or one downstream; null where it is the graph's
    /// border.
    @Nullable public var node: String?
    /// Operator of ``node``.
    @Nullable public var op: String?
    public var reason: String
    /// What would help; null where nothing is known to.
    @Nullable public var hint: String?

    public init(
      layer: String, tensor: String, axis: Int, node: String?, op: String?, reason: String,
      hint: String? = nil
    ) {
      self.layer = layer
      self.tensor = tensor
      self.axis = axis
      self.node = node
      self.op = op
      self.reason = reason
      self.hint = hint
    }

    enum CodingKeys: String, CodingKey, CaseIterable { case layer, tensor, axis, node, op, reason, hint }
  }

  /// What a pass did; how long it took is in ``Timing``.
  public struct PassRecord: Codable, Sendable, Equatable {
    public var name: String
    public var outcome: Outcome
    public var parameters: CountChange
    public var macs: CountChange
    /// What changed, in a few words; null where the counts say it all.
    @Nullable public var detail: String?

    public init(
      name: String, outcome: Outcome, parameters: CountChange, macs: CountChange, detail: String? = nil
    ) {
      self.name = name
      self.outcome = outcome
      self.parameters = parameters
      self.macs = macs
      self.detail = detail
    }

    public enum Outcome: String, Codable, Sendable { case changed, unchanged }

    enum CodingKeys: String, CodingKey, CaseIterable { case name, outcome, parameters, macs, detail }
  }

  /// A total before and after a pass; nil where it is not known.
  public struct CountChange: Codable, Sendable, Equatable {
    @Nullable public var before: Int?
    @Nullable public var after: Int?

    public init(before: Int?, after: Int?) {
      self.before = before
      self.after = after
    }

    enum CodingKeys: String, CodingKey, CaseIterable { case before, after }
  }
}
