import Analysis
import GraphIR

/// Walks a graph in node order, applies what operators ask for after a removal, and keeps the facts up to date as it
/// goes, so that each node sees what its mended operands compute.
struct ShapeMender {
  private var model: Model
  private var facts: GraphFacts
  private let survivors: [AxisKey: [Int]]
  private let index: GraphIndex
  private var nodes: [Node] = []
  private var names: UniqueNames
  private var attributeCount = 0
  private var contentCount = 0

  init(_ model: Model, _ before: GraphFacts, _ survivors: [AxisKey: [Int]]) {
    self.model = model
    self.survivors = survivors
    index = GraphIndex(model.graph)
    names = UniqueNames(model.graph)
    nodes.reserveCapacity(model.graph.nodes.count)
    facts = before
    let cut = Set(survivors.keys.map(\.value))
    for id in model.graph.initializers where cut.contains(id) {
      if let tensor = model.graph[id].initializer { facts.setConstant(id, tensor) }
    }
  }

  var summary: String { "\(attributeCount) attributes, \(contentCount) shapes" }

  /// The mended model.
  func finish() -> Model {
    var model = model
    model.graph.nodes = nodes
    return model
  }

  /// - Throws: `cannot-refit` where the node cannot do without the channels that were removed around it.
  mutating func mend(_ original: Node, _ before: GraphFacts, _ registry: OperatorRegistry) throws {
    var node = original
    let lost = lostAxes(of: node)
    let readsChangedNumbers = readsChangedNumbers(node, before)
    // Where no channel goes, nothing but other numbers could change what the node computes.
    if lost.isEmpty, readsChangedNumbers {
      var edit = NodeEdit(before: before.signature(of: node.id), opsetVersion: 1, survivors: lost)
      edit.keepContentsThatEnd()
      for input in edit.keptContents { try keepContent(input, of: &node, before, registry) }
    }
    guard let known = before.known(node.id) else {
      nodes.append(node)
      return
    }
    // A Constant's operator holds the tensor, which removal may have cut.
    var current = node.isConstant ? try registry.decode(node, in: model) ?? known : known
    if !lost.isEmpty || readsChangedNumbers {
      var edit = NodeEdit(
        before: before.signature(of: node.id),
        opsetVersion: model.opsetVersion(domain: node.canonicalDomain) ?? 1,
        survivors: lost)
      try known.refit(&edit)
      for (name, value) in edit.attributes { set(name, value, of: &node) }
      for (input, values) in edit.contents { try setContent(input, values, of: &node, registry) }
      for input in edit.keptContents { try keepContent(input, of: &node, before, registry) }
      if !edit.attributes.isEmpty || node.inputs != original.inputs {
        current = try registry.decode(node, in: model) ?? known
      }
    }
    nodes.append(node)
    try facts.infer(node, current, model)
    try settle(node, before)
  }

  /// Whether an operand holds lengths that the removal changed.
  private func readsChangedNumbers(_ node: Node, _ before: GraphFacts) -> Bool {
    node.inputs.contains { input in
      guard let input, let old = before[input].content else { return false }
      return facts[input].content?.map(\.value) != old.map(\.value)
    }
  }

  private func lostAxes(of node: Node) -> [OperandAxis: [Int]] {
    var lost: [OperandAxis: [Int]] = [:]
    for (isInput, values) in [(true, node.inputs), (false, node.outputs)] {
      for (operand, id) in values.enumerated() {
        guard let id, let rank = facts[id].rank else { continue }
        for axis in 0..<rank {
          if let kept = survivors[AxisKey(id, axis)] {
            lost[isInput ? .input(operand, axis: axis) : .output(operand, axis: axis)] = kept
          }
        }
      }
    }
    return lost
  }

