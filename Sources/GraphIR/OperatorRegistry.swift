/// The operators that a compilation knows. Anything else passes through untouched and pins what it touches.
package struct OperatorRegistry: Sendable {
  private let types: [OperatorIdentifier: any Operator.Type]

  package init(_ types: [any Operator.Type]) {
    self.types = Dictionary(
      uniqueKeysWithValues: types.flatMap { type in type.identifiers.map { ($0, type) } })
  }

  /// Sorted by domain and name.
  package var identifiers: [OperatorIdentifier] {
    types.keys.sorted { ($0.domain, $0.name) < ($1.domain, $1.name) }
  }

  package func type(of identifier: OperatorIdentifier) -> (any Operator.Type)? { types[identifier] }

  package func knows(_ node: Node) -> Bool {
    types[OperatorIdentifier(node.opType, domain: node.canonicalDomain)] != nil
  }

  /// The node's operator; nil if it is not known, or the model's own function hides it.
  ///
  /// - Throws: what the operator says of bad attributes, with the node named.
  package func decode(_ node: Node, in model: Model) throws -> (any Operator)? {
    let identifier = OperatorIdentifier(node.opType, domain: node.canonicalDomain)
    guard let type = types[identifier], !model.ownOperators.contains(node.callee) else { return nil }
    do {
      return try type.init(
        OperatorNode(node, opsetVersion: model.opsetVersion(domain: identifier.domain) ?? 1))
    } catch {
      throw (error as? CompileError)?.at(node.label) ?? error
    }
  }
}

extension Node {
  /// How messages name the node: `node 'layer1.0.conv1' (Conv)`.
  package var label: String {
    let shown = name.flatMap { $0.isEmpty ? nil : $0 }
    return shown.map { "node '\($0)' (\(opType))" } ?? "node #\(id.index) (\(opType))"
  }
}
