/// A function that the model defines itself (ONNX `FunctionProto`).
package struct LocalFunction: Sendable, Equatable {
  package var identifier: FunctionIdentifier
  /// The whole function, serialised: it is written as it was read.
  package var message: OpaqueMessage
  /// What a call computes; nil where it breaks the rules of graphs, which only a call would bring to light.
  package var body: FunctionBody?

  package init(identifier: FunctionIdentifier, message: OpaqueMessage, body: FunctionBody?) {
    self.identifier = identifier
    self.message = message
    self.body = body
  }
}

/// What tells a function from others; "" is the domain `ai.onnx`.
package struct FunctionIdentifier: Hashable, Sendable, Comparable, CustomStringConvertible {
  package let domain: String
  package let name: String
  package let overload: String

  package init(domain: String?, name: String?, overload: String?) {
    self.domain = domain == "ai.onnx" ? "" : domain ?? ""
    self.name = name ?? ""
    self.overload = overload ?? ""
  }

  package var description: String {
    (domain.isEmpty ? "" : domain + ".") + name + (overload.isEmpty ? "" : ":" + overload)
  }

  package static func < (a: FunctionIdentifier, b: FunctionIdentifier) -> Bool {
    (a.domain, a.name, a.overload) < (b.domain, b.name, b.overload)
  }
}

/// The nodes of a local function, and what they expect of a call.
package struct FunctionBody: Sendable, Equatable {
  /// Its inputs and outputs are the formal parameters, without types.
  package var graph: Graph
  package var opsetImports: [OpsetImport]
  /// Values of the attributes that a call may leave out.
  package var defaults: [Attribute]

  package init(graph: Graph, opsetImports: [OpsetImport], defaults: [Attribute]) {
    self.graph = graph
    self.opsetImports = opsetImports
    self.defaults = defaults
  }
}

extension Node {
  /// The local function that the node calls, if the model has one of that name.
  package var callee: FunctionIdentifier {
    FunctionIdentifier(domain: domain, name: opType, overload: overload)
  }
}

extension Graph {
  /// Every node, those of bodies of control-flow nodes included, outer ones first.
  package func forEachNode(_ visit: (Node) -> Void) {
    for node in nodes {
      visit(node)
      for body in node.subgraphs { body.forEachNode(visit) }
    }
  }
}
