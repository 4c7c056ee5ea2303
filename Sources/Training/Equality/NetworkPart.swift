import Analysis
import GraphIR
import Operators

/// A part of a network that runs by itself: all of it, or all but some nodes.
///
///     the network   x -> Conv -> a -> LSTM -> b -> Gemm -> y
///     without LSTM  x -> Conv -> a       and       b -> Gemm -> y
///
/// What an omitted node gives to the others is fed to the part; what it reads of them is compared, as outputs are. Where
/// a node chooses (``DiscreteChoice``), what it chooses by is compared, and the result is made to choose by the numbers
/// of the reference.
package struct NetworkPart: Equatable {
  /// A value that the part does not compute, with its lengths in the network before anything was removed.
  package struct Feed: Equatable {
    package let value: ValueID
    package let elementType: ElementType
    package let dims: [Int]
    /// Nodes compute it from constants alone: what was removed of it is zero, as it is of weights.
    package let isConstant: Bool
  }

  package private(set) var feeds: [Feed] = []
  /// What is compared: outputs of the network first.
  package private(set) var compared: [ValueID] = []
  /// Outputs of the network that the part makes, of which not enough is known to compare them.
  private(set) var unclear: [ValueID] = []
  /// The shape of a value that is fed is a guess: what contradicts it need not be wrong.
  private(set) var isGuessed = false
  /// What nodes of the part choose by: fed to the result as the reference computes it.
  package private(set) var choices: [Feed] = []
  /// Values of which only the lengths matter, for shapes that are computed from them.
  private var measured: [Feed] = []
  private let omitted: Set<NodeID>
  private var choosers: Set<NodeID> = []

  /// - Parameters:
  ///   - nodes: those that the network's outputs need, in order.
  ///   - omitted: which of them are left out.
  ///   - ignored: outputs that cannot be compared.
  ///   - feedLimit: bytes that a value may take that is made up.
  init(
    _ graph: Graph, _ facts: PartFacts, nodes: [Node], omitted: Set<NodeID>, ignored: Set<ValueID>,
    feedLimit: Int
  ) {
    self.omitted = omitted
    var isMade = [Bool](repeating: false, count: graph.values.count)
    var isRead = isMade
    for node in nodes where !omitted.contains(node.id) {
      for case let output? in node.outputs { isMade[output.index] = true }
      for case let input? in node.inputs { isRead[input.index] = true }
    }
    /// Where nothing is known of a result, it is taken for one like an operand.
    func measure(_ value: ValueID, like operand: ValueID? = nil) -> Feed? {
      guard let type = facts[value].elementType ?? operand.flatMap({ facts[$0].elementType }),
        let dims = facts.lengths(of: value) ?? operand.flatMap({ facts.lengths(of: $0) })
      else { return nil }
      return Feed(
        value: value, elementType: type, dims: dims, isConstant: facts.whole[value].isConstantDerived)
    }
    func feed(_ value: ValueID, like operand: ValueID? = nil) -> Feed? {
      guard let feed = measure(value, like: operand), feed.elementType.isComputable,
        let bytes = (feed.dims + [MemoryLayout<Int64>.stride]).product, bytes <= feedLimit,
        feed.elementType.isFloatingPoint || !feed.isConstant
      else { return nil }
      return feed
    }
    func isComputed(_ value: ValueID) -> Bool {
      let fact = facts[value]
      return isMade[value.index] && !fact.isKnownBeforeRunning && !fact.isConstantDerived
        && fact.knownShape != nil && fact.elementType?.isComputable == true
    }

    var seen = Set<ValueID>()
    func compare(_ value: ValueID) {
      if isComputed(value), seen.insert(value).inserted { compared.append(value) }
    }
    for output in graph.outputs where isMade[output.value.index] && !ignored.contains(output.value) {
      compare(output.value)
      let fact = facts[output.value]
      if fact.knownShape == nil || fact.elementType == nil { unclear.append(output.value) }
    }
    for input in graph.opened.inputs where isRead[input.value.index] {
      if let feed = feed(input.value) { feeds.append(feed) }
    }
    var chosenBy = Set<ValueID>()
    for node in nodes {
      if omitted.contains(node.id) {
        for case let input? in node.inputs { compare(input) }
        let operand = node.inputs.lazy.compactMap(\.self).first {
          facts[$0].elementType?.isFloatingPoint == true && facts[$0].constant == nil
        }
        for case let output? in node.outputs where !facts[output].isKnownBeforeRunning {
          isGuessed = isGuessed || facts[output].shape == nil && operand != nil
          if isRead[output.index], let feed = feed(output, like: operand) {
            feeds.append(feed)
          } else if let feed = measure(output, like: operand) {
            measured.append(feed)
          }
        }
        continue
      }
      for position in DiscreteChoice.operands(of: node, facts.signature(of: node)) {
        guard let value = node.inputs[position], isComputed(value), let feed = feed(value) else { continue }
        compare(value)
        choosers.insert(node.id)
        if chosenBy.insert(value).inserted { choices.append(feed) }
      }
    }
  }

  /// The part as a model of its own: what is fed are inputs.
  ///
  /// - Parameter dims: the lengths that a value has in this model; nil where it has no place for the value.
  func model(of model: Model, dims: (Feed) -> [Int]?) -> Model {
    var part = model
    if !omitted.isEmpty { part.graph.nodes.removeAll { omitted.contains($0.id) } }
    let fed = Set(feeds.map(\.value))
    part.graph.opened.inputs.removeAll { fed.contains($0.value) }
    var isRead = [Bool](repeating: false, count: part.graph.values.count)
    for value in GraphIndex(part.graph).captured.keys { isRead[value.index] = true }
    for node in part.graph.nodes {
      for case let input? in node.inputs { isRead[input.index] = true }
    }
    let stored = Set(part.graph.initializers)
    part.graph.inputs.removeAll { !isRead[$0.value.index] && !stored.contains($0.value) }
    let unread = Set(part.graph.initializers.filter { !isRead[$0.index] })
    part.graph.initializers.removeAll { unread.contains($0) }
    for feed in feeds {
      guard let dims = dims(feed) else { continue }
      part.graph.inputs.append(feed.input(feed.value, dims))
    }
    // What opened bodies are handed has a type, and is computed by nobody: so it is with what is only measured.
    for feed in measured where isRead[feed.value.index] {
      guard let dims = dims(feed) else { continue }
      part.graph.opened.inputs.append(feed.input(feed.value, dims))
    }
    return part
  }

  /// The same for the network from which channels were removed, whose nodes choose by other inputs.
  ///
  /// - Returns: the model, and those inputs, by what they stand for.
  func result(of model: Model, dims: (Feed) -> [Int]?) -> (model: Model, chosenBy: [ValueID: ValueID]) {
    var part = self.model(of: model, dims: dims)
    guard !choices.isEmpty else { return (part, [:]) }
    var names = UniqueNames(ofValuesIn: part.graph)
    var copies: [ValueID: ValueID] = [:]
    for choice in choices {
      guard let dims = dims(choice) else { continue }
      let copy = part.graph.addValue(names.make(part.graph[choice.value].name))
      part.graph.inputs.append(choice.input(copy, dims))
      copies[choice.value] = copy
    }
    for position in part.graph.nodes.indices where choosers.contains(part.graph.nodes[position].id) {
      part.graph.nodes[position].inputs = part.graph.nodes[position].inputs.map { input in
        input.map { copies[$0] ?? $0 }
      }
    }
    return (part, copies)
  }
}

extension NetworkPart.Feed {
  fileprivate func input(_ value: ValueID, _ dims: [Int]) -> ValueInfo {
    let type = DeclaredTensorType(
      elementTypeNumber: elementType.rawValue, dims: dims.map { DeclaredDimension(.value(Int64($0))) })
    return ValueInfo(value: value, type: DeclaredType(.tensor(type)))
  }
}

extension ElementType {
  /// Whether kernels compute with it, as Float or as Int64.
  fileprivate var isComputable: Bool {
    switch self {
    case .undefined, .string, .complex64, .complex128: false
    default: true
    }
  }
}
