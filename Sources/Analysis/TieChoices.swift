import GraphIR

/// Finds out in which of its ways each node should tie (``ChannelTies/choose(_:among:)``).
///
/// First every question by itself: the first way that touches nothing that is pinned whatever is chosen. Where choices
/// of several nodes block each other, as in the heads of attention, or leave but few units, questions of one kind are
/// then turned to their next way together, and what leaves more scored weights free is kept.
struct TieChoices {
  private let model: Model
  private let facts: GraphFacts
  private let space: SlotSpace
  private let interface: InterfacePins
  /// By position of the node.
  private var answers: [Int: [Int: Int]] = [:]
  private var nodes: [NodeTies]
  /// The ways worth trying, by position of the node and question.
  private var ways: [Int: [Int: [Int]]] = [:]

  private static let trialLimit = 16
  /// Fewer units are worth a look for a finer way.
  private static let coarseUnits = 8

  init(_ model: Model, _ facts: GraphFacts) {
    self.model = model
    self.facts = facts
    let space = SlotSpace(facts)
    self.space = space
    interface = InterfacePins(model, space)
    nodes = model.graph.nodes.map { NodeTies(of: $0, facts, model.graph, space) }
  }

  /// The graph under the best choices found.
  mutating func settle() -> TiedGraph {
    settleAlone()
    var best = TiedGraph(nodes, interface, facts, model.graph, space)
    guard !ways.isEmpty else { return best }
    var score = best.freedom
    var tried: Set<Kind> = []
    for _ in 0..<Self.trialLimit {
      let open = openQuestions(&best)
      // Where no kind alone does it, all that are alike but for ranks are turned together: heads that are split off
      // from several tensors, and joined again.
      let kinds = open.map(\.kind) + open.map(\.kind.family)
      guard let kind = kinds.first(where: { !tried.contains($0) }) else { break }
      tried.insert(kind)
      var trial = self
      for (node, question, other) in open where other == kind || other.family == kind {
        trial.turn(node, question)
      }
      var graph = TiedGraph(trial.nodes, interface, facts, model.graph, space)
      let trialScore = graph.freedom
      if trialScore > score {
        (self, best, score) = (trial, graph, trialScore)
        tried = []
      }
    }
    return best
  }

  /// Questions that are alike: repeated blocks of a network are turned together.
  private struct Kind: Hashable {
    let opType: String
    let kind: Int
    /// Nil in a family of kinds.
    let details: Details?

    struct Details: Hashable {
      let inputRank: Int
      let outputRank: Int
      let question: Int
      let answer: Int
    }

    var family: Kind { Kind(opType: opType, kind: kind, details: nil) }
  }

  /// Takes for each question the first way that touches nothing pinned whatever is chosen.
  private mutating func settleAlone() {
    let asking = nodes.indices.filter { !nodes[$0].ties.choices.isEmpty }
    guard !asking.isEmpty else { return }
    var sets = DisjointSets(count: space.count)
    for entry in nodes { for (a, b) in entry.settledPairs { sets.unite(a, b) } }
    var isPinned = [Bool](repeating: false, count: space.count)
    for slots in interface.pins.map(\.slots) + nodes.flatMap(\.settledPins) {
      for slot in slots { isPinned[Int(sets.root(slot))] = true }
    }
    for position in asking {
      for index in nodes[position].ties.choices.indices {
        let choice = nodes[position].ties.choices[index]
        let viable = (0..<choice.count).filter { way in
          let entry = NodeTies(
            of: nodes[position].node, facts, model.graph, space, answers: [choice.question: way])
          return !entry.ties.pairs(ofChoice: index).contains {
            isPinned[Int(sets.root($0.0))] || isPinned[Int(sets.root($0.1))]
          }
        }
        ways[position, default: [:]][choice.question] = viable
        if let first = viable.first { answers[position, default: [:]][choice.question] = first }
      }
      tieAgain(position)
    }
  }

  /// The questions that have another way and whose present one is pinned, then those whose present one leaves few
  /// units, both in node order.
  private func openQuestions(_ graph: inout TiedGraph) -> [(node: Int, question: Int, kind: Kind)] {
    var blocked: [(node: Int, question: Int, kind: Kind)] = []
    var coarse: [(node: Int, question: Int, kind: Kind)] = []
    for position in ways.keys.sorted() {
      let entry = nodes[position]
      for (index, choice) in entry.ties.choices.enumerated()
      where ways[position]?[choice.question]?.count ?? 0 > 1 {
        let pairs = entry.ties.pairs(ofChoice: index)
        let isBlocked = pairs.contains { graph.pin(of: $0.0) != nil }
        guard isBlocked || isCoarse(pairs, &graph) else { continue }
        let kind = Kind(
          opType: entry.node.opType, kind: choice.kind,
          details: Kind.Details(
            inputRank: entry.ties.signature.input(0)?.rank ?? 0,
            outputRank: entry.ties.signature.output(0)?.rank ?? 0, question: choice.question,
            answer: answers[position]?[choice.question] ?? 0))
        if isBlocked {
          blocked.append((position, choice.question, kind))
        } else {
          coarse.append((position, choice.question, kind))
        }
      }
    }
    return blocked + coarse
  }

  private func isCoarse(_ pairs: ArraySlice<ChannelTies.Pair>, _ graph: inout TiedGraph) -> Bool {
    var units: Set<Int32> = []
    for (slot, _) in pairs where units.count < Self.coarseUnits { units.insert(graph.root(slot)) }
    return units.count < Self.coarseUnits
  }

  /// Takes the next way that is worth trying.
  private mutating func turn(_ position: Int, _ question: Int) {
    guard let ways = ways[position]?[question], !ways.isEmpty else { return }
    let present = ways.firstIndex(of: answers[position]?[question] ?? 0) ?? 0
    answers[position, default: [:]][question] = ways[(present + 1) % ways.count]
    tieAgain(position)
  }

  private mutating func tieAgain(_ position: Int) {
    nodes[position] = NodeTies(
      of: nodes[position].node, facts, model.graph, space, answers: answers[position] ?? [:])
  }
}
