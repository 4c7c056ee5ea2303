import GraphIR
import Operators

/// One node that is to run, with its operands: what the article "Operators" says of running, and what tests check.
package struct OperatorRun: Sendable {
  /// An operand; those that are drawn have a gradient, those that are stated have none.
  package enum Operand: Sendable {
    /// Numbers of a range that look random.
    case drawn([Int], ClosedRange<Float> = -1...1)
    case floats([Int], [Float])
    case integers([Int], [Int64])
    case bytes([Int], [UInt8])
    case truths([Int], [Bool])
    case omitted
  }

  package enum Ability: Sendable {
    /// Forward and backward.
    case trains
    /// Forward only.
    case runs
    /// The compiler knows the operator, and no form of it runs.
    case stops
  }

  package let identifier: OperatorIdentifier
  package let opset: Int64
  package let attributes: [Attribute]
  package let operands: [Operand]
  package let outputCount: Int
  package let ability: Ability

  init(
    _ name: String, _ operands: [Operand], _ attributes: [Attribute] = [], domain: String = "",
    opset: Int64 = 21,
    outputs: Int = 1, can ability: Ability = .trains
  ) {
    identifier = OperatorIdentifier(name, domain: domain)
    (self.opset, self.attributes, self.operands, outputCount) = (opset, attributes, operands, outputs)
    self.ability = ability
  }

  /// A network of the node alone, of which every operand is a constant.
  ///
  /// - Returns: the model, and the operands that have a gradient.
  package func model() -> (model: Model, drawn: Set<ValueID>) {
    var maker = ModelMaker(opset: opset, domains: identifier.domain.isEmpty ? [] : [identifier.domain])
    var names: [String] = []
    var drawn: Set<ValueID> = []
    for (index, operand) in operands.enumerated() {
      let name = "x\(index)"
      switch operand {
      case .drawn(let dims, let range):
        let half = (range.upperBound - range.lowerBound) / 2
        let values = (0..<dims.reduce(1, *)).map {
          range.lowerBound + half * (1 + ModelMaker.number(UInt64(1000 * index + $0 + 3)))
        }
        maker.weight(name, dims, values)
        drawn.insert(maker.id(name))
      case .floats(let dims, let values): maker.weight(name, dims, values)
      case .integers(let dims, let values): maker.integers(name, values, dims: dims)
      case .bytes(let dims, let values): maker.add(name, .uint8, dims, values)
      case .truths(let dims, let values): maker.add(name, .bool, dims, values.map { $0 ? UInt8(1) : 0 })
      case .omitted: break
      }
      if case .omitted = operand { names.append("") } else { names.append(name) }
    }
    let outputs = (0..<outputCount).map { "y\($0)" }
    maker.node(
      identifier.name, names, outputs, attributes, name: "the node",
      domain: identifier.domain.isEmpty ? nil : identifier.domain)
    for output in outputs { maker.output(output) }
    return (maker.model, drawn)
  }
}
