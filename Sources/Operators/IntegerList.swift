import GraphIR

/// Integers that an operator takes as an attribute in older opsets, and as an input in newer ones.
enum IntegerList: Sendable {
  case attribute(String, [Int])
  case input(Int)
  case absent

  /// The attribute where the node has it.
  init(attribute name: String, of node: OperatorNode) throws {
    self = try node.ints(name).map { .attribute(name, $0) } ?? .absent
  }

  /// Whether the node goes without the integers.
  func isAbsent(_ signature: Signature) -> Bool {
    switch self {
    case .attribute: false
    case .input(let index): signature.input(index) == nil
    case .absent: true
    }
  }

  /// The integers as far as they are known; nil where nothing is, or the node goes without them.
  func elements(_ signature: Signature) -> [ContentElement]? {
    switch self {
    case .attribute(_, let values): values.map { ContentElement(Dimension($0)) }
    case .input(let index): ContentGrid(signature.input(index))?.elements
    case .absent: nil
    }
  }

  /// The integers where every one is known.
  func known(_ signature: Signature) -> [Int]? {
    guard let elements = elements(signature) else { return nil }
    let known = elements.compactMap(\.value.known)
    return known.count == elements.count ? known : nil
  }

  /// How many integers there are, which is known even where they are not.
  func count(_ signature: Signature) -> Int? {
    switch self {
    case .attribute(_, let values): values.count
    case .input(let index): signature.input(index)?.dimension(0)?.known
    case .absent: nil
    }
  }

  /// Whether element `index` is written down as such, rather than computed.
  func isLiteral(_ index: Int, _ signature: Signature) -> Bool {
    guard case .input = self else { return true }
    return elements(signature).map { $0.indices.contains(index) && $0[index].isLiteral } ?? false
  }

  /// States the integers that the node has to have; nil keeps one as it is.
  ///
  /// - Throws: `cannot-refit` where the node goes without them.
  func restate(_ values: [Dimension?], _ edit: inout NodeEdit) throws {
    guard values.contains(where: { $0 != nil }) else { return }
    switch self {
    case .attribute(let name, let present):
      let merged = try values.enumerated().map { index, value in
        guard let value else { return Int64(present.indices.contains(index) ? present[index] : 0) }
        guard let known = value.known else {
          throw CompileError("cannot-refit", "attribute '\(name)' would have to hold \(value)")
        }
        return Int64(known)
      }
      if merged != present.map(Int64.init) { edit.setAttribute(name, .ints(merged)) }
    case .input(let index): edit.setContent(input: index, values)
    case .absent: throw CompileError("cannot-refit", "there are no integers to change")
    }
  }

  func restate(_ values: [Int?], _ edit: inout NodeEdit) throws {
    try restate(values.map { $0.map { Dimension($0) } }, &edit)
  }
}

extension Operands {
  /// What is known of the inputs, with outputs that are still open.
  var signature: Signature {
    Signature(inputs: facts, outputs: [ValueFact?](repeating: nil, count: outputCount))
  }
}
