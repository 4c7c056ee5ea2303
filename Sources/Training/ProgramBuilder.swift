import Analysis
import GraphIR
import Kernels
import Operators
import Platform

/// Turns a graph whose shapes are all known into steps: kernels, and copies between the layouts that they want.
///
/// Nodes are visited in order, those that the wanted outputs need. What is known before anything runs (shape
/// computations) is a constant and runs nowhere. An activation that only one kernel's result enters is fused into that
/// kernel; so is, for inference, a batch normalisation behind a convolution.
struct ProgramBuilder {
  private(set) var tensors: [ProgramTensor] = []
  private(set) var steps: [ProgramStep] = []
  private(set) var inputs: [(value: ValueID, tensor: Int)] = []
  private(set) var outputs: [(value: ValueID, tensor: Int)] = []

  private let model: Model
  private let facts: GraphFacts
  private let store: ParameterStore
  private let settings: ProgramSettings
  private let index: GraphIndex
  /// What the program gives out, which nothing may swallow.
  private let wanted: Set<ValueID>
  private var tensorOfValue: [ValueID: Int] = [:]
  /// Why a value cannot be computed; thrown only if it is needed.
  private var failures: [ValueID: CompileError] = [:]
  /// Nodes that cannot be run, in order.
  private(set) var obstacles: [ProgramObstacle] = []
  /// Goes on behind a node that cannot be run as if something else gave its results.
  private let assumesResults: Bool
  private var skipped: Set<Int> = []

  /// - Throws: `no-kernel` naming a node that cannot run, `unknown-shape` naming a value.
  init(
    _ model: Model, _ facts: GraphFacts, _ store: ParameterStore, outputs wanted: [ValueID],
    _ settings: ProgramSettings
  )
    throws
  {
    try self.init(model, facts, store, wanted, settings, assumesResults: false)
    for value in wanted {
      let tensor = try self.tensor(of: value)
      let layout = tensors[tensor].layout
      outputs.append((value, arrange(tensor, as: layout.rowMajor)))
    }
    dropUnused()
  }

  /// Nodes that the wanted values need and that cannot be run, in order: first causes, and what depends on results of
  /// which nothing is known.
  static func obstacles(
    _ model: Model, _ facts: GraphFacts, _ store: ParameterStore, outputs wanted: [ValueID],
    _ settings: ProgramSettings
  ) throws -> [ProgramObstacle] {
    try ProgramBuilder(model, facts, store, wanted, settings, assumesResults: true).obstacles
  }

  private init(
    _ model: Model, _ facts: GraphFacts, _ store: ParameterStore, _ wanted: [ValueID],
    _ settings: ProgramSettings, assumesResults: Bool
  )
    throws
  {
    self.assumesResults = assumesResults
    self.model = model
    self.facts = facts
    self.store = store
    self.settings = settings
    index = GraphIndex(model.graph)
    self.wanted = Set(wanted)
    for input in model.graph.inputs where model.graph[input.value].initializer == nil {
      guard let layout = layout(of: input.value) else { continue }
      try checkSize(of: input.value)
      let tensor = add(ProgramTensor(layout: layout, home: .arena))
      tensorOfValue[input.value] = tensor
      inputs.append((input.value, tensor))
    }
    let needed = NeededNodes(model.graph, facts, index, for: wanted)
    for (position, node) in model.graph.nodes.enumerated()
    where needed[position] && !skipped.contains(position) {
      do { try visit(node) } catch { fail(node, Self.failure(error, node)) }
    }
  }

  private mutating func fail(_ node: Node, _ failure: CompileError) {
    let isFirst = !node.inputs.contains { $0.map { failures[$0] == failure } ?? false }
    obstacles.append(ProgramObstacle(node: node.id, reason: failure, isFirst: isFirst))
    for case let output? in node.outputs {
      if assumesResults, isFirst, let layout = layout(of: output) {
        tensorOfValue[output] = add(ProgramTensor(layout: layout, home: .arena))
      } else {
        failures[output] = failure
      }
    }
  }

  private static func failure(_ error: any Error, _ node: Node) -> CompileError {
    switch error {
    case let error as KernelError: CompileError(error, "no-kernel", "cannot be run: ").at(node.label)
    case let error as CompileError: error.at(node.label)
    default: CompileError("no-kernel", "cannot be run: \(error)").at(node.label)
    }
  }

