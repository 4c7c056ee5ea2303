/// How a node looks to an operator that it is written in terms of: which of its operands are that operator's, and in
/// which order their axes are.
///
///     QLinearConv(x, …, w, …, B) with the channels last, to Conv    inputs [0, 3, 8]; axes of x and y [0, 3, 1, 2]
package struct OperandView: Sendable {
  /// The node's input for each of the other operator's.
  private let inputs: [Int]
  /// By the other operator's input, and by output: the node's axis for each of its axes; nil where none has moved.
  private let inputAxes: [[Int]?]
  private let outputAxes: [[Int]?]

  package init(inputs: [Int], inputAxes: [[Int]?] = [], outputAxes: [[Int]?] = []) {
    self.inputs = inputs
    self.inputAxes = inputAxes
    self.outputAxes = outputAxes
  }

  /// The node's axis for one of the other operator's.
  func axis(_ plain: OperandAxis) -> OperandAxis {
    let moved = plain.isInput ? inputAxes : outputAxes
    let axes = moved.indices.contains(plain.operand) ? moved[plain.operand] : nil
    let axis = axes.map { $0.indices.contains(plain.axis) ? $0[plain.axis] : plain.axis } ?? plain.axis
    guard plain.isInput else { return .output(plain.operand, axis: axis) }
    return .input(input(plain.operand), axis: axis)
  }

  func input(_ plain: Int) -> Int { inputs.indices.contains(plain) ? inputs[plain] : plain }

  /// What the other operator knows of its operands.
  package func signature(_ node: Signature) -> Signature {
    Signature(
      inputs: inputs.indices.map { Self.moved(node.input(inputs[$0]), axes(inputAxes, $0)) },
      outputs: node.outputs.indices.map { Self.moved(node.output($0), axes(outputAxes, $0)) })
  }

  /// Slots of operands, as the other operator numbers them.
  func bases(ofInputs bases: [[Int32?]]) -> [[Int32?]] {
    inputs.indices.map { plain in
      let own = bases.indices.contains(inputs[plain]) ? bases[inputs[plain]] : []
      return Self.moved(own, axes(inputAxes, plain))
    }
  }

  func bases(ofOutputs bases: [[Int32?]]) -> [[Int32?]] {
    bases.indices.map { Self.moved(bases[$0], axes(outputAxes, $0)) }
  }

  private func axes(_ list: [[Int]?], _ index: Int) -> [Int]? {
    list.indices.contains(index) ? list[index] : nil
  }

  private static func moved(_ fact: ValueFact?, _ axes: [Int]?) -> ValueFact? {
    guard var fact, let axes, let shape = fact.shape, shape.count == axes.count else { return fact }
    fact.shape = axes.map { shape[$0] }
    fact.content = nil
    fact.constant = nil
    return fact
  }

  private static func moved(_ bases: [Int32?], _ axes: [Int]?) -> [Int32?] {
    guard let axes, bases.count == axes.count else { return bases }
    return axes.map { bases[$0] }
  }
}

extension ChannelTies {
  /// Ties as another operator does, which sees the node through `view`.
  package mutating func tie(as plain: any Operator, _ view: OperandView) {
    var inner = ChannelTies(
      signature: view.signature(signature), inputBases: view.bases(ofInputs: inputBases),
      outputBases: view.bases(ofOutputs: outputBases), alternatives: alternatives)
    plain.tieChannels(&inner)
    choices += inner.choices.map {
      Choice(
        question: $0.question, count: $0.count, kind: $0.kind, firstPair: pairs.count + $0.firstPair,
        firstPin: pins.count + $0.firstPin)
    }
    pairs += inner.pairs
    pins += inner.pins.map { (view.axis($0.axis), $0.reason) }
    roles += inner.roles.map { (view.axis($0.axis), $0.role, $0.isRanked) }
    mentioned.formUnion(inner.mentioned.map { view.axis($0) })
    companions.formUnion(inner.companions.map { view.axis($0) })
  }
}

extension NodeEdit {
  /// Mends the node as another operator does, which sees it through `view`.
  package mutating func refit(as plain: any Operator, _ view: OperandView) throws {
    let signature = view.signature(before)
    var seen: [OperandAxis: [Int]] = [:]
    for (isInput, facts) in [(true, signature.inputs), (false, signature.outputs)] {
      for (operand, fact) in facts.enumerated() {
        for axis in 0..<(fact?.rank ?? 0) {
          let own: OperandAxis = isInput ? .input(operand, axis: axis) : .output(operand, axis: axis)
          if let kept = survivors(view.axis(own)) { seen[own] = kept }
        }
      }
    }
    var inner = NodeEdit(before: signature, opsetVersion: opsetVersion, survivors: seen)
    try plain.refit(&inner)
    for (name, value) in inner.attributes { setAttribute(name, value) }
    for (input, values) in inner.contents { setContent(input: view.input(input), values) }
    for input in inner.keptContents { keepContent(input: view.input(input)) }
  }
}
