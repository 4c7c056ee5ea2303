import GraphIR

/// Sequences and optional values, ONNX `SequenceConstruct`, `SequenceAt`, `Optional`, … (opset 11 and later).
///
/// ## Shapes    SequenceLength and OptionalHasElement give a scalar; of a container's tensors is followed what they have
///              in common. The sequence that SequenceMap gives is not followed
/// ## Channels  all stay
/// ## Cost      none
/// - Throws: `attribute-value` if there is no such axis.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__SequenceConstruct.html>
package struct Containers: Operator {
  package static let identifiers = [
    "ConcatFromSequence", "Optional", "OptionalGetElement", "OptionalHasElement", "SequenceAt",
    "SequenceConstruct", "SequenceEmpty", "SequenceErase", "SequenceInsert", "SequenceLength",
    "SplitToSequence",
  ].map { OperatorIdentifier($0) }

  private let name: String
  private let axis: Int
  /// SplitToSequence drops the axis, ConcatFromSequence makes one.
  private let changesRank: Bool
  private let emptyType: ElementType

  package init(_ node: OperatorNode) throws {
    name = node.opType
    axis = try node.int("axis") ?? 0
    changesRank = try node.int("new_axis") ?? 0 != 0 || node.int("keepdims") ?? 1 == 0
    emptyType = try node.elementType("dtype") ?? .float
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    let first = inputs[0]
    switch name {
    case "SequenceLength": return [ValueFact(elementType: .int64, shape: [])]
    case "OptionalHasElement": return [ValueFact(elementType: .bool, shape: [])]
    // An optional may be a tensor itself.
    case "OptionalGetElement": return [first?.element ?? Self.plain(first)]
    case "SequenceAt": return [first?.element ?? .unknown]
    case "ConcatFromSequence": return [try joined(first?.element, inputs)]
    case "SequenceConstruct": return [Self.container(Self.common(inputs.facts, inputs))]
    case "SequenceEmpty": return [Self.container(ValueFact(elementType: emptyType))]
    case "SequenceInsert": return [Self.container(Self.common([first?.element, inputs[1]], inputs))]
    case "SequenceErase": return [Self.container(first?.element ?? .unknown)]
    case "SplitToSequence": return [Self.container(try part(inputs))]
    case "Optional":
      return [first.map { $0.element == nil ? Self.container(Self.plain($0)) : $0 } ?? .unknown]
    default: return [ValueFact](repeating: .unknown, count: inputs.outputCount)
    }
  }

  private static func container(_ element: ValueFact) -> ValueFact {
    var fact = ValueFact()
    fact.element = element
    return fact
  }

  /// Type and shape alone: numbers are not followed through containers.
  private static func plain(_ fact: ValueFact?) -> ValueFact {
    ValueFact(elementType: fact?.elementType, shape: fact?.shape)
  }

  /// What all of several tensors are.
  private static func common(_ facts: [ValueFact?], _ inputs: Operands) -> ValueFact {
    guard var result = facts.first.map({ plain($0) }) else { return .unknown }
    for fact in facts.dropFirst() {
      if result.elementType != fact?.elementType { result.elementType = nil }
      guard let shape = result.shape, let other = fact?.shape, shape.count == other.count else {
        result.shape = nil
        continue
      }
      result.shape = shape.indices.map { shape[$0] == other[$0] ? shape[$0] : inputs.freshDimension($0) }
    }
    return result
  }

  private func joined(_ element: ValueFact?, _ inputs: Operands) throws -> ValueFact {
    var fact = Self.plain(element)
    guard var shape = fact.shape else { return fact }
    let position = try resolveAxis(axis, rank: shape.count + (changesRank ? 1 : 0))
    if changesRank {
      shape.insert(inputs.freshDimension(position), at: position)
    } else {
      shape[position] = inputs.freshDimension(position)
    }
    fact.shape = shape
    return fact
  }

  private func part(_ inputs: Operands) throws -> ValueFact {
    var fact = Self.plain(inputs[0])
    guard var shape = fact.shape else { return fact }
    let axis = try resolveAxis(axis, rank: shape.count)
    if inputs[1] == nil {
      if changesRank { shape.remove(at: axis) } else { shape[axis] = 1 }
    } else {
      shape[axis] = partLength(inputs[1], of: shape[axis]) ?? inputs.freshDimension(axis)
    }
    fact.shape = shape
    return fact
  }

  /// Where all parts are alike.
  private func partLength(_ sizes: ValueFact?, of total: Dimension) -> Dimension? {
    guard let known = sizes?.knownContent, let size = known.first, size > 0 else { return nil }
    if sizes?.rank == 0 { return (total.known ?? 1) % size == 0 ? Dimension(size) : nil }
    return Set(known).count == 1 ? Dimension(size) : nil
  }

  package func tieChannels(_ ties: inout ChannelTies) {}

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? { nil }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func refit(_ edit: inout NodeEdit) throws {}
}