  // MARK: - Nodes

  private mutating func visit(_ node: Node) throws {
    guard let known = facts.known(node.id) else {
      throw CompileError("no-kernel", "is an operator that cannot be run")
    }
    guard let computable = known as? any ComputableOperator else {
      let dependsOnData = node.outputs.contains { $0.map { facts[$0].knownShape == nil } ?? false }
      throw CompileError(
        "no-kernel",
        dependsOnData
          ? "\(node.opType) cannot be run: the shape of its result depends on the data"
          : "\(node.opType) cannot be run")
    }
    for case let output? in node.outputs { try checkSize(of: output) }
    var last = node
    var signature = facts.signature(of: node.id)
    let needed = Set(computable.neededInputs(signature))
    var operands = try node.inputs.enumerated().map { position, input in
      needed.contains(position) ? try input.map { try tensor(of: $0) } : nil
    }
    if let folded = try foldNormalization(after: node, operands) {
      operands = [operands[0], folded.weights, folded.bias]
      signature.inputs = [signature.input(0), signature.input(1), facts[folded.shift]]
      last = folded.node
    }
    var activation: Activation?
    if let (next, found) = activationBehind(last),
      computable.fuses(found, signature, in: settings.mode)
    {
      activation = found
      last = next
    }
    let call = KernelCall(
      signature, layouts: operands.map { $0.map { tensors[$0].layout } }, mode: settings.mode,
      activation: activation, wantsGradient: operands.map { $0.map { tensors[$0].needsGradient } ?? false },
      algorithms: settings.algorithms, seed: settings.seed &+ UInt64(node.id.index),
      isReproducible: settings.isReproducible)
    try append(try computable.kernels(call), node.label, kind: node.opType, operands, outputs: last.outputs)
    if last.id != node.id { skip(from: node, through: last) }
  }

  /// Adds a node's kernels, the results of which are `values`.
  private mutating func append(
    _ chain: KernelChain, _ label: String, kind: String, _ operands: [Int?], outputs values: [ValueID?]
  ) throws {
    var tensorOfPosition: [Int: Int] = [:]
    for (position, operand) in operands.enumerated() { tensorOfPosition[position] = operand }
    for step in chain.steps {
      let made = try append(
        step.kernel, label, kind: kind, step.inputs.map { $0.flatMap { tensorOfPosition[$0] } })
      for (position, tensor) in zip(step.outputs, made) {
        if let position, let tensor { tensorOfPosition[position] = tensor }
      }
    }
    for (value, output) in zip(values, chain.outputs) {
      if let value, let output, let tensor = tensorOfPosition[output.position] {
        tensorOfValue[value] = tensor
      }
    }
  }

  /// Adds a kernel, with the copies that its inputs need, and gives its results.
  private mutating func append(
    _ kernel: any Kernel, _ label: String, kind: String, _ operands: [Int?]
  ) throws -> [Int?] {
    var inputs: [Int?] = []
    for (position, wanted) in kernel.inputs.enumerated() {
      guard let wanted else {
        inputs.append(nil)
        continue
      }
      guard operands.indices.contains(position), let operand = operands[position] else {
        throw KernelError("input \(position) is missing")
      }
      let layout = tensors[operand].layout
      guard layout.dims == wanted.dims, layout.scalar == wanted.scalar else {
        throw KernelError(
          "input \(position) is \(layout.dims) of \(layout.scalar)s, its kernel takes \(wanted.dims) of \(wanted.scalar)s"
        )
      }
      inputs.append(arrange(operand, as: wanted))
    }
    let isPrepared =
      settings.mode == .inference && !kernel.inputs.isEmpty
      && inputs.allSatisfy { $0.map { tensors[$0].isPrepared } ?? true }
    let needsGradient =
      settings.mode == .training && inputs.contains { $0.map { tensors[$0].needsGradient } ?? false }
    let outputs = kernel.outputs.enumerated().map { position, layout -> Int? in
      guard let layout else { return nil }
      var tensor = ProgramTensor(layout: layout, home: .arena)
      tensor.isPrepared = isPrepared
      tensor.needsGradient = needsGradient && layout.scalar == .float
      if position == 0, let alias = kernel.alias, let source = inputs[alias] {
        tensor.alias = tensors[source].alias ?? source
        tensor.home = tensors[source].home
      }
      return add(tensor)
    }
    steps.append(
      ProgramStep(
        label: label, kind: kind, kernel: kernel, inputs: inputs, outputs: outputs, isPrepared: isPrepared))
    return outputs
  }

