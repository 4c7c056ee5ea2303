import Analysis
import GraphIR

/// Takes the selection from a plan made earlier for the same network. Changes nothing in the graph.
package struct AdoptPlan: Pass {
  package static let name = "adopt-plan"

  /// What the plan says of one group.
  package struct Entry: Sendable {
    package let id: String
    package let size: Int
    package let removed: [Int]

    package init(id: String, size: Int, removed: [Int]) {
      self.id = id
      self.size = size
      self.removed = removed
    }
  }

  private let entries: [Entry]
  private let spared: Set<String>

  package init(_ entries: [Entry], sparing spared: Set<String> = []) {
    self.entries = entries
    self.spared = spared
  }

  package func require(_ state: Compilation) throws {
    if state.groups == nil { throw CompileError.order("score-filters") }
  }

  package func run(on state: inout Compilation) throws -> PassOutcome {
    guard let groups = state.groups else { throw CompileError.order("score-filters") }
    var removal = ChannelRemoval(noneOf: groups.groups)
    let positions = Dictionary(uniqueKeysWithValues: groups.groups.enumerated().map { ($1.id, $0) })
    for entry in entries {
      guard let position = positions[entry.id] else {
        if entry.removed.isEmpty { continue }
        throw mismatch("the model has no group '\(entry.id)'")
      }
      let size = groups.groups[position].size
      guard entry.size == size else {
        throw mismatch("group '\(entry.id)' has \(size) channels, in the plan \(entry.size)")
      }
      guard entry.removed.allSatisfy((0..<size).contains), Set(entry.removed).count == entry.removed.count,
        entry.removed.count < size
      else { throw mismatch("group '\(entry.id)' cannot lose channels \(entry.removed)") }
      if !spared.contains(entry.id) { removal.members[position] = entry.removed.sorted() }
    }
    state.selection = Selection(
      removal: removal, rate: 0,
      requestedRates: zip(groups.groups, removal.members).map { Double($1.count) / Double($0.size) },
      limits: groups.groups.map { _ in nil },
      zeroed: ZeroedChannels(groups, state.model, try state.inferred()).members)
    return .unchanged
  }

  package func ensure(_ state: Compilation, after before: Compilation) throws {}

  private func mismatch(_ what: String) -> CompileError {
    CompileError("plan-mismatch", "the plan does not fit the model: \(what)")
  }
}
