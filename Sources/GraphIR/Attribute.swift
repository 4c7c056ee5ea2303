/// A node's attribute with everything that its file states (ONNX `AttributeProto`).
package struct Attribute: Sendable, Equatable {
  package enum Value: Sendable, Equatable {
    case float(Float)
    case int(Int64)
    case string([UInt8])
    case tensor(Tensor)
    case graph(Graph)
    case sparseTensor(SparseTensor)
    case floats([Float])
    case ints([Int64])
    case strings([[UInt8]])
    case tensors([Tensor])
    case graphs([Graph])
    case sparseTensors([SparseTensor])
    /// In a function: what the call gives the attribute of this name. The number is the type that the file states.
    case reference(String, type: UInt32?)
    /// A type, several types, or a form that no rule foresees: the whole `AttributeProto`, serialised.
    case other(OpaqueMessage)
  }

  package var name: String
  package var value: Value
  /// The `type` field is set; models of IR version 1 may leave it out.
  package var statesType = true
  /// The value's own field is set; writers of some exporters leave out a number that is 0 or a string that is empty.
  package var statesValue = true
  package var docString: String?
  package var unknownFields: [UInt8] = []

  package init(_ name: String, _ value: Value) {
    self.name = name
    self.value = value
  }

  /// The subgraphs that the attribute holds.
  package var graphs: [Graph] {
    switch value {
    case .graph(let graph): [graph]
    case .graphs(let graphs): graphs
    default: []
    }
  }

  /// Changes the subgraphs that the attribute holds.
  package mutating func mapGraphs(_ change: (inout Graph) -> Void) {
    switch value {
    case .graph(var graph):
      change(&graph)
      value = .graph(graph)
    case .graphs(var graphs):
      for index in graphs.indices { change(&graphs[index]) }
      value = .graphs(graphs)
    default: break
    }
  }
}