  /// Compares what the mended node computes with what the removal makes of its old results.
  private mutating func settle(_ node: Node, _ before: GraphFacts) throws {
    for case let output? in node.outputs {
      try checkNumbersThatLeave(output, before)
      guard let shape = before[output].shape else { continue }
      let wanted = shape.enumerated().map { axis, length in
        survivors[AxisKey(output, axis)].map { length.keeping($0.count) } ?? length
      }
      let name = model.graph[output].name
      let found = facts[output].shape ?? wanted
      guard found.count == wanted.count else {
        throw CompileError("cannot-refit", "'\(name)' would have rank \(found.count), not \(wanted.count)")
      }
      for (axis, (have, want)) in zip(found, wanted).enumerated() {
        let isOpen = (have.known == nil || want.known == nil) && survivors[AxisKey(output, axis)] == nil
        if isOpen || have == want { continue }
        throw CompileError("cannot-refit", "axis \(axis) of '\(name)' would be \(have) long, not \(want)")
      }
      facts.setShape(output, wanted)
    }
  }

  /// Lengths that the graph gives away as numbers, or that bodies read by name, are out of reach of mending.
  private func checkNumbersThatLeave(_ output: ValueID, _ before: GraphFacts) throws {
    guard index.outputs.contains(output) || index.captured[output] != nil,
      let old = before[output].content, facts[output].content?.map(\.value) != old.map(\.value)
    else { return }
    throw CompileError(
      "cannot-refit",
      "'\(model.graph[output].name)' holds the number of channels and is read outside the graph")
  }

  private mutating func set(_ name: String, _ value: Attribute.Value?, of node: inout Node) {
    attributeCount += 1
    guard let value else {
      node.attributes.removeAll { $0.name == name }
      return
    }
    if let position = node.attributes.firstIndex(where: { $0.name == name }) {
      node.attributes[position].value = value
      node.attributes[position].statesValue = true
    } else {
      node.attributes.append(Attribute(name, value))
    }
  }

  // MARK: - Integers

  /// Sees to it that input `input` of `node` holds what it held before the removal.
  private mutating func keepContent(
    _ input: Int, of node: inout Node, _ before: GraphFacts, _ registry: OperatorRegistry
  ) throws {
    guard node.inputs.indices.contains(input), let id = node.inputs[input], let old = before[id].content
    else {
      return
    }
    let new = facts[id].content
    let values = old.indices.map { position -> Dimension? in
      let isKept = new.map { $0.count == old.count && $0[position].value == old[position].value } ?? false
      return isKept ? nil : old[position].value
    }
    guard values.contains(where: { $0 != nil }) else { return }
    do { try setContent(input, values, of: &node, registry) } catch {
      guard values.contains(where: { $0 != nil && $0?.known == nil }) else { throw error }
      throw CompileError(
        "cannot-refit",
        "input \(input) counts channels and samples in one number, which has to stay what it is")
    }
  }

  /// Sees to it that input `input` of `node` holds `values`, where they are given.
  private mutating func setContent(
    _ input: Int, _ values: [Dimension?], of node: inout Node, _ registry: OperatorRegistry
  ) throws {
    let present = node.inputs.indices.contains(input) ? node.inputs[input] : nil
    guard let present, let content = facts[present].content, content.count == values.count else {
      let known = values.compactMap { $0?.known }
      guard known.count == values.count else { throw Self.unknownShape(input) }
      let type = present.flatMap { facts[$0].elementType } ?? .int64
      try connect(try .integers(known, type, dims: [known.count]), "shape", to: input, of: &node)
      return
    }
    let wrong = values.indices.filter { values[$0] != nil && values[$0] != content[$0].value }
    guard !wrong.isEmpty else { return }
    if let constant = facts[present].constant, var integers = constant.integers {
      for position in wrong { integers[position] = values[position]?.known ?? integers[position] }
      let tensor = try constant.replacingIntegers(integers)
      if index.uses(of: present).count == 1, !index.outputs.contains(present),
        index.captured[present] == nil
      {
        replace(present, tensor)
      } else {
        try connect(tensor, model.graph[present].name, to: input, of: &node)
      }
      return
    }
    var patches: [ValueID: [Int: Int]] = [:]
    // What no constant stands for is put over what the graph computes.
    var left: [Int] = []
    for position in wrong {
      if let (source, value) = patch(content[position], to: values[position]) {
        patches[source.value, default: [:]][source.index] = value
      } else {
        left.append(position)
      }
    }
    let merged = zip(values, content).compactMap { ($0 ?? $1.value).known }
    let type = facts[present].elementType ?? .int64
    let dims = facts[present].knownShape ?? [merged.count]
    var source = present
    if !patches.isEmpty, left.isEmpty || merged.count < values.count {
      let copy = try privateCopy(of: present, patches, registry)
      // One constant may stand for several elements that part ways; then the copy is no use, and is swept.
      let holds = facts[copy].content.map { fixed in
        values.indices.allSatisfy {
          left.contains($0) || fixed[$0].value == values[$0] ?? content[$0].value
        }
      }
      if holds ?? false { source = copy } else { left = wrong }
    }
    if left.isEmpty {
      node.inputs[input] = source
      contentCount += 1
    } else if merged.count == values.count {
      try connect(try .integers(merged, type, dims: dims), model.graph[present].name, to: input, of: &node)
    } else {
      try overlay(source, left, values, type, dims, input, of: &node, registry)
    }
  }

