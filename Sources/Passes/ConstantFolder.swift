import Analysis
import GraphIR
import Kernels
import Training

/// Computes values that depend on constants alone, one after the other, as far as what that takes stays in proportion
/// to what the file stores.
struct ConstantFolder {
  /// Why a weight stays as the graph computes it; continues "axis 0 of 'weight' ...".
  struct Refusal: Error {
    let reason: String

    init(_ what: String) { reason = "is computed from constants, " + what }
  }

  private let model: Model
  private let registry: OperatorRegistry
  private let index: GraphIndex
  private(set) var facts: GraphFacts
  private let memoryLimit: Int
  /// Additions and multiplications that may still be done.
  private var work: Int
  /// Bytes by which the file may still grow.
  private var growth: Int
  /// Constants that folded weights have made up for in ``growth``.
  private var paid: Set<ValueID> = []

  /// Beside what is in proportion to the weights: what networks that store next to nothing may take.
  private static let (leastWork, leastGrowth, leastMemory) = (1 << 30, 1 << 20, 16 << 20)
  private static let workOfNode = 10_000

  init(_ model: Model, _ facts: GraphFacts, _ registry: OperatorRegistry, memoryLimit: Int?) {
    self.model = model
    self.registry = registry
    self.facts = facts
    index = GraphIndex(model.graph)
    let stored = model.graph.constants.values.reduce(0) { $0 + $1.count }
    let bytes = model.graph.constants.values.reduce(0) { $0 + ($1.bytes?.count ?? 0) }
    work = Self.leastWork + 256 * stored
    growth = Self.leastGrowth + bytes
    self.memoryLimit = min(memoryLimit ?? .max, Self.leastMemory + 32 * stored)
  }

  /// What the graph computes for a value.
  ///
  /// - Throws: ``Refusal``.
  mutating func fold(_ value: ValueID) throws -> Tensor {
    guard let own = facts[value].elementType, own.isRankable, own != .double else {
      throw Refusal("in a type that the compiler does not compute in")
    }
    guard let shape = facts[value].knownShape, let count = shape.product, let type = facts[value].elementType,
      let width = type.bitWidth, case (let bits, false) = count.multipliedReportingOverflow(by: width)
    else { throw Refusal("and its shape is not known") }
    let closure = try Closure(of: value, model.graph, index, facts, limit: max(work, 0) / Self.workOfNode)
    try refuse(closure)
    let saved = closure.constants.filter { !paid.contains($0) }.reduce(0) {
      $0 + (facts[$1].constant?.bytes?.count ?? 0)
    }
    guard bits / 8 - saved <= growth else {
      throw Refusal("and would make the file larger by \(bits / 8 - saved) bytes, were it stored")
    }
    let cost = closure.nodes.reduce(0) { sum, position in
      let (total, overflow) = sum.addingReportingOverflow(self.cost(of: model.graph.nodes[position]))
      return overflow ? .max : total
    }
    guard cost <= work else { throw Refusal("which would take too long") }
    work -= cost
    let tensor = try compute(value, shape, type, closure)
    growth -= bits / 8 - saved
    paid.formUnion(closure.constants)
    facts.setConstant(value, tensor)
    return tensor
  }

  private func refuse(_ closure: Closure) throws {
    for position in closure.nodes {
      let node = model.graph.nodes[position]
      if node.convertsQuantized { throw Refusal("among them integers that stand for weights, which stay so") }
      for case let output? in node.outputs where facts[output].elementType == .double {
        throw Refusal("in double precision, which the compiler does not compute in (\(node.label))")
      }
    }
    for id in closure.constants {
      guard let tensor = facts[id].constant, tensor.count > 1 else { continue }
      if tensor.elementType == .double {
        throw Refusal("in double precision, which the compiler does not compute in")
      }
      if let width = tensor.elementType.bitWidth, width <= 16, !tensor.elementType.isRankable,
        tensor.elementType != .bool
      {
        throw Refusal("among them integers that stand for weights, which stay so")
      }
    }
  }

