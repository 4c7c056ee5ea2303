import Analysis
import GraphIR

/// What is known of a network's values, and of those of a part of it, where more may be known.
struct PartFacts {
  let whole: GraphFacts
  private var part: GraphFacts?

  /// Lengths that depend on data, as the number of boxes that were found does.
  private static let lengthOfData = 4

  init(_ whole: GraphFacts) { self.whole = whole }

  mutating func update(_ part: GraphFacts) { self.part = part }

  subscript(value: ValueID) -> ValueFact {
    guard let part, value.index < part.values.count, part[value] != .unknown else { return whole[value] }
    return part[value]
  }

  func signature(of node: Node) -> Signature {
    Signature(
      inputs: node.inputs.map { $0.map { self[$0] } }, outputs: node.outputs.map { $0.map { self[$0] } })
  }

  /// The lengths of a value, those that depend on data made up; nil where the rank is not known, or they are too long.
  func lengths(of value: ValueID) -> [Int]? {
    self[value].shape.flatMap { shape in
      let lengths = shape.compactMap {
        ([$0.coefficient] + $0.symbols.map { _ in Self.lengthOfData }).product
      }
      return lengths.count == shape.count && lengths.allSatisfy { $0 >= 0 } ? lengths : nil
    }
  }
}