  /// What the constant behind an element has to hold instead for the element to be `wanted`; nil where none can.
  private func patch(
    _ element: ContentElement, to wanted: Dimension?
  ) -> (source: ContentElement.Source, value: Int)? {
    guard let source = element.source, let wanted else { return nil }
    if element.isLiteral { return wanted.known.map { (source, $0) } }
    guard let factor = facts[source.value].constant?.integers?[source.index],
      wanted.symbols == element.value.symbols
    else { return nil }
    let (product, overflow) = factor.multipliedReportingOverflow(by: wanted.coefficient)
    guard !overflow, element.value.coefficient != 0, product % element.value.coefficient == 0 else {
      return nil
    }
    return (source, product / element.value.coefficient)
  }

  /// Replaces single elements of a shape that the graph computes:
  ///
  ///     before  Reshape(x, shape)      after  Reshape(x, Where([false, false, true], [0, 0, 12], shape))
  private mutating func overlay(
    _ present: ValueID, _ wrong: [Int], _ values: [Dimension?], _ type: ElementType, _ dims: [Int],
    _ input: Int,
    of node: inout Node, _ registry: OperatorRegistry
  ) throws {
    // Where exists since opset 9.
    guard model.opsetVersion(domain: "") ?? 1 >= 9, wrong.allSatisfy({ values[$0]?.known != nil }) else {
      throw Self.unknownShape(input)
    }
    let name = model.graph[present].name
    let mask = values.indices.map { wrong.contains($0) }
    let isWrong = Tensor(
      elementType: .bool, dims: dims, payload: .raw(try Bytes(copying: mask.map { UInt8($0 ? 1 : 0) })))
    let wanted = try Tensor.integers(zip(mask, values).map { $0 ? $1?.known ?? 0 : 0 }, type, dims: dims)
    let inputs = [addConstant(isWrong, "\(name).mask"), addConstant(wanted, name), present]
    let result = model.graph.addValue(names.make(name))
    let overlay = Node(
      id: model.graph.makeNodeID(), name: names.make(node.name ?? name), opType: "Where", inputs: inputs,
      outputs: [result])
    nodes.append(overlay)
    try facts.infer(overlay, try registry.decode(overlay, in: model), model)
    node.inputs[input] = result
    contentCount += 1
  }

  private static func unknownShape(_ input: Int) -> CompileError {
    CompileError(
      "cannot-refit",
      "input \(input) is computed in a way that does not show where its channel count comes from")
  }

  /// Changes a constant where it is: nobody else reads it.
  private mutating func replace(_ id: ValueID, _ tensor: Tensor) {
    contentCount += 1
    if let producer = index.producer(of: id) {
      let constant = model.graph.nodes[producer].id
      if let position = nodes.lastIndex(where: { $0.id == constant }) {
        nodes[position].setConstantTensor(tensor)
      }
    } else {
      model.graph[id].initializer = tensor
    }
    facts.setConstant(id, tensor)
  }

