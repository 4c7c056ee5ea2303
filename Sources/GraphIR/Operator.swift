/// An ONNX operator: everything that the compiler knows of it, in one type.
///
/// There are no default implementations: the Swift compiler is the checklist. See the article "Adding an operator".
package protocol Operator: Sendable {
  /// The operators of ONNX that the type stands for: one, or a family of one shape.
  static var identifiers: [OperatorIdentifier] { get }

  /// Reads the attributes.
  ///
  /// - Throws: `attribute-type`, `attribute-value` for what ONNX does not allow.
  init(_ node: OperatorNode) throws

  /// Types, shapes and, for shape computations, contents of the outputs. Unknown inputs give unknown outputs.
  ///
  /// - Throws: `shape-mismatch` where the operands contradict the operator's rules.
  func inferFacts(_ inputs: Operands) throws -> [ValueFact]

  /// Which slots of inputs and outputs live and die together.
  func tieChannels(_ ties: inout ChannelTies)

  /// The value that fills an output channel, if it is the same everywhere: nil where it is not, or is not known.
  /// `operands[i]` is what fills the slot of input i that is tied to the channel (nil: not constant; no such slot);
  /// empty where no slot of any input is.
  func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double?

  func cost(_ signature: Signature) -> Cost

  /// Re-derives what repeats a channel count: attributes, and shape-like constants among the inputs.
  ///
  /// - Throws: `cannot-refit` where the removal cannot be expressed.
  func refit(_ edit: inout NodeEdit) throws
}

/// Domain and name of an operator; "" is `ai.onnx`.
package struct OperatorIdentifier: Hashable, Sendable, CustomStringConvertible {
  package let domain: String
  package let name: String

  package init(_ name: String, domain: String = "") {
    self.domain = domain
    self.name = name
  }

  package var description: String { domain.isEmpty ? name : "\(domain).\(name)" }
}

/// The inputs of a node during inference.
package struct Operands: Sendable {
  package let facts: [ValueFact?]
  package let outputCount: Int
  package let opsetVersion: Int
  /// Names unknown lengths apart: the node's first output.
  private let label: String

  package init(_ facts: [ValueFact?], outputCount: Int, opsetVersion: Int, label: String) {
    self.facts = facts
    self.outputCount = outputCount
    self.opsetVersion = opsetVersion
    self.label = label
  }

  package var count: Int { facts.count }

  /// Input `index`; an omitted one, or one past the end, is nil.
  package subscript(index: Int) -> ValueFact? { facts.indices.contains(index) ? facts[index] : nil }

  /// The same node with other inputs, for an operator that is written in terms of another one.
  package func replacing(_ facts: [ValueFact?]) -> Operands {
    Operands(facts, outputCount: outputCount, opsetVersion: opsetVersion, label: label)
  }

  /// A length of which nothing is known, different from every other.
  package func freshDimension(_ axis: Int, output: Int = 0) -> Dimension {
    Dimension(symbol: output == 0 ? "?\(label).\(axis)" : "?\(label).\(output).\(axis)")
  }

  package func freshShape(rank: Int, output: Int = 0) -> [Dimension] {
    (0..<rank).map { freshDimension($0, output: output) }
  }
}