  /// The tensor in another layout: itself, a copy that is there already, or a new one.
  private mutating func arrange(_ tensor: Int, as wanted: TensorLayout) -> Int {
    let layout = tensors[tensor].layout
    if layout == wanted { return tensor }
    for copy in tensors[tensor].copies where tensors[copy].layout == wanted { return copy }
    let reorder = Reorder(from: layout, to: wanted)
    var copy = ProgramTensor(layout: wanted, home: .arena)
    copy.needsGradient = tensors[tensor].needsGradient
    copy.isPrepared = tensors[tensor].isPrepared && settings.mode == .inference
    let position = add(copy)
    tensors[tensor].copies.append(position)
    steps.append(
      ProgramStep(
        label: "a change of layout", kind: "Reorder", kernel: reorder, inputs: [tensor], outputs: [position],
        isPrepared: copy.isPrepared))
    return position
  }

  private mutating func add(_ tensor: ProgramTensor) -> Int {
    tensors.append(tensor)
    return tensors.count - 1
  }

  // MARK: - Values

  private func layout(of value: ValueID) -> TensorLayout? {
    guard let shape = facts[value].knownShape, let type = facts[value].elementType else { return nil }
    return TensorLayout(shape, type.isFloatingPoint ? .float : .integer)
  }

  /// Small files can name tensors that no machine holds.
  ///
  /// - Throws: `out-of-memory` for a tensor that is larger than all of the memory that is allowed.
  private func checkSize(of value: ValueID) throws {
    guard let shape = facts[value].knownShape else { return }
    var bytes = MemoryLayout<Float>.stride
    for length in shape {
      let (product, overflow) = bytes.multipliedReportingOverflow(by: length)
      guard !overflow, product <= settings.memoryLimit else {
        throw CompileError(
          "out-of-memory",
          "the value '\(model.graph[value].name)' of shape \(shape) is larger than the "
            + "\(settings.memoryLimit) bytes that running the network may take", exit: .resources)
      }
      bytes = product
    }
  }

  private mutating func tensor(of value: ValueID) throws -> Int {
    if let tensor = tensorOfValue[value] { return tensor }
    if let failure = failures[value] { throw failure }
    let name = model.graph[value].name
    guard let layout = layout(of: value) else {
      let shape = facts[value].shape.map { "[\($0.map(\.description).joined(separator: ", "))]" } ?? "unknown"
      throw CompileError(
        "unknown-shape", "the shape of '\(name)' is \(shape)",
        hint: "give the lengths of dynamic inputs with --input-shape")
    }
    var tensor: ProgramTensor
    if let entry = store[value] {
      tensor = ProgramTensor(layout: layout, home: .parameter(entry.range))
      tensor.needsGradient = entry.isTrainable && settings.mode == .training
      tensor.isPrepared = true
    } else if let integers = facts[value].knownContent ?? facts[value].constant?.integers
      ?? facts[value].constant?.packedIntegers
    {
      tensor = ProgramTensor(layout: layout, home: .constant(integers.map(Int64.init)))
      tensor.isPrepared = true
    } else {
      let isCarried = model.graph.opened.inputs.contains { $0.value == value }
      throw CompileError(
        "no-kernel",
        isCarried
          ? "the value '\(name)' is another one at every turn of a loop, and loops cannot be run"
          : "the value '\(name)' cannot be computed")
    }
    let position = add(tensor)
    tensorOfValue[value] = position
    return position
  }

  // MARK: - Fusion

  /// The one node that reads a node's only result.
  private func onlyReader(of node: Node) -> Node? {
    guard node.outputs.dropFirst().allSatisfy({ $0.map { index.uses(of: $0).isEmpty } ?? true }),
      let output = node.outputs.first ?? nil, index.uses(of: output).count == 1,
      !index.outputs.contains(output), !wanted.contains(output), index.captured[output] == nil
    else { return nil }
    return model.graph.nodes[index.uses(of: output)[0].node]
  }