  /// Gives the node a constant of its own.
  private mutating func connect(_ tensor: Tensor, _ base: String, to input: Int, of node: inout Node) throws {
    contentCount += 1
    while node.inputs.count <= input { node.inputs.append(nil) }
    node.inputs[input] = addConstant(tensor, base)
  }

  private mutating func addConstant(_ tensor: Tensor, _ base: String) -> ValueID {
    var tensor = tensor
    let name = names.make(base)
    let id: ValueID
    if model.irVersion < 4 {
      // An initializer would have to be an input, too, which callers would be asked for.
      id = model.graph.addValue(name)
      tensor.name = nil
      nodes.append(
        Node(
          id: model.graph.makeNodeID(), name: name, opType: "Constant", inputs: [], outputs: [id],
          attributes: [Attribute("value", .tensor(tensor))]))
    } else {
      tensor.name = name
      id = model.graph.addValue(name, initializer: tensor)
    }
    facts.setConstant(id, tensor)
    return id
  }

  /// The chain of nodes that computes `value`, copied from the patched constants on; what does not depend on them is
  /// shared. The old chain goes with `remove-dead-nodes` if nobody else reads it.
  private mutating func privateCopy(
    of value: ValueID, _ patches: [ValueID: [Int: Int]], _ registry: OperatorRegistry
  ) throws -> ValueID {
    // Node by node in the order of the graph, so that neither deep nor branching chains cost more than their length.
    var copies: [ValueID: ValueID] = [:]
    for (constant, patch) in patches.sorted(by: { $0.key < $1.key }) {
      guard let tensor = facts[constant].constant, var integers = tensor.integers else { continue }
      for (position, wanted) in patch { integers[position] = wanted }
      copies[constant] = addConstant(try tensor.replacingIntegers(integers), model.graph[constant].name)
    }
    for position in ancestors(of: value) {
      let node = model.graph.nodes[position]
      let inputs = node.inputs.map { $0.map { copies[$0] ?? $0 } }
      guard inputs != node.inputs else { continue }
      let outputs = node.outputs.map { $0.map { model.graph.addValue(names.make(model.graph[$0].name)) } }
      var copy = Node(
        id: model.graph.makeNodeID(), name: node.name.map { names.make($0) }, opType: node.opType,
        domain: node.domain, inputs: inputs, outputs: outputs, attributes: node.attributes)
      copy.overload = node.overload
      nodes.append(copy)
      try facts.infer(copy, try registry.decode(copy, in: model), model)
      for case (let old?, let new?) in zip(node.outputs, outputs) { copies[old] = new }
    }
    return copies[value] ?? value
  }

  /// Positions of the nodes of the shape computation that ends in `value`, ascending.
  private func ancestors(of value: ValueID) -> [Int] {
    var found: Set<Int> = []
    var open = [value]
    while let next = open.popLast() {
      guard facts[next].content != nil, let producer = index.producer(of: next),
        found.insert(producer).inserted
      else { continue }
      open += model.graph.nodes[producer].inputs.compactMap { $0 }
    }
    return found.sorted()
  }
}

extension Tensor {
  /// A tensor of int64 or int32 elements in `raw_data`.
  static func integers(_ values: [Int], _ type: ElementType, dims: [Int]) throws -> Tensor {
    let bytes =
      try type == .int32 ? Bytes(copying: values.map { Int32($0) }) : Bytes(copying: values.map { Int64($0) })
    return Tensor(elementType: type == .int32 ? .int32 : .int64, dims: dims, payload: .raw(bytes))
  }

  /// The same int64 or int32 tensor with other elements, stored in the same way.
  func replacingIntegers(_ values: [Int]) throws -> Tensor {
    let fresh = try Tensor.integers(values, elementType, dims: dims)
    guard elementType == .int64 || elementType == .int32, let bytes = fresh.bytes else {
      throw CompileError("cannot-refit", "a shape is stored as \(elementType.name)")
    }
    return replacing(dims: dims, bytes: bytes)
  }
}
