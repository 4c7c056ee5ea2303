import Analysis
import GraphIR
import Kernels
import Operators
import Platform

/// Finds a part of a network that runs, as large as possible, and makes it ready.
///
/// Nodes are left out one cause after the other, until nothing speaks against the rest.
package struct PartSearch {
  /// Why a node is not part of what is run.
  package enum Reason: Sendable, Equatable {
    /// It cannot be run, or not on these numbers.
    case impossible(String)
    /// It reads results of such a node of which nothing is known.
    case consequence
    /// The rest is as much as may be run.
    case costs
  }

  /// A part that has been made ready.
  package struct Runnable {
    package let part: NetworkPart
    package let program: Program
    fileprivate let kept: KeptPositions

    /// - Throws: `run` naming a node that cannot cope with the numbers.
    package func run(on numbers: SeededInputs) throws {
      var numbers = numbers
      let constants = Set(part.feeds.filter(\.isConstant).map(\.value))
      for port in program.inputs {
        numbers.fill(port)
        if constants.contains(port.value) { kept.clearRemoved(of: port) }
      }
      try program.forward()
    }

    /// Whether a value that is compared has an element that is no number.
    package var givesNaN: Bool { program.outputs.contains(where: \.hasNaN) }
  }

  /// Leaves out nodes, too, where memory is short.
  package var leavesOutForMemory = true
  /// Nodes that the outputs of the network need, in order.
  package let nodes: [Node]
  package private(set) var reasons: [NodeID: Reason] = [:]
  private let model: Model
  private let kept: KeptPositions
  private let inputShapes: [String: [Int]]
  private let memoryLimit: Int?
  private var facts: PartFacts
  private var store: ParameterStore?
  private var work: PartWork
  /// Outputs that are no tensors of numbers.
  private var incomparable: Set<ValueID> = []

  private static let roundLimit = 40

  /// - Parameters:
  ///   - model: the network before, its removed channels at zero.
  ///   - kept: what is left of its values.
  ///   - inputShapes: of every input, by name.
  ///   - memoryLimit: as for ``ProgramSettings``.
  ///   - whole: what is known of the network with whatever lengths; inferred with those of the inputs if nil.
  /// - Throws: what inference has against these lengths.
  package init(
    _ model: Model, _ kept: KeptPositions, inputShapes: [String: [Int]], memoryLimit: Int?,
    whole given: GraphFacts? = nil
  ) throws {
    self.model = model
    self.kept = kept
    self.inputShapes = inputShapes
    self.memoryLimit = memoryLimit
    let whole = try given ?? GraphFacts(of: model, registry: .standard, inputShapes: inputShapes)
    facts = PartFacts(whole)
    let graph = model.graph
    let needed = NeededNodes(
      graph, whole, GraphIndex(graph), for: graph.outputs.map(\.value))
    nodes = graph.nodes.indices.filter { needed[$0] }.map { graph.nodes[$0] }
    work = PartWork(nodes, whole, memoryLimit: memoryLimit)
  }

  /// What running all of the part takes, in multiply-accumulates or what takes as long.
  package var cost: Int { work.cost }

  /// Nodes that are part of what is run.
  package var nodeCount: Int { nodes.count { reasons[$0.id] == nil } }

  /// Nodes are left out that compute weights from constants.
  package var leavesOutWeights: Bool {
    nodes.contains { reasons[$0.id] != nil && facts.whole.isDerived($0) }
  }

  /// Leaves out what goes beyond a budget.
  package mutating func fit(_ budget: PartWork.Budget) {
    for node in work.fit(budget) { reasons[node] = reasons[node] ?? .costs }
  }

  /// Makes ready what runs.
  ///
  /// - Throws: a reason why nothing of the network does.
  package mutating func build() throws -> Runnable {
    for _ in 0..<Self.roundLimit {
      let part = currentPart()
      let cut = part.model(of: model) { $0.dims }
      do {
        let partFacts = try Self.facts(of: cut, inputShapes)
        facts.update(partFacts)
        // With what is fed more may be known of the rest.
        if part != currentPart() { continue }
        let store = try self.store ?? ParameterStore(cut, partFacts, mode: .inference)
        self.store = store
        let settings = ProgramSettings(mode: .inference, memoryLimit: memoryLimit)
        let wanted = part.compared + part.unclear
        if wanted.isEmpty { break }
        var failure: (any Error)?
        do {
          if part.unclear.isEmpty {
            let program = try Program(cut, partFacts, store, outputs: wanted, settings)
            return Runnable(part: part, program: program, kept: kept)
          }
        } catch { failure = error }
        if try omit(ProgramBuilder.obstacles(cut, partFacts, store, outputs: wanted, settings)) { continue }
        if let failure { throw failure }
        // All of it runs, and an output is unclear still: it is no tensor of numbers.
        incomparable.formUnion(part.unclear)
      } catch let error as CompileError {
        try omit(after: error)
      }
    }
    throw CompileError("not-run", firstReason ?? "no output of the network depends on its inputs")
  }

  /// Leaves out the node that an error names, or, where memory is short, half of everything.
  ///
  /// - Throws: the error itself where that is no remedy.
  package mutating func omit(after error: CompileError) throws {
    if error.exit == .resources, !leavesOutForMemory { throw error }
    let named = nodes.filter { reasons[$0.id] == nil && $0.label == error.place }
    let isGuessed = currentPart().isGuessed
    for node in named { reasons[node.id] = isGuessed ? .consequence : .impossible(error.message) }
    if !named.isEmpty { return }
    guard error.exit == .resources, let smaller = work.halved else { throw error }
    fit(smaller)
  }

  /// Leaves out the nodes that make NaN of numbers; false where there are none.
  ///
  /// - Throws: `out-of-memory` where there is no room for all values of the network at once.
  package mutating func omitMakersOfNaN(_ numbers: SeededInputs) throws -> Bool {
    let part = currentPart()
    let cut = part.model(of: model) { $0.dims }
    let partFacts = try Self.facts(of: cut, inputShapes)
    let present = nodes.filter { reasons[$0.id] == nil }
    let values = present.flatMap { $0.outputs.compactMap(\.self) }.filter {
      partFacts[$0].elementType?.isFloatingPoint == true && partFacts[$0].constant == nil
        && partFacts[$0].knownShape != nil
    }
    let store = try self.store ?? ParameterStore(cut, partFacts, mode: .inference)
    let program = try Program(
      cut, partFacts, store, outputs: values, ProgramSettings(mode: .inference, memoryLimit: memoryLimit))
    try Runnable(part: part, program: program, kept: kept).run(on: numbers)
    let spoilt = Set(program.outputs.filter(\.hasNaN).map(\.value))
    let makers = present.filter { node in
      node.outputs.contains { $0.map { spoilt.contains($0) } ?? false }
        && !node.inputs.contains { $0.map { spoilt.contains($0) } ?? false }
    }
    for node in makers { reasons[node.id] = .impossible("gives NaN") }
    return !makers.isEmpty
  }

  // MARK: - Within

  private func currentPart() -> NetworkPart {
    NetworkPart(
      model.graph, facts, nodes: nodes, omitted: Set(reasons.keys),
      ignored: incomparable, feedLimit: (memoryLimit ?? MemoryBudget.standard) / 4)
  }

  private mutating func omit(_ obstacles: [ProgramObstacle]) throws -> Bool {
    if !leavesOutForMemory, let short = obstacles.first(where: { $0.reason.exit == .resources }) {
      throw short.reason
    }
    let inputs = Dictionary(
      nodes.map { ($0.id, $0.inputs.compactMap(\.self)) }, uniquingKeysWith: { first, _ in first })
    let omitted = Set(nodes.filter { reasons[$0.id] != nil }.flatMap { $0.outputs.compactMap(\.self) })
    let missing = omitted.subtracting(currentPart().feeds.map(\.value))
    let causes = obstacles.filter { obstacle in
      obstacle.isFirst && !(inputs[obstacle.node] ?? []).contains { missing.contains($0) }
    }
    let isGuessed = currentPart().isGuessed
    for cause in causes {
      let isKnown = facts.whole.known(cause.node) is any ComputableOperator
      reasons[cause.node] = isGuessed && isKnown ? .consequence : .impossible(cause.reason.message)
    }
    if causes.isEmpty { for obstacle in obstacles { reasons[obstacle.node] = .consequence } }
    return !obstacles.isEmpty
  }

  private var firstReason: String? {
    for node in nodes {
      if case .impossible(let text) = reasons[node.id] { return "\(node.label): \(text)" }
    }
    if reasons.values.contains(.costs) {
      return "each node takes too much time or memory; --check 1 runs them"
    }
    return nil
  }

  static func facts(of cut: Model, _ inputShapes: [String: [Int]]) throws -> GraphFacts {
    let names = Set(cut.graph.inputs.map { cut.graph[$0.value].name })
    return try GraphFacts(
      of: cut, registry: .standard, inputShapes: inputShapes.filter { names.contains($0.key) })
  }
}