  private func activationBehind(_ node: Node) -> (Node, Activation)? {
    guard let next = onlyReader(of: node), next.inputs.first == node.outputs.first,
      let computable = facts.known(next.id) as? any ComputableOperator,
      let activation = computable.activation(facts.signature(of: next.id))
    else { return nil }
    return (next, activation)
  }

  private mutating func foldNormalization(after node: Node, _ operands: [Int?]) throws
    -> (weights: Int, bias: Int, shift: ValueID, node: Node)?
  {
    guard settings.mode == .inference, facts.known(node.id) is Conv,
      let next = onlyReader(of: node),
      let normalization = facts.known(next.id) as? BatchNormalization, !normalization.isTraining,
      let weights = operands[1], tensors[weights].isPrepared,
      operands.count < 3 || operands[2].map({ tensors[$0].isPrepared }) ?? true
    else { return nil }
    let bias = operands.count > 2 ? operands[2] : nil
    let parameters = try next.inputs[1...].map { try $0.map { try tensor(of: $0) } }
    guard parameters.count == 4, parameters.allSatisfy({ $0.map { tensors[$0].isPrepared } ?? false }),
      let shift = next.inputs[2]
    else { return nil }
    let kernel = FoldedNormalization(
      weights: tensors[weights].layout.dims, hasBias: bias != nil, epsilon: normalization.epsilon)
    let made = try append(kernel, next.label, kind: "BatchNormalization", [weights, bias] + parameters)
    guard let newWeights = made[0], let newBias = made[1] else { return nil }
    return (newWeights, newBias, shift, next)
  }

  /// The nodes behind `first` up to `last` were fused into it.
  private mutating func skip(from first: Node, through last: Node) {
    var node = first
    while node.id != last.id, let next = onlyReader(of: node), let output = node.outputs.first ?? nil {
      skipped.insert(index.uses(of: output)[0].node)
      node = next
    }
  }

  // MARK: - What nobody reads

  private mutating func dropUnused() {
    var isUsed = [Bool](repeating: false, count: tensors.count)
    for output in outputs { isUsed[output.tensor] = true }
    var kept: [ProgramStep] = []
    for step in steps.reversed() where step.outputs.contains(where: { $0.map { isUsed[$0] } ?? false }) {
      for case let input? in step.inputs { isUsed[input] = true }
      kept.append(step)
    }
    steps = kept.reversed()
  }
}

/// What a program is built for.
package struct ProgramSettings {
  package var mode: KernelMode
  package var algorithms: ConvolutionAlgorithms
  package var seed: UInt64
  /// Bytes that activations, gradients and scratch memory may take.
  package var memoryLimit: Int
  /// The results have the same bits on every processor, or are not computed.
  package var isReproducible: Bool

  /// - Parameter memoryLimit: ``MemoryBudget/standard`` if nil.
  package init(
    mode: KernelMode, algorithms: ConvolutionAlgorithms = .direct, seed: UInt64 = 0, memoryLimit: Int? = nil,
    isReproducible: Bool = false
  ) {
    self.isReproducible = isReproducible
    self.mode = mode
    self.algorithms = algorithms
    self.seed = seed
    self.memoryLimit = memoryLimit ?? MemoryBudget.standard
  }
}

/// A node that cannot be run.
struct ProgramObstacle {
  let node: NodeID
  let reason: CompileError
  /// Nothing before the node is the cause.
  let isFirst: Bool
}

/// A value while the network runs.
struct ProgramTensor {
  enum Home {
    case arena
    /// Elements of the parameter store.
    case parameter(Range<Int>)
    case constant([Int64])
  }

  let layout: TensorLayout
  var home: Home
  /// The tensor whose memory this one is another view of.
  var alias: Int?
  /// The same tensor in other layouts.
  var copies: [Int] = []
  var needsGradient = false
  /// Depends on parameters alone, so that it is computed only when they change.
  var isPrepared = false

  init(layout: TensorLayout, home: Home) {
    self.layout = layout
    self.home = home
  }
}

/// One kernel with its operands, which are indices of tensors.
struct ProgramStep {
  /// The node, as messages name it.
  let label: String
  /// The operator, for profiles.
  let kind: String
  let kernel: any Kernel
  let inputs: [Int?]
  let outputs: [Int?]
  let isPrepared: Bool
}
