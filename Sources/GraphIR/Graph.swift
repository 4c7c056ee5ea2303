/// A network, or the body of a control-flow node (ONNX `GraphProto`): nodes in an order in which they can run.
///
/// A value type: a copy is a snapshot. Ids index ``values`` and are never reused; removing a node leaves its id unused.
package struct Graph: Sendable, Equatable {
  package var name: String?
  package var docString: String?
  package var nodes: [Node] = []
  /// Every value that a node, an input or an initializer names; indexed by ``ValueID``.
  package private(set) var values: [Value] = []
  /// In file order. An initializer's tensor is in its ``Value``.
  package var initializers: [ValueID] = []
  package var sparseInitializers: [SparseTensor] = []
  package var inputs: [ValueInfo] = []
  package var outputs: [ValueInfo] = []
  package var valueInfos: [ValueInfo] = []
  /// Values that an enclosing graph computes: a subgraph sees them by name.
  package var captures: [ValueID] = []
  /// Bodies whose nodes stand in this graph for the time being.
  package var opened = OpenedBodies()
  package var quantizationAnnotations: [QuantizationAnnotation] = []
  package var metadata: [StringEntry] = []
  package var unknownFields: [UInt8] = []
  private var nextNodeIndex = 0

  package init(name: String? = nil) { self.name = name }

  /// A value; one without a name for an id that another state of the graph made.
  package subscript(id: ValueID) -> Value {
    get { values.indices.contains(id.index) ? values[id.index] : Value(name: "") }
    set { values[id.index] = newValue }
  }

  /// Adds a value; the caller sees to it that the name is new.
  package mutating func addValue(_ name: String, initializer: Tensor? = nil) -> ValueID {
    values.append(Value(name: name, initializer: initializer))
    let id = ValueID(values.count - 1)
    if initializer != nil { initializers.append(id) }
    return id
  }

  /// Adds a constant like another, which knows what it is a copy of.
  package mutating func addCopy(of original: ValueID, named name: String) -> ValueID {
    var tensor = self[original].initializer
    tensor?.name = name
    let copy = addValue(name, initializer: tensor)
    self[copy].origin = self[original].origin ?? original
    return copy
  }

  /// The name that the file has for a value: of a copy, that of the constant that it was made from.
  package func fileName(of id: ValueID) -> String { self[self[id].origin ?? id].name }

  /// An id for a node that is about to be added.
  package mutating func makeNodeID() -> NodeID {
    defer { nextNodeIndex += 1 }
    return NodeID(nextNodeIndex)
  }

  /// One more than the largest index of a node, for tables by node.
  package var nodeIndexLimit: Int { nextNodeIndex }
}

/// Something that flows along an edge, or a constant: its name and, for an initializer, its elements.
package struct Value: Sendable, Equatable {
  package var name: String
  package var initializer: Tensor?
  /// The constant of the file that this one is a copy of, made for one of its readers.
  package var origin: ValueID?
}

/// ONNX `TensorAnnotation`: which tensors hold the scale and zero point of another.
package struct QuantizationAnnotation: Sendable, Equatable {
  package var tensorName: String?
  package var parameterTensorNames: [StringEntry]
  package var unknownFields: [UInt8] = []

  package init(tensorName: String?, parameterTensorNames: [StringEntry]) {
    self.tensorName = tensorName
    self.parameterTensorNames = parameterTensorNames
  }
}
