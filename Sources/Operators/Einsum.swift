import GraphIR
import Kernels

/// A product of tensors summed over named axes, ONNX `Einsum` (opset 12 and later).
///
///     "bij,bjk->bik":  Y[b,i,k] = Σ j  A[b,i,j] · B[b,j,k]
///
/// ## Shapes    one letter an axis; axes of one letter have one length, or are broadcast from 1
/// ## Channels  a letter of the output ≡ that axis of every operand; a letter summed over by a constant and another
///              operand ≡ in both, and the constant reads it; other letters that are summed over are pinned
/// ## Cost      MACs the product of all letters' lengths, for two or more operands
/// - Throws: `attribute-value` for what is no equation, `shape-mismatch` where ranks or lengths contradict it.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__Einsum.html>
package struct Einsum: ComposedOperator {
  package static let identifiers = [OperatorIdentifier("Einsum")]

  private typealias Label = EinsumEquation.Label

  private let equation: EinsumEquation

  package init(_ node: OperatorNode) throws {
    guard let text = try node.string("equation") else {
      throw CompileError("attribute-value", "attribute 'equation' is missing")
    }
    equation = try EinsumEquation(text)
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    var result = ValueFact(elementType: inputs[0]?.elementType)
    let shapes = inputs.facts.compactMap { $0?.shape }
    guard shapes.count == inputs.count else { return [result] }
    let labels = try equation.labels(ranks: shapes.map(\.count))
    let lengths = try lengths(labels, shapes)
    result.shape = equation.outputLabels(labels).map { lengths[$0] ?? 1 }
    return [result]
  }

  private func lengths(_ labels: [[Label]], _ shapes: [[Dimension]]) throws -> [Label: Dimension] {
    var lengths: [Label: Dimension] = [:]
    for (label, length) in zip(labels.joined(), shapes.joined()) {
      guard let common = Broadcast.length(lengths[label] ?? 1, length) else {
        throw CompileError(
          "shape-mismatch", "one letter stands for axes of \(lengths[label] ?? 1) and \(length) elements")
      }
      lengths[label] = common
    }
    return lengths
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    let signature = ties.signature
    let ranks = signature.inputs.compactMap { $0?.rank }
    guard ranks.count == signature.inputs.count, let labels = try? equation.labels(ranks: ranks) else {
      return
    }
    let output = equation.outputLabels(labels)
    var places: [Label: [OperandAxis]] = [:]
    for (operand, row) in labels.enumerated() {
      for (axis, label) in row.enumerated() { places[label, default: []].append(.input(operand, axis: axis)) }
    }
    for label in Set(labels.joined()) {
      let axes = places[label] ?? []
      let isDiagonal = Set(axes.map(\.operand)).count < axes.count
      if isDiagonal {
        ties.pinAll(axes, "is a diagonal's")
      } else if let position = output.firstIndex(of: label) {
        ties.tieBroadcast(axes, to: .output(0, axis: position)) { _ in axes.count > 1 }
        if axes.count == 1, isConstant(axes[0], signature) { ties.produce(axes[0]) }
      } else if let reader = axes.last(where: { isConstant($0, signature) }), axes.count > 1,
        Set(axes.map { signature.length($0) }).count == 1
      {
        for axis in axes where axis != reader { ties.tie(axis, reader) }
        ties.consume(reader)
      } else {
        ties.pinAll(axes, "is summed over by Einsum")
      }
    }
    for (position, label) in output.enumerated() {
      let axes = places[label] ?? []
      if Set(axes.map(\.operand)).count < axes.count {
        ties.pin(.output(0, axis: position), "is a diagonal's")
      }
    }
  }

  private func isConstant(_ axis: OperandAxis, _ signature: Signature) -> Bool {
    signature.input(axis.operand)?.isConstantDerived == true
  }

  /// A constant's slot of zeros makes every product zero.
  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? {
    signature.inputs.indices.contains {
      operands.element($0) == 0 && signature.input($0)?.isConstantDerived == true
    }
      ? 0 : nil
  }

  package func cost(_ signature: Signature) -> Cost {
    let constants = signature.inputs.indices.filter { signature.input($0)?.isConstantDerived == true }
    guard signature.inputs.count > 1 else {
      return Cost(multiplyAccumulates: 0, parameterOperands: constants)
    }
    let shapes = signature.inputs.compactMap { $0?.runLengths?.map { Dimension($0) } }
    guard shapes.count == signature.inputs.count,
      let labels = try? equation.labels(ranks: shapes.map(\.count)),
      let lengths = try? lengths(labels, shapes)
    else { return Cost(multiplyAccumulates: nil, parameterOperands: constants) }
    return Cost(multiplyAccumulates: lengths.values.compactMap(\.known).product, parameterOperands: constants)
  }

  package func compose(_ chain: inout KernelChain, _ call: KernelCall) throws -> [KernelChain.Value?] {
    let inputs = try call.layouts.indices.map { try chain.input($0) }
    guard inputs.allSatisfy({ $0.scalar == .float }) else {
      throw KernelError("there is no kernel for integers")
    }
    let labels = try equation.labels(ranks: inputs.map(\.rank))
    let lengths = try lengths(labels, inputs.map { $0.dims.map { Dimension($0) } })
    let known = lengths.compactMapValues(\.known)
    let terms = try zip(inputs, labels).map { value, labels in
      try EinsumTerm(value, labels, known, &chain)
    }
    return [try EinsumTerm.contract(terms, to: equation.outputLabels(labels), &chain)]
  }

  package func refit(_ edit: inout NodeEdit) throws {}
}
