import GraphIR

/// Operators on text, ONNX `StringConcat`, `StringNormalizer`, `StringSplit`, `RegexFullMatch` and `TfIdfVectorizer`
/// (opset 9 and later).
///
/// ## Shapes    StringConcat broadcasts; StringSplit gives pieces like X with one more axis, and their number like X;
///              RegexFullMatch like X; StringNormalizer as many words as are left; TfIdfVectorizer
///              [max(ngram_indexes) + 1] in place of the last axis
/// ## Channels  all stay
/// ## Cost      none
/// - Throws: `shape-mismatch` where the operands of StringConcat do not broadcast.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__StringSplit.html>
package struct TextOperator: Operator {
  package static let identifiers = [
    "RegexFullMatch", "StringConcat", "StringNormalizer", "StringSplit", "TfIdfVectorizer",
  ].map { OperatorIdentifier($0) }

  private let name: String
  private let vocabularySize: Int?
  /// StringNormalizer drops words.
  private let hasStopWords: Bool

  package init(_ node: OperatorNode) throws {
    name = node.opType
    vocabularySize = try node.ints("ngram_indexes")?.max().flatMap {
      (0..<1 << 60).contains($0) ? $0 + 1 : nil
    }
    hasStopWords = node.node.attribute("stopwords") != nil
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    let shape = inputs[0]?.shape
    switch name {
    case "RegexFullMatch": return [ValueFact(elementType: .bool, shape: shape)]
    case "StringConcat":
      guard let shape, let other = inputs[1]?.shape else { return [ValueFact(elementType: .string)] }
      return [ValueFact(elementType: .string, shape: try Broadcast.shape([shape, other]))]
    case "StringSplit":
      let pieces = shape.map { $0 + [inputs.freshDimension($0.count)] }
      return [
        ValueFact(elementType: .string, shape: pieces), ValueFact(elementType: .int64, shape: shape),
      ]
    case "TfIdfVectorizer":
      let size = vocabularySize.map { Dimension($0) } ?? inputs.freshDimension(0)
      return [ValueFact(elementType: .float, shape: shape.map { $0.dropLast() + [size] })]
    default:
      // Where every word is dropped, one empty word is left.
      let kept = shape.map { shape in
        hasStopWords ? shape.dropLast() + [inputs.freshDimension(shape.count - 1)] : shape
      }
      return [ValueFact(elementType: .string, shape: kept)]
    }
  }

  package func tieChannels(_ ties: inout ChannelTies) {}

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? { nil }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func refit(_ edit: inout NodeEdit) throws {}
}
