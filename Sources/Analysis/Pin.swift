import GraphIR

/// Why an axis cannot lose slots, and where that comes from.
package struct Pin: Sendable, Equatable {
  /// The node that pins; nil where the graph's interface does.
  package let node: Node?
  /// The value whose axis it is.
  package let value: String
  package let axis: Int
  /// Continues "axis 1 of 'logits' ...".
  package let reason: String

  package var description: String {
    let place = "axis \(axis) of '\(value)' \(reason)"
    return node.map { "\(place) (\($0.label))" } ?? place
  }
}
