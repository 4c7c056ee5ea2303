import GraphIR

/// Why an axis cannot lose slots, and where that comes from.
package struct Pin: Sendable, Equatable {
  /// What kind of thing pins. Of several pins of one channel the first kind is told: what nobody can change, then what
  /// the file's author can, then what an operator needs.
  package enum Cause: Int, Sendable, Comparable {
    /// The network's inputs and outputs.
    case border
    /// The way in which the weights themselves are stored or used.
    case storage
    /// An operator, for the reason that it states.
    case stated
    /// An operator that says nothing of the axis.
    case whole
    /// An operator that is not known.
    case unknown

    package static func < (a: Cause, b: Cause) -> Bool { a.rawValue < b.rawValue }
  }

  /// The node that pins; nil where the graph's interface does.
  package let node: Node?
  /// The value whose axis it is.
  package let value: String
  package let axis: Int
  /// Continues "axis 1 of 'logits' ...".
  package let reason: String
  package let cause: Cause
  /// What would help, where something would.
  package let hint: String?

  package init(
    node: Node?, value: String, axis: Int, reason: String, cause: Cause = .stated, hint: String? = nil
  ) {
    self.node = node
    self.value = value
    self.axis = axis
    self.reason = reason
    self.cause = cause
    self.hint = hint
  }

  package var description: String {
    let place = "axis \(axis) of '\(value)' \(reason)"
    return node.map { "\(place) (\($0.label))" } ?? place
  }
}
