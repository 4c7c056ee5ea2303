import GraphIR

/// Writes small networks by name, the way that a test reads best.
///
/// ```swift
/// var maker = ModelMaker()
/// maker.input("x", ["batch", 3, 8, 8])
/// maker.weight("w", [4, 3, 3, 3])
/// maker.node("Conv", ["x", "w"], ["y"], [Attribute("pads", .ints([1, 1, 1, 1]))])
/// maker.output("y")
/// ```
package struct ModelMaker {
  package private(set) var model: Model
  private var ids: [String: ValueID] = [:]

  package init(opset: Int64 = 17, irVersion: Int64 = 8, domains: [String] = []) {
    model = Model(
      irVersion: irVersion,
      opsetImports: [OpsetImport(domain: "", version: opset)]
        + domains.map { OpsetImport(domain: $0, version: 1) },
      graph: Graph(name: "test"))
  }

  /// A length, or a name for one that is left open.
  package enum Length: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
    case known(Int64)
    case named(String)

    package init(integerLiteral value: Int64) { self = .known(value) }
    package init(stringLiteral value: String) { self = .named(value) }
  }

  package mutating func input(_ name: String, _ dims: [Length]) {
    model.graph.inputs.append(ValueInfo(value: id(name), type: Self.type(dims)))
  }

  /// - Parameter dims: nil states no shape.
  package mutating func output(_ name: String, _ dims: [Length]? = nil) {
    model.graph.outputs.append(ValueInfo(value: id(name), type: Self.type(dims)))
  }

  package mutating func valueInfo(_ name: String, _ dims: [Length]) {
    model.graph.valueInfos.append(ValueInfo(value: id(name), type: Self.type(dims)))
  }

  /// A float initializer; without values, element i is a fixed number between -1 and 1 that looks random.
  package mutating func weight(_ name: String, _ dims: [Int], _ values: [Float]? = nil) {
    let count = dims.reduce(1, *)
    let seed = UInt64(truncatingIfNeeded: name.utf8.reduce(7) { $0 &* 31 &+ Int($1) })
    add(name, .float, dims, values ?? (0..<count).map { Self.number(seed &+ UInt64($0)) })
  }

  package mutating func integers(_ name: String, _ values: [Int64], dims: [Int]? = nil) {
    add(name, .int64, dims ?? [values.count], values)
  }

  package mutating func node(
    _ opType: String, _ inputs: [String], _ outputs: [String], _ attributes: [Attribute] = [],
    name: String? = nil,
    domain: String? = nil
  ) {
    let inputs = inputs.map { $0.isEmpty ? nil : id($0) }
    let outputs = outputs.map { $0.isEmpty ? nil : id($0) }
    model.graph.nodes.append(
      Node(
        id: model.graph.makeNodeID(), name: name ?? "\(opType.lowercased())_\(model.graph.nodes.count)",
        opType: opType,
        domain: domain, inputs: inputs, outputs: outputs, attributes: attributes))
  }

  /// The value that goes by a name, made where it is new.
  package mutating func id(_ name: String) -> ValueID {
    if let id = ids[name] { return id }
    let id = model.graph.addValue(name)
    ids[name] = id
    return id
  }

  /// An initializer of any element type.
  package mutating func add<Element: BitwiseCopyable>(
    _ name: String, _ type: ElementType, _ dims: [Int], _ values: [Element]
  ) {
    precondition(values.count == dims.reduce(1, *))
    // A test that has no memory for its weights cannot go on.
    guard let bytes = try? Bytes(copying: values) else { fatalError("out of memory") }
    let tensor = Tensor(name: name, elementType: type, dims: dims, payload: .raw(bytes))
    ids[name] = model.graph.addValue(name, initializer: tensor)
  }

  private static func type(_ dims: [Length]?) -> DeclaredType {
    let dims = dims?.map { length in
      switch length {
      case .known(let value): DeclaredDimension(.value(value))
      case .named(let name): DeclaredDimension(.parameter(name))
      }
    }
    return DeclaredType(
      .tensor(DeclaredTensorType(elementTypeNumber: ElementType.float.rawValue, dims: dims)))
  }

  /// SplitMix64, scaled to -1...1.
  package static func number(_ seed: UInt64) -> Float {
    var state = seed &* 0x9e37_79b9_7f4a_7c15
    state = (state ^ state >> 30) &* 0xbf58_476d_1ce4_e5b9
    state = (state ^ state >> 27) &* 0x94d0_49bb_1331_11eb
    state ^= state >> 31
    return Float(Int32(truncatingIfNeeded: state >> 32)) / Float(Int32.max)
  }
}
