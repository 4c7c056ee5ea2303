/// What sets two plans apart: `fdskd-compile diff a.json b.json`.
public struct PlanDifference: Codable, Sendable, Equatable {
  /// Both were made for the same input model.
  public var isSameInput: Bool
  /// Groups of both that do not remove the same channels, in the order of the first plan.
  public var groups: [Group]
  /// Ids of groups that only the first plan has.
  public var onlyInA: [String]
  /// Ids of groups that only the second plan has.
  public var onlyInB: [String]

  public init(_ a: Plan, _ b: Plan) {
    isSameInput = a.inputSHA256 == b.inputSHA256
    let others = Dictionary(b.groups.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    let ids = Set(a.groups.map(\.id))
    onlyInA = a.groups.map(\.id).filter { others[$0] == nil }
    onlyInB = b.groups.map(\.id).filter { !ids.contains($0) }
    groups = a.groups.compactMap { group in
      guard let other = others[group.id], group.size != other.size || group.removed != other.removed else {
        return nil
      }
      let (removedInA, removedInB) = (Set(group.removed), Set(other.removed))
      return Group(
        id: group.id, sizeInA: group.size, sizeInB: other.size,
        removedInBoth: group.removed.filter(removedInB.contains),
        removedOnlyInA: group.removed.filter { !removedInB.contains($0) },
        removedOnlyInB: other.removed.filter { !removedInA.contains($0) })
    }
  }

  public var isEmpty: Bool { isSameInput && groups.isEmpty && onlyInA.isEmpty && onlyInB.isEmpty }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case groups
    case isSameInput = "same_input"
    case onlyInA = "only_in_a"
    case onlyInB = "only_in_b"
  }

  /// A group that the two plans treat differently; channels ascending.
  public struct Group: Codable, Sendable, Equatable {
    public var id: String
    public var sizeInA: Int
    public var sizeInB: Int
    public var removedInBoth: [Int]
    public var removedOnlyInA: [Int]
    public var removedOnlyInB: [Int]

    enum CodingKeys: String, CodingKey, CaseIterable {
      case id
      case sizeInA = "size_in_a"
      case sizeInB = "size_in_b"
      case removedInBoth = "removed_in_both"
      case removedOnlyInA = "removed_only_in_a"
      case removedOnlyInB = "removed_only_in_b"
    }
  }
}

extension PlanDifference {
  /// The difference as JSON, keys sorted.
  public func json() throws -> String { try JSONText.encode(self) }

  /// The difference for a terminal.
  public func text(usesColor: Bool = false) -> String {
    let style = TerminalStyle(usesColor: usesColor)
    if isEmpty { return "the plans remove the same channels of the same model\n" }
    var lines = isSameInput ? [] : [style.yellow("the plans were made for different models")]
    if !groups.isEmpty {
      var table = TextTable([.left, .right, .right, .right, .right])
      table.add(["group", "channels", "removed by both", "only by a", "only by b"])
      for group in groups {
        let size = group.sizeInA == group.sizeInB ? "\(group.sizeInA)" : "\(group.sizeInA) / \(group.sizeInB)"
        table.add([
          group.id.shortened(to: 48).printable, size, "\(group.removedInBoth.count)",
          "\(group.removedOnlyInA.count)", "\(group.removedOnlyInB.count)",
        ])
      }
      lines += table.lines()
    }
    for (name, ids) in [("a", onlyInA), ("b", onlyInB)] {
      lines += ids.map { "only in \(name): \($0.printable)" }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