  private func cost(of node: Node) -> Int {
    let products = facts.known(node.id)?.cost(facts.signature(of: node.id)).multiplyAccumulates ?? 0
    return node.outputs.reduce(max(products, Self.workOfNode)) { sum, output in
      let count = output.flatMap { facts[$0].knownShape?.product } ?? 0
      let (total, overflow) = sum.addingReportingOverflow(count)
      return overflow ? .max : total
    }
  }

  private func compute(_ value: ValueID, _ shape: [Int], _ type: ElementType, _ closure: Closure) throws
    -> Tensor
  {
    var part = model
    part.graph.nodes = closure.nodes.map { model.graph.nodes[$0] }
    part.graph.inputs = []
    part.graph.initializers = closure.constants
    for id in closure.constants { part.graph[id].initializer = facts[id].constant }
    let tensor: Tensor
    do {
      var facts = facts
      try round(&part, &facts, until: value)
      let program = try Program(
        part, facts, ParameterStore(part, facts, mode: .inference), outputs: [value],
        ProgramSettings(mode: .inference, memoryLimit: memoryLimit, isReproducible: true))
      try program.forward()
      guard let port = program.outputs.first, port.scalar == .float, port.dims == shape else {
        throw Refusal("and what the compiler computes has another shape")
      }
      guard port.floats.allSatisfy(\.isFinite) else { throw Refusal("to numbers that are not finite") }
      let nothing = try Bytes(copying: [UInt8]())
      let empty = Tensor(
        name: model.graph[value].name, elementType: type, dims: shape, payload: .raw(nothing))
      tensor = try empty.replacing(floats: UnsafeBufferPointer(port.floats))
    } catch let error as CompileError {
      let place = error.place.map { " (\($0))" } ?? ""
      throw Refusal("which the compiler cannot do: \(error.message)\(place)")
    } catch let error as KernelError {
      throw Refusal("which the compiler cannot do: \(error.message)")
    }
    return tensor
  }
}

extension ConstantFolder {
  /// Kernels compute with floats: what a node gives in a narrower type is rounded to it before others read it.
  private func round(_ part: inout Model, _ facts: inout GraphFacts, until value: ValueID) throws {
    var rounded: [ValueID: ValueID] = [:]
    var nodes: [Node] = []
    for var node in part.graph.nodes {
      node.inputs = node.inputs.map { id in id.map { rounded[$0] ?? $0 } }
      nodes.append(node)
      for case let output? in node.outputs where output != value {
        guard let type = facts[output].elementType, type == .float16 || type == .bfloat16 else { continue }
        let result = part.graph.addValue("\(part.graph[output].name)/rounded/\(output.index)")
        let cast = Node(
          id: part.graph.makeNodeID(), name: nil, opType: "Cast", inputs: [output], outputs: [result],
          attributes: [Attribute("to", .int(Int64(type.rawValue)))])
        try facts.infer(cast, registry.decode(cast, in: part), part)
        rounded[output] = result
        nodes.append(cast)
      }
    }
    part.graph.nodes = nodes
  }
}

/// The nodes that a value is computed by, and the constants that they read.
struct Closure {
  /// Positions in the graph, ascending.
  let nodes: [Int]
  /// Ascending.
  let constants: [ValueID]

  /// - Throws: ``ConstantFolder/Refusal`` where there are more nodes than `limit`.
  init(
    of value: ValueID, _ graph: Graph, _ index: GraphIndex, _ facts: GraphFacts, limit: Int
  ) throws {
    var nodes: Set<Int> = []
    var constants: Set<ValueID> = []
    var pending = [value]
    while let id = pending.popLast() {
      if facts[id].constant != nil {
        constants.insert(id)
      } else if let position = index.producer(of: id), nodes.insert(position).inserted {
        guard nodes.count <= limit else { throw ConstantFolder.Refusal("which would take too long") }
        pending += graph.nodes[position].inputs.compactMap { $0 }
      }
    }
    self.nodes = nodes.sorted()
    self.constants = constants.sorted()
  }
}
