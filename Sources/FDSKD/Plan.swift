/// Which channels of one model go: what `--save-plan` writes and `apply` reads, `schemas/plan.schema.json`.
///
/// Setting the ``Role/consumer`` slots of the removed channels to zero in the input model gives, by
/// definition, the model whose outputs the result must equal. Of a tensor that the input model computes, the value is set
/// to zero, behind the node that computes it.
public struct Plan: Codable, Sendable, Equatable {
  public static let currentSchemaVersion = 1

  public var schemaVersion = Plan.currentSchemaVersion
  /// SHA-256 of the input model's bytes, lowercase hexadecimal.
  public var inputSHA256: String
  public var groups: [Group]

  public init(inputSHA256: String, groups: [Group]) {
    self.inputSHA256 = inputSHA256
    self.groups = groups
  }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case schemaVersion = "schema_version"
    case inputSHA256 = "input_sha256"
    case groups
  }

  /// Channels that are tied to each other across layers.
  public struct Group: Codable, Sendable, Equatable {
    /// The layer, or else the tensor, that makes the channels first; unique in the model.
    public var id: String
    /// Channels before.
    public var size: Int
    /// Ascending; with ``removed`` every channel once.
    public var kept: [Int]
    /// Ascending.
    public var removed: [Int]
    /// One a channel; empty where no weight of the group can be ranked.
    public var scores: [Double]
    public var members: [Member]

    public init(
      id: String, size: Int, kept: [Int], removed: [Int], scores: [Double], members: [Member]
    ) {
      self.id = id
      self.size = size
      self.kept = kept
      self.removed = removed
      self.scores = scores
      self.members = members
    }

    enum CodingKeys: String, CodingKey, CaseIterable { case id, size, kept, removed, scores, members }
  }

  /// One axis of one constant that belongs to a group.
  public struct Member: Codable, Sendable, Equatable {
    /// Name in the input model, of an initializer, of a Constant node's output, or of a value that nodes compute from
    /// constants alone.
    public var tensor: String
    public var axis: Int
    public var role: Role
    /// `slots[i]`: positions on the axis that belong to the group's channel i.
    public var slots: [[Int]]

    public init(tensor: String, axis: Int, role: Role, slots: [[Int]]) {
      self.tensor = tensor
      self.axis = axis
      self.role = role
      self.slots = slots
    }

    enum CodingKeys: String, CodingKey, CaseIterable { case tensor, axis, role, slots }
  }

  /// What a constant does to the channel.
  public enum Role: String, Codable, Sendable, CaseIterable {
    /// Its values make the channel: a convolution's filters, or their bias.
    case producer
    /// It acts on the channel alone: normalisation parameters, slopes, added constants.
    case follower
    /// It reads the channel and mixes it with others.
    case consumer
  }
}
